"""Jobs that are very large: the page shows a beginning, says so, and hands out all of it."""

from __future__ import annotations

from pathlib import Path

import psycopg
from playwright.sync_api import expect

from tests.browser.browsing import Site

DEEP = "[" * 900 + ",".join(["1"] * 500_000) + "]" * 900


def test_a_payload_and_an_error_of_megabytes(empty_site: Site) -> None:
    with psycopg.connect(empty_site.url, autocommit=True) as connection:
        connection.execute("set search_path = graphile_worker")
        row = connection.execute("select (add_job('large', %s::json)).id", [DEEP]).fetchone()
        assert row is not None
        connection.execute("select permanently_fail_jobs(%s, %s)", [[row[0]], "boom\n" + "x" * 3_000_000])
    page = empty_site.open(f"jobs/{row[0]}")
    expect(page.locator("pre[aria-label=Payload]")).to_contain_text("[[[[")
    expect(page.locator("main")).to_contain_text("The payload is longer: 978 kB.")
    expect(page.locator("main")).to_contain_text("The error is longer.")
    assert len(page.locator("pre[aria-label=Payload]").inner_text()) <= 100_000
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of it").last.click()
    assert download.value.suggested_filename == f"job-{row[0]}.json"
    assert Path(download.value.path()).read_text() == DEEP


def test_a_short_payload_of_many_levels(empty_site: Site) -> None:
    """It is shown as it stands: laid out, it would take 80 MB."""
    payload = "[" * 900 + ",".join(["1"] * 40_000) + "]" * 900
    with psycopg.connect(empty_site.url, autocommit=True) as connection:
        row = connection.execute("select (graphile_worker.add_job('deep', %s::json)).id", [payload]).fetchone()
    assert row is not None
    page = empty_site.open(f"jobs/{row[0]}")
    expect(page.locator("pre[aria-label=Payload]")).to_contain_text("[[[[")
    assert page.locator("pre[aria-label=Payload]").text_content() == payload
