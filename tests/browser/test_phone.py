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
        site.sql("select gw.set_schedule(%s, '* * * * *', queue_name => %s)", long, long)
        site.sql("select gw.pause_schedule(%s, %s)", long, long)
        site.sql("update gw._private_schedules set error = %s where identifier = %s", long * 3, long)
        yield site


def overflow(site: Site) -> int:
    return site.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_no_page_scrolls_sideways(phone: Site) -> None:
    job = phone.one("select max(id) from gw.jobs")
    for address in ["" if name == "overview" else name for name in PAGES] + ["jobs?state=failed", f"jobs/{job}"]:
        page = phone.open(address)
        expect(page.locator("main tbody tr, main .chore, main pre").first).to_be_visible()
        assert overflow(phone) == 0, address or "overview"


@pytest.mark.parametrize("width", [375, 360])
def test_the_pages_are_in_one_row_and_their_names_are_whole(phone: Site, width: int) -> None:
    phone.page.set_viewport_size({"width": width, "height": 700})
    page = phone.open()
    boxes = page.locator("nav a").evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert len(boxes) == len(PAGES)
    assert len({box["top"] for box in boxes}) == 1
    assert boxes[0]["left"] >= 0
    assert boxes[-1]["right"] <= width
    # What a finger needs: WCAG 2.2, target size.
    assert min(box["width"] for box in boxes) >= 24
    assert min(box["height"] for box in boxes) >= 24
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert page.locator("nav a > span:not(.tally)").evaluate_all(cut) == []
    assert overflow(phone) == 0


def test_dialogs_fit(phone: Site) -> None:
    page = phone.open("jobs")
    for name in ("Add job", "Remove by key…", "Act on all that match…"):
        phone.press(name)
        fits(phone)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def fits(site: Site) -> None:
    """The open dialog is wholly on the screen, or scrolls in itself."""
    dialog = site.page.get_by_role("dialog")
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 375
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 700
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")


