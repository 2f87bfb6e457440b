"""On a phone, 375 pixels wide: everything can be reached, and the page never scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import PAGES, Site, served, visit
from tests.browser.seed import seed


@pytest.fixture
def phone(browser: Browser, database: str) -> Iterator[Site]:
    seed(database)
    with (
        served(database) as base,
        visit(browser, base, database, viewport={"width": 375, "height": 700}, has_touch=True) as site,
    ):
        # Names without a place to break them, and an error of one long word.
        long = "w" * 120
        site.sql(
            "select (gw.add_job(%s, %s, queue_name => %s, job_key => %s)).id",
            long,
            f'{{"{long}": "{long}"}}',
            long,
            long,
        )
        site.sql("select id from gw.permanently_fail_jobs(array[(select max(id) from gw.jobs)], %s)", long * 3)
        site.sql("select gw.worker_heartbeat(%s)", long)
        yield site


def overflow(site: Site) -> int:
    return site.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_no_page_scrolls_sideways(phone: Site) -> None:
    job = phone.one("select max(id) from gw.jobs")
    for address in ["" if name == "overview" else name for name in PAGES] + ["jobs?state=failed", f"jobs/{job}"]:
        page = phone.open(address)
        expect(page.locator("main tbody tr, main .chore, main pre").first).to_be_visible()
        assert overflow(phone) == 0, address or "overview"


def test_dialogs_fit(phone: Site) -> None:
    page = phone.open("jobs")
    for name in ("Add job", "Remove by key…", "Act on all that match…"):
        phone.press(name)
        box = page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375
        assert page.get_by_role("dialog").evaluate("box => box.scrollWidth <= box.clientWidth")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_from_the_list_to_a_retried_job(phone: Site) -> None:
    page = phone.open()
    page.get_by_role("navigation").get_by_role("link", name="Jobs").tap()
    page.get_by_role("group", name="State").get_by_role("link", name="Failed").tap()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Select job ").first.tap()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Retry").tap()
    page.get_by_role("dialog").get_by_role("button", name="Retry job").tap()
    phone.told("1 job to be retried")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_nothing_lies_under_the_list_of_pages(phone: Site) -> None:
    page = phone.open("maintenance")
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    last = page.get_by_role("region", name="Migrate").bounding_box()
    bar = page.get_by_role("navigation").bounding_box()
    assert last is not None
    assert bar is not None
    assert last["y"] + last["height"] <= bar["y"]
