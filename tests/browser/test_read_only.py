"""A page that only reads shows everything, and offers nothing that would change something."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browsing import Site

# Every button of a page that may stand there; whatever else appears is a change to think about.
HARMLESS = {"Copy", "Dismiss", "Keyboard shortcuts"}


def test_no_page_offers_a_change(read_only: Site) -> None:
    for address in ("", "jobs", "jobs?state=failed", "queues", "workers", "crontabs", "maintenance"):
        page = read_only.open(address)
        expect(page.locator("#side-foot")).to_contain_text("Read-only")
        expect(page.locator("main tbody tr, main .empty").first).to_be_visible()
        names = page.get_by_role("button").evaluate_all("all => all.map(one => one.ariaLabel ?? one.textContent)")
        assert {name for name in names if not name.startswith("Theme")} <= HARMLESS, address
        assert page.get_by_role("checkbox").count() == 0, address


def test_a_job_can_be_read(read_only: Site) -> None:
    job = read_only.one("select id from gw.jobs where key = 'order:7'")
    page = read_only.open("jobs?search=order:7")
    page.get_by_role("link", name=str(job)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Job {job}")
    expect(page.get_by_label("Payload", exact=True).last).to_contain_text('"order": 12345678901234567890')
    expect(page.locator(".page-head button")).to_have_count(0)


def test_the_key_for_adding_says_why_it_does_not(read_only: Site) -> None:
    page = read_only.open("jobs")
    page.keyboard.press("n")
    read_only.told("This page only reads")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_maintenance_says_why_there_is_nothing_to_press(read_only: Site) -> None:
    page = read_only.open("maintenance")
    expect(page.locator("main")).to_contain_text("The server was started with --read-only")
    page.get_by_role("link", name="failed jobs").click()
    expect(page).to_have_url(f"{read_only.base}#/jobs?state=failed")