def do(site: Site, name: str, confirm: str, told: str, **fields: str) -> None:
    """Tap a button, fill in what is asked for, say yes."""
    site.page.get_by_role("button", name=name, exact=True).tap()
    fits(site)
    for label, value in fields.items():
        site.page.get_by_role("dialog").get_by_label(label.replace("_", " ")).fill(value)
    site.confirm(confirm)
    site.told(told)
    assert overflow(site) == 0
    site.page.evaluate("document.getElementById('toasts').replaceChildren()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_change_to_jobs(browser: Browser, database: str, scheme: str) -> None:
    small = {"viewport": {"width": 375, "height": 700}, "has_touch": True, "color_scheme": scheme}
    seed(database)
    with served(database) as base, visit(browser, base, database, **small) as site:
        page = site.open("jobs?task=resize")
        do(site, "Add job", "Add job", "added.", Job_key="new:1")
        do(site, "Reschedule…", "Reschedule job", "1 job rescheduled", Priority="3")
        do(site, "Run now", "Run now job", "1 job due now")
        do(site, "Fail…", "Fail job", "1 job failed for good")
        do(site, "Retry", "Retry job", "1 job to be retried")
        do(site, "Complete…", "Complete job", "1 job completed")

        site.open("jobs?task=send_email")
        for name, confirm, told in (
            ("Run now", "Run now job", "1 job due now"),
            ("Reschedule…", "Reschedule job", "1 job rescheduled"),
            ("Fail…", "Fail job", "1 job failed for good"),
            ("Retry", "Retry job", "1 job to be retried"),
            ("Complete…", "Complete job", "1 job completed"),
        ):
            fields = {"Priority": "3"} if name == "Reschedule…" else {}
            page.locator("td.pick input:enabled").first.tap()
            do(site, name, confirm, told, **fields)
        for action, confirm, told in (
            ("reschedule", "Reschedule 6 jobs", "6 jobs rescheduled"),
            ("fail", "Fail 6 jobs", "6 jobs failed for good"),
            ("retry", "Retry 6 jobs", "6 jobs to be retried"),
            ("remove", "Remove 6 jobs", "6 jobs removed"),
        ):
            page.get_by_role("button", name="Act on all that match…").tap()
            page.get_by_label("What to do").select_option(action)
            page.get_by_role("dialog").get_by_role("button", name="Count").tap()
            expect(page.get_by_role("dialog").get_by_role("button", name=confirm)).to_be_visible()
            fits(site)
            if action == "reschedule":
                page.get_by_role("dialog").get_by_label("Priority").fill("2")
            site.confirm(confirm)
            site.told(told)
        job = site.one("select id from gw.jobs where key = 'order:7'")
        page.get_by_role("button", name="Remove by key…").tap()
        page.get_by_role("dialog").get_by_label("Job key").fill("order:7")
        page.get_by_role("dialog").get_by_role("button", name="Look it up").tap()
        expect(page.get_by_role("dialog", name=f"Remove job {job}?")).to_be_visible()
        fits(site)
        site.confirm(f"Remove job {job}")
        site.told(f"Job {job} removed.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_other_change(browser: Browser, database: str, scheme: str) -> None:
    small = {"viewport": {"width": 375, "height": 700}, "has_touch": True, "color_scheme": scheme}
    seed(database)
    with served(database) as base, visit(browser, base, database, **small) as site:
        page = site.open()
        do(site, "Pause the task send_email", "Pause the task", "is paused.")
        page.get_by_role("button", name="Resume the task send_email").tap()
        site.told("The task send_email goes on.")
        site.open("queues")
        do(site, "Pause the queue crm", "Pause the queue", "is paused.", Reason="w" * 100)
        assert overflow(site) == 0
        page.get_by_role("button", name="Resume queue crm").tap()
        site.told("The queue crm goes on.")
        page.get_by_role("button", name="Resume the queue customer 8").tap()
        site.told("The queue customer 8 goes on.")
        site.open("schedules")
        do(site, "Pause the schedule rollup", "Pause the schedule", "is paused.", Reason="w" * 100)
        page.get_by_role("button", name="Resume the schedule rollup").tap()
        site.told("The schedule rollup goes on.")
        do(site, "New schedule…", "Create the schedule", "is set.", Name="poll", Or_every="10s")
        do(site, "Edit the schedule poll", "Save the schedule", "is set.", Or_every="1h")
        do(site, "Run now the schedule poll", "Add the job", "added.")
        do(site, "Remove the schedule poll", "Remove the schedule", "is removed.")
        site.open("workers")
        do(site, "Unlock what worker_gone holds", "Unlock 1 job and 0 queues", "1 job and 0 queues unlocked.")

        site.sql("select gw.get_jobs('worker_gone', '{import}')")
        site.sql("update gw._private_jobs set locked_at = now() - interval '5 hours' where locked_by = 'worker_gone'")
        site.open("maintenance")
        page.get_by_role("button", name="Show old locks").tap()
        do(site, "Release old locks…", "Release old locks", "1 lock released.")
        page.get_by_role("button", name="Count failed jobs").tap()
        do(site, "Delete 1 failed job…", "Delete 1 failed job", "1 row removed.")
        page.get_by_role("button", name="Show unused names").tap()
        do(site, "Forget unused names…", "Forget unused names", "1 row removed.")
        page.get_by_label("Worker ids").fill("worker_a")
        page.get_by_role("button", name="Show what they hold").tap()
        do(site, "Unlock 1 job and 1 queue…", "Unlock 1 job and 1 queue", "1 job and 1 queue unlocked.")
        site.sql("update gw._private_workers set last_heartbeat_at = now() - interval '1 hour'")
        page.get_by_role("button", name="Show what would be swept").tap()
        do(site, "Sweep 1 worker…", "Sweep 1 worker", "0 jobs recovered.")
        site.sql("update gw._private_bundle set checksum = 'x'")
        page.get_by_role("button", name="Show what would be done").tap()
        do(site, "Apply 1 step…", "Apply 1 step", "Done.")


def test_what_has_the_focus_is_not_under_the_selection(phone: Site) -> None:
    page = phone.open("jobs")
    page.locator("td.pick input:enabled").first.check()
    page.locator("tbody td.lead a").first.focus()
    bar = page.get_by_role("region", name="Selection")
    seen = 0
    while page.evaluate("document.activeElement.closest('tbody') !== null"):
        seen += 1
        overlap = page.evaluate(
            "document.activeElement.getBoundingClientRect().bottom > "
            "document.querySelector('.selection').getBoundingClientRect().top"
        )
        assert not overlap, page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")
    assert seen > 20
    expect(bar).to_be_visible()


def test_whose_database_it_is_can_be_seen(phone: Site) -> None:
    page = phone.open()
    expect(page.locator("#side-foot").get_by_text("127.0.0.1")).to_be_visible()
    expect(page.locator("#side-foot").get_by_text(phone.one("select current_database()"))).to_be_visible()


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
