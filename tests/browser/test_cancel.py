"""Cancelling jobs, from the page to the row: one, a selection, all that match; what is said of those that run."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browsing import Site


def outcome(site: Site, job: int) -> tuple[str, str | None, bool]:
    (found,) = site.sql("select job_state, last_error, is_cancelled from gw.show_job(%s)", job)
    return found


def test_a_job_that_waits_fails_for_good_for_the_reason(site: Site) -> None:
    job = site.one("select id from gw.jobs where run_at > now()")
    page = site.open(f"jobs/{job}")
    site.press("Cancel…")
    dialog = page.get_by_role("dialog", name=f"Cancel job {job}?")
    dialog.get_by_label("Reason").fill("wrong file")
    # The way back is not called as the action is.
    expect(dialog.get_by_role("button")).to_have_text(["Go back", "Cancel job"])
    site.confirm("Cancel job")
    site.told("1 job cancelled.")
    assert outcome(site, job) == ("failed", "Cancelled: wrong file", False)
    expect(page.locator(".attempts")).to_contain_text("Cancelled: wrong file")
    expect(page.get_by_role("button", name="Cancel…")).to_be_disabled()


def test_a_job_that_runs_says_cancel_asked_until_it_has_ended(site: Site) -> None:
    job = site.one("select id from gw.jobs where locked_by = 'worker_a'")
    page = site.open(f"jobs/{job}")
    site.press("Cancel…")
    page.get_by_role("dialog").get_by_label("Reason").fill("wrong file")
    site.confirm("Cancel job")
    site.told("1 job cancelled. 1 worker's job: asked to stop.")
    assert outcome(site, job) == ("locked", "Cancelled: wrong file", True)
    expect(page.locator(".badges")).to_contain_text("Cancel asked")
    expect(page.locator(".attempts li").last).to_contain_text("Cancelled: wrong file")
    expect(page.locator(".attempts li").last).to_contain_text("Its worker has been asked to stop.")
    expect(page.locator("main")).not_to_contain_text("25 of 25")
    expect(page.locator("main")).not_to_contain_text("9999")
    site.open("jobs?state=locked")
    row = page.locator("tbody tr", has_text="sync")
    expect(row.locator(".badges")).to_contain_text("Cancel asked")
    expect(row).not_to_contain_text("25 of 25")
    site.sql("select gw.fail_jobs('worker_a', array[%s::bigint], array['stopped'])", job)
    site.open(f"jobs/{job}")
    expect(page.locator(".badges")).to_have_text("Failed")


def test_a_job_of_a_worker_that_does_not_hear_is_marked_and_that_is_told(site: Site) -> None:
    job = site.one("select id from gw.jobs where locked_by = 'worker_gone'")
    page = site.open(f"jobs/{job}")
    site.press("Cancel…")
    site.confirm("Cancel job")
    site.told("1 job marked: the worker sends no heartbeats, so it may run on to its end.")
    assert outcome(site, job) == ("locked", "Cancelled", True)
    expect(page.locator(".attempts li").last).to_contain_text("Its worker sends no heartbeats")


def test_a_selection_is_cancelled_running_jobs_included(site: Site) -> None:
    page = site.open("jobs?task=send_email&state=ready")
    first = site.one("select min(id) from gw.jobs where task_identifier = 'send_email'")
    for box in page.locator("td.pick input").all()[-2:]:
        box.check()
    assert site.one("select id from gw.get_jobs('worker_a', '{send_email}')") == first
    site.press("Cancel…")
    page.get_by_role("dialog").get_by_label("Remove, in place of counting as failed").check()
    site.confirm("Cancel 2 jobs")
    site.told("2 jobs cancelled. 1 worker's job: asked to stop.")
    assert site.one("select count(*) from gw.jobs where task_identifier = 'send_email'") == 6
    assert outcome(site, first) == ("locked", "Cancelled", True)


def test_all_that_match_are_counted_and_cancelled(site: Site) -> None:
    page = site.open("jobs")
    site.press("Act on all that match…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What to do").select_option("cancel")
    expect(dialog.get_by_role("option", name="Cancel")).to_have_text("Cancel those that wait or run")
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_role("heading")).to_have_text("Cancel 11 jobs?")
    expect(dialog).to_contain_text("8 ready, 2 running, 1 scheduled")
    assert site.one("select count(*) from gw.list_jobs('failed')") == 1
    dialog.get_by_label("Reason").fill("all of it")
    site.confirm("Cancel 11 jobs")
    site.told("11 jobs cancelled.")
    assert site.sql(
        "select job_state, count(*) from gw.list_jobs() where last_error = 'Cancelled: all of it' group by 1 order by 1"
    ) == [("failed", 9), ("locked", 2)]

    site.open("jobs?state=locked&task=sync")
    site.press("Act on all that match…")
    expect(dialog.get_by_role("option")).to_have_text(["Cancel"])
    dialog.get_by_role("button", name="Count").click()
    dialog.get_by_role("button", name="Go back").click()
    site.open("jobs?state=failed")
    site.press("Act on all that match…")
    expect(dialog.get_by_role("option")).to_have_text(["Retry: attempt 0, due now", "Reschedule", "Remove"])


def test_a_page_that_only_reads_does_not_offer_it(read_only: Site) -> None:
    job = read_only.one("select id from gw.jobs where locked_by = 'worker_a'")
    read_only.sql("select gw.cancel_jobs(array[%s::bigint])", job)
    page = read_only.open(f"jobs/{job}")
    expect(page.locator(".badges")).to_contain_text("Cancel asked")
    expect(page.locator(".page-head button")).to_have_count(0)
