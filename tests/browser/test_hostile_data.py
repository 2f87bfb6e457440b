"""Whatever stands in a job is shown as text: nothing of it becomes part of the page."""

from __future__ import annotations

import json

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import Site

ATTACK = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>\"'`${1}\u202e"


@pytest.fixture
def attacked(empty_site: Site) -> Site:
    with psycopg.connect(empty_site.url, autocommit=True) as connection:
        connection.execute("set search_path = graphile_worker")
        payload = json.dumps({ATTACK: [ATTACK]})
        add = """select (add_job(%(task)s, %(payload)s::json, queue_name => %(queue)s, job_key => %(key)s,
                                 flags => %(flags)s)).id"""
        values = {"payload": payload, "task": ATTACK[:128], "queue": ATTACK[:128], "key": ATTACK, "flags": [ATTACK]}
        connection.execute(add, values)
        connection.execute("select permanently_fail_jobs(array(select id from jobs), %s)", [f"{ATTACK}\n{ATTACK}"])
        connection.execute(add, {**values, "key": ATTACK + "2", "queue": ATTACK[:119]})
        connection.execute("select get_jobs(%s)", [ATTACK])
        connection.execute("select worker_heartbeat(%s, %s)", [ATTACK, payload])
        connection.execute("select pause_queue(%s, %s)", [ATTACK[:128], ATTACK])
        connection.execute("select register_crontabs(%s)", [[ATTACK[:128]]])
        set_it = "select set_schedule(%s, '* * * * *', task => %s, queue_name => %s, payload => %s)"
        connection.execute(set_it, [ATTACK[:128], ATTACK[:119], ATTACK[:128], payload])
        connection.execute("select pause_schedule(%s, %s)", [ATTACK[:128], ATTACK])
        connection.execute("update _private_schedules set error = %s", [ATTACK])
    return empty_site


def test_shown_as_text(attacked: Site) -> None:
    job = attacked.one("select min(id) from gw.jobs")
    for address in ("", "jobs", f"jobs/{job}", "queues", "workers", "schedules", "crontabs"):
        page = attacked.open(address)
        expect(page.locator("main")).to_contain_text("<img src=x onerror=")
        if address == "workers":
            page.get_by_text("Show").click()
            expect(page.locator("pre")).to_contain_text("<img src=x")
        assert page.locator("main img, main script, main iframe").count() == 0, address
        assert "hacked" not in page.title()


def test_in_dialogs_and_notes(attacked: Site) -> None:
    page = attacked.open("queues")
    page.get_by_role("button", name="Resume queue").click()
    attacked.told("<img src=x")
    page.get_by_role("button", name="Pause").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
    attacked.confirm("Pause the queue")
    attacked.open("schedules")
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
    page.keyboard.press("Escape")
    attacked.open("workers")
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
    page.keyboard.press("Escape")
    assert page.locator("main img, dialog img, #toasts img, script:not([src])").count() == 0
    assert "hacked" not in page.title()


def test_in_the_address(attacked: Site) -> None:
    page = attacked.open()
    searched = f"jobs?search={ATTACK}&task={ATTACK}&state={ATTACK}"
    for address in (f"jobs/{ATTACK}", ATTACK, searched, "jobs?before=%00x", "jobs/%E0%A4"):
        page.goto(f"{attacked.base}#/{address}")
        expect(page.locator("main")).not_to_be_empty()
    assert page.locator("main img, main script").count() == 0
    assert "hacked" not in page.title()
