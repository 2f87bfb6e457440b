"""Queues, tasks, workers, crontabs and maintenance: what can be changed there, from the page to the row."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.browsing import Site, served, visit
from tests.browser.seed import seed


def test_pause_and_resume_a_queue(site: Site) -> None:
    page = site.open("queues")
    row = page.get_by_role("table", name="Queues by name").get_by_role("row").filter(has_text="crm")
    expect(row).to_contain_text("worker_a")
    site.press("Pause the queue crm")
    page.get_by_role("dialog").get_by_label("Reason").fill("their API is down")
    site.confirm("Pause the queue")
    site.told("The queue crm is paused.")
    expect(row).to_contain_text("their API is down")
    assert site.sql("select name, reason from gw.list_paused() where name = 'crm'") == [("crm", "their API is down")]
    site.press("Resume the queue crm")
    site.told("The queue crm goes on.")
    expect(row.get_by_text("Paused")).to_have_count(0)
    assert site.sql("select name from gw.list_paused()") == [("customer 8",)]


def test_pause_and_resume_a_task(site: Site) -> None:
    page = site.open()
    site.press("Pause the task send_email")
    site.confirm("Pause the task")
    site.told("The task send_email is paused.")
    expect(page.get_by_role("row").filter(has_text="send_email")).to_contain_text("Paused")
    assert site.sql("select kind, reason from gw.list_paused() where name = 'send_email'") == [("task", None)]
    site.press("Resume the task send_email")
    site.told("The task send_email goes on.")
    assert site.sql("select name from gw.list_paused() where kind = 'task'") == []


def test_what_is_paused_is_found_and_resumed(site: Site) -> None:
    site.sql("select gw.pause_task('charge_card', 'their API is down')")
    page = site.open()
    page.locator(".facts").get_by_role("link", name="2", exact=True).click()
    card = page.get_by_role("region", name="Paused")
    expect(card.locator("tbody tr")).to_have_count(2)
    expect(card).to_contain_text("asked to wait")

    # A job that is held up does not claim that it will run.
    job = site.one("select id from gw.jobs where key = 'order:7'")
    site.open("jobs?task=charge_card")
    expect(page.locator("tbody .badge", has_text="Paused")).to_have_count(2)
    site.open(f"jobs/{job}")
    expect(page.get_by_role("note")).to_contain_text("The task charge_card is paused: “their API is down”.")
    expect(page.locator(".attempts")).to_contain_text("Not before the task charge_card is resumed.")

    page.get_by_role("link", name="What is paused").click()
    site.press("Resume task charge_card")
    site.told("The task charge_card goes on.")
    expect(card.locator("tbody tr")).to_have_count(1)
    site.press("Resume queue customer 8")
    expect(card).to_be_hidden()
    assert site.sql("select name from gw.list_paused()") == []
    site.open(f"jobs/{job}")
    expect(page.locator(".attempts")).to_contain_text("As soon as a worker has room.")
    expect(page.get_by_role("note")).to_have_count(0)


def test_search_for_queues_stands_in_the_address(site: Site) -> None:
    page = site.open("queues?search=customer")
    rows = page.get_by_role("table", name="Queues by name").locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Search").fill("customer 7")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{site.base}#/queues?search=customer+7")
    page.get_by_label("Search").fill("nobody's")
    expect(page.locator("main")).to_contain_text("No queue has this in its name")


def test_unlock_a_worker_from_the_list(site: Site) -> None:
    page = site.open("workers")
    expect(page.get_by_role("row").filter(has_text="worker_a")).to_contain_text("Alive")
    expect(page.get_by_role("row").filter(has_text="worker_gone")).to_contain_text("Holds locks")
    site.sql("update gw._private_workers set last_heartbeat_at = now() - interval '100 seconds'")
    expect(page.get_by_role("row").filter(has_text="worker_a")).to_contain_text("Late")
    site.press("Unlock what worker_gone holds")
    dialog = page.get_by_role("dialog", name="Unlock 1 job and 0 queues?")
    expect(dialog).to_contain_text("worker_gone")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    site.confirm("Unlock 1 job and 0 queues")
    site.told("1 job and 0 queues unlocked.")
    expect(page.get_by_role("row").filter(has_text="worker_gone")).to_have_count(0)
    assert site.sql("select distinct locked_by from gw.jobs where locked_by is not null") == [("worker_a",)]


def test_metadata_stays_open_while_the_page_is_refreshed(site: Site) -> None:
    page = site.open("workers")
    row = page.get_by_role("row").filter(has_text="worker_a")
    row.get_by_text("Show").click()
    expect(row).to_contain_text('"host": "web-1"')
    with page.expect_response("**/api/workers*"):
        site.sql("select gw.worker_heartbeat('worker_a', '{\"host\": \"web-1\"}')")
        page.keyboard.press("r")
    expect(row).to_contain_text('"host": "web-1"')


def test_unlock_workers_by_name(site: Site) -> None:
    page = site.open("maintenance")
    card = page.get_by_role("region", name="Unlock workers")
    site.press("Show what they hold")
    expect(card).to_contain_text("Name at least one worker.")
    card.get_by_label("Worker ids").fill("worker_a\nworker_gone\nno such worker")
    site.press("Show what they hold")
    expect(card).to_contain_text("worker_a: 1 job and 1 queue")
    expect(card.get_by_role("listitem").last).to_have_text("no such worker")
    assert site.one("select locked from gw.stats()") == 2
    site.press("Unlock 2 jobs and 1 queue…")
    site.confirm("Unlock 2 jobs and 1 queue")
    site.told("2 jobs and 1 queue unlocked.")
    assert site.one("select locked from gw.stats()") == 0
    expect(card).to_contain_text("These hold nothing, or nobody has this name:")


def test_release_old_locks(site: Site) -> None:
    site.sql("update gw._private_jobs set locked_at = now() - interval '5 hours' where locked_by = 'worker_gone'")
    page = site.open("maintenance")
    site.press("Show old locks")
    expect(page.get_by_role("region", name="Release old locks")).to_contain_text("worker_gone: since 5 h ago")
    site.press("Release old locks…")
    site.confirm("Release old locks")
    site.told("1 lock released.")
    assert site.sql("select distinct locked_by from gw.jobs where locked_by is not null") == [("worker_a",)]


def test_sweep_shows_first_whom_it_would_sweep(site: Site) -> None:
    site.sql("update gw._private_workers set last_heartbeat_at = now() - interval '1 hour'")
    page = site.open("workers")
    expect(page.get_by_role("row").filter(has_text="worker_a")).to_contain_text("Stale")
    page.get_by_role("link", name="Sweep them").click()
    card = page.get_by_role("region", name="Sweep stale workers")
    for value in ("", "-1"):
        card.get_by_label("Stale after, seconds").fill(value)
        site.press("Show what would be swept")
        expect(card).to_contain_text("Stale after: give 0 seconds or more.")
        expect(card.get_by_label("Stale after, seconds")).to_be_focused()
    # What is too short for workers that are well is the database's to say, and it changes nothing then.
    card.get_by_label("Stale after, seconds").fill("59")
    site.press("Show what would be swept")
    site.press("Sweep 1 worker…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Sweep 1 worker").click()
    expect(dialog.get_by_role("alert")).to_contain_text("60 s or more")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    card.get_by_label("Stale after, seconds").fill("7200")
    site.press("Show what would be swept")
    expect(card).to_contain_text("nothing to sweep")
    card.get_by_label("Stale after, seconds").fill("600")
    site.press("Show what would be swept")
    expect(card).to_contain_text("worker_a")
    assert site.one("select count(*) from gw.jobs where locked_by = 'worker_a'") == 1
    site.press("Sweep 1 worker…")
    expect(page.get_by_role("dialog")).to_contain_text("its jobs are run twice")
    site.confirm("Sweep 1 worker")
    site.told("1 job recovered.")
    expect(card).to_contain_text("nothing to sweep")
    assert site.one("select count(*) from gw.jobs where locked_by = 'worker_a'") == 0


def test_delete_failed_jobs_after_counting_them(site: Site) -> None:
    page = site.open("maintenance")
    card = page.get_by_role("region", name="Delete failed jobs")
    site.press("Count failed jobs")
    expect(card).to_contain_text("1 failed job would be deleted.")
    site.press("Delete 1 failed job…")
    site.confirm("Delete 1 failed job")
    site.told("1 row removed.")
    expect(card).to_contain_text("No failed jobs")
    assert site.one("select failed from gw.stats()") == 0


def test_forget_unused_names(site: Site) -> None:
    site.sql("select gw.add_job('once', queue_name => 'once', job_key => 'once')")
    site.sql("select gw.remove_job('once')")
    page = site.open("maintenance")
    card = page.get_by_role("region", name="Forget unused tasks and queues")
    site.press("Show unused names")
    expect(card.get_by_role("listitem")).to_have_text(["once", "once"])
    site.press("Forget unused names…")
    site.confirm("Forget unused names")
    site.told("2 rows removed.")
    expect(card).to_contain_text("Every name is in use")
    assert site.one("select count(*) from gw.list_queues() where queue_name = 'once'") == 0


def test_migrate_says_what_it_would_do(browser: Browser, empty_database: str) -> None:
    with served(empty_database) as base, visit(browser, base, empty_database) as site:
        page = site.page
        page.goto(base)
        expect(page.locator("main")).to_contain_text("graphile-worker migrate")
        site.open("maintenance")
        card = page.get_by_role("region", name="Migrate")
        site.press("Show what would be done")
        expect(card).to_contain_text("would be applied:")
        assert site.one("select to_regnamespace('graphile_worker') is null")
        card.get_by_role("button", name="Apply").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Apply").click()
        expect(dialog).to_have_count(0)
        site.told("Applied: ")
        expect(card).to_contain_text("The schema is up to date.")
        site.open("jobs")
        expect(page.locator("main")).to_contain_text("No jobs yet")


def test_next_ticks(browser: Browser, database: str) -> None:
    seed(database)
    with (
        served(database, crontab="0 4 * * * nightly ?fill=1d\n*/5 * * * * poll") as base,
        visit(browser, base, database) as site,
    ):
        page = site.open("crontabs")
        row = page.get_by_role("row").filter(has_text="nightly")
        expect(row).to_contain_text("0 4 * * *")
        expect(row).to_contain_text("then in")
        expect(row.locator("time").first).to_contain_text("in ")
    with served(database) as base, visit(browser, base, database) as site:
        page = site.open("crontabs")
        expect(page.get_by_role("row").filter(has_text="nightly")).to_contain_text("unknown")
        expect(page.locator("main")).to_contain_text("start this server with --crontab")
