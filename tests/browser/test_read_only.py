"""A page that only reads shows everything, and offers nothing that would change something."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browsing import Site

# Every button of a page that may stand there; whatever else appears is a change to think about.
PREVIEWS = {
    "Show what would be swept",
    "Count failed jobs",
    "Show what they hold",
    "Show old locks",
    "Show unused names",
    "Show what would be done",
}
HARMLESS = {"Copy", "Dismiss", "Keyboard shortcuts", *PREVIEWS}


def test_no_page_offers_a_change(read_only: Site) -> None:
    for address in (
        "",
        "jobs",
        "jobs?state=failed",
        "queues",
        "workers",
        "schedules",
        "crontabs",
        "limits",
        "policies",
        "maintenance",
    ):
        page = read_only.open(address)
        expect(page.locator("#side-foot")).to_contain_text("Read-only")
        expect(page.locator("main tbody tr, main .empty, main .chore").first).to_be_visible()
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


def test_maintenance_shows_what_there_is_to_do_and_does_nothing(read_only: Site) -> None:
    read_only.sql("update gw._private_jobs set locked_at = now() - interval '5 hours' where locked_by = 'worker_gone'")
    read_only.sql("update gw._private_workers set last_heartbeat_at = now() - interval '1 hour'")
    read_only.sql("select gw.add_job('once', job_key => 'once')")
    read_only.sql("select gw.remove_job('once')")
    page = read_only.open("maintenance")
    expect(page.locator("main")).to_contain_text("The server was started with --read-only")
    page.get_by_label("Worker ids").fill("worker_gone")
    for name in PREVIEWS:
        read_only.press(name)
    for text in ("1 worker would be swept", "1 failed job would be deleted", "worker_gone: since 5 h ago", "once"):
        expect(page.locator(".chores")).to_contain_text(text)
    expect(page.locator(".outcome", has_text="Looking")).to_have_count(0)
    assert page.locator(".outcome button").count() == 0
