"""What can be done to jobs, from the page to the row."""

from __future__ import annotations

from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.browser.browsing import Site


def test_add_job(site: Site) -> None:
    page = site.open("jobs")
    site.press("Add job")
    dialog = page.get_by_role("dialog", name="Add a job")
    dialog.get_by_label("Payload (JSON)").fill("{oops")
    dialog.get_by_role("button", name="Add job").click()
    expect(dialog).to_contain_text("This cannot be empty.")
    expect(dialog).to_contain_text("This is not JSON")
    expect(dialog.get_by_label("Task")).to_be_focused()
    dialog.get_by_label("Task").fill("greet")
    dialog.get_by_label("Payload (JSON)").fill('{"id": 12345678901234567890}')
    dialog.get_by_label("Queue").fill("customer 9")
    dialog.get_by_label("Job key").fill("greet:1")
    dialog.get_by_label("Priority").fill("-5")
    dialog.get_by_label("Flags").fill("slow, eu")
    site.confirm("Add job")
    site.told("added.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Job " + str(site.one("select max(id) from gw.jobs")))
    row = site.sql("select task_identifier, queue_name, key, priority, flags from gw.jobs order by id desc limit 1")[0]
    assert row == ("greet", "customer 9", "greet:1", -5, {"slow": True, "eu": True})
    expect(page.locator("pre.block")).to_contain_text("12345678901234567890")


def test_the_server_says_what_is_wrong_where_it_was_asked(site: Site) -> None:
    page = site.open("jobs")
    site.press("Add job")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Task").fill("x" * 200)
    dialog.get_by_role("button", name="Add job").click()
    expect(dialog.get_by_role("alert")).to_contain_text("128")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Add job")).to_be_focused()


def test_actions_on_one_job(site: Site) -> None:
    job = site.one("select id from gw.jobs where run_at > now()")
    page = site.open(f"jobs/{job}")
    site.press("Run now")
    site.confirm("Run now job")
    site.told("1 job due now")
    assert site.one("select run_at <= now() from gw.jobs where id = %s", job)

    site.press("Reschedule…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Reschedule job").click()
    expect(dialog.get_by_role("alert")).to_have_text("Fill in at least one field.")
    dialog.get_by_label("Run at").fill((datetime.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))  # noqa: DTZ005 - local
    dialog.get_by_label("Attempts at most").fill("3")
    site.confirm("Reschedule job")
    site.told("1 job rescheduled")
    assert site.sql("select run_at > now() + '23 hours', max_attempts from gw.jobs where id = %s", job) == [(True, 3)]

    site.press("Fail…")
    page.get_by_role("dialog").get_by_label("Reason").fill("not wanted\nany more")
    # The first Enter only leads to the button.
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Fail job")).to_be_focused()
    page.keyboard.press("Enter")
    site.told("1 job failed for good")
    expect(page.locator("main .badge.failed")).to_have_text("Failed")
    expect(page.get_by_label("Last error").last).to_contain_text("not wanted")
    # By hand: nothing says that three attempts have failed.
    expect(page.locator(".attempts")).to_contain_text("3 of 3 attempts used up")
    expect(page.get_by_role("button", name="Run now")).to_be_disabled()
    expect(page.get_by_role("button", name="Fail…")).to_be_disabled()

    site.press("Retry")
    site.confirm("Retry job")
    site.told("1 job to be retried")
    assert site.sql("select attempts, run_at <= now() from gw.jobs where id = %s", job) == [(0, True)]

    site.press("Complete…")
    site.confirm("Complete job")
    site.told("1 job completed")
    assert site.sql("select id from gw.jobs where id = %s", job) == []
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    site.open(f"jobs/{job}")
    expect(page.locator("main")).to_contain_text("This job is not there")


def test_a_running_job_is_left_alone(site: Site) -> None:
    job = site.one("select id from gw.jobs where locked_by = 'worker_a'")
    page = site.open(f"jobs/{job}")
    expect(page.get_by_role("button", name="Complete…")).to_be_disabled()
    expect(page.locator(".attempts")).to_contain_text("on worker_a")

    site.open("jobs?state=locked")
    # It can be chosen, to be cancelled.
    expect(page.get_by_label(f"Select job {job}")).to_be_enabled()
    # One that has begun since it was chosen.
    other = site.one("select id from gw.jobs where task_identifier = 'send_email' order by id limit 1")
    site.open("jobs?task=send_email&state=ready")
    page.get_by_label(f"Select job {other}").check()
    assert site.one("select id from gw.get_jobs('worker_a', '{send_email}')") == other
    site.press("Complete…")
    site.confirm("Complete job")
    site.told("0 jobs completed. 1 job left alone")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1 job selected, 1 not in sight")
    assert site.one("select count(*) from gw.jobs where id = %s", job) == 1


def test_bulk_actions_on_a_selection(site: Site) -> None:
    page = site.open("jobs?state=ready&task=send_email")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(6)
    boxes = page.get_by_label("Select job ")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_role("region", name="Selection")).to_contain_text("3 jobs selected")
    page.get_by_label("Select all jobs on this page").check()
    expect(page.get_by_role("region", name="Selection")).to_contain_text("6 jobs selected")
    boxes.nth(5).uncheck()
    site.press("Fail…")
    dialog = page.get_by_role("dialog", name="Fail 5 jobs?")
    expect(dialog.get_by_label("Reason")).to_have_value("Manually marked as failed")
    site.confirm("Fail 5 jobs")
    site.told("5 jobs failed for good")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("region", name="Selection")).to_be_hidden()

    site.open("jobs?state=failed&task=send_email")
    expect(rows).to_have_count(5)
    page.get_by_label("Select all jobs on this page").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selection")).to_be_hidden()
    page.get_by_label("Select all jobs on this page").check()
    site.press("Retry")
    site.confirm("Retry 5 jobs")
    site.told("5 jobs to be retried")
    assert site.one("select count(*) from gw.list_jobs('ready', 'send_email')") == 6


def test_act_on_all_that_match_counts_first(site: Site) -> None:
    site.sql("select gw.add_job('bulky', queue_name => 'q' || n %% 3) from generate_series(1, 2500) as n")
    page = site.open("jobs?task=bulky")
    site.press("Act on all that match…")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("all jobs of the task bulky")
    dialog.get_by_label("What to do").select_option("fail")
    expect(dialog).to_contain_text("Fail those that wait, for good")
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_role("heading")).to_have_text("Fail 2,500 jobs?")
    assert site.one("select count(*) from gw.list_jobs('failed', 'bulky')") == 0
    site.confirm("Fail 2,500 jobs")
    site.told("2,500 jobs failed for good")
    assert site.one("select failed from gw.task_stats(count_limit => 9999) where task_identifier = 'bulky'") == 2500

    site.open("jobs?state=failed&task=bulky&queue=q1")
    site.press("Act on all that match…")
    expect(dialog.get_by_label("What to do")).to_have_value("retry")
    expect(dialog.get_by_role("option")).to_have_text(["Retry: attempt 0, due now", "Reschedule", "Remove"])
    dialog.get_by_label("What to do").select_option("remove")
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_role("heading")).to_have_text("Remove 834 jobs?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    site.confirm("Remove 834 jobs")
    site.told("834 jobs removed")
    assert site.one("select failed from gw.task_stats(count_limit => 9999) where task_identifier = 'bulky'") == 1666

    site.open("jobs?task=charge_card")
    site.press("Act on all that match…")
    dialog.get_by_label("What to do").select_option("reschedule")
    dialog.get_by_role("button", name="Count").click()
    expect(dialog).to_contain_text("2 ready")
    dialog.get_by_label("Priority").fill("7")
    site.confirm("Reschedule 2 jobs")
    site.told("2 jobs rescheduled")
    assert site.sql("select distinct priority from gw.jobs where task_identifier = 'charge_card'") == [(7,)]


def test_what_has_failed_is_retried_and_nothing_else_is_touched(site: Site) -> None:
    site.sql(
        "select gw.permanently_fail_jobs(array[min(id)], 'the cause') from gw.jobs where task_identifier = 'send_email'"
    )
    before = site.sql("select id, run_at from gw.jobs where attempts = 0 order by id")
    page = site.open("jobs?task=send_email")
    # A selection of both: what has failed is neither failed once more nor said to run.
    for box in page.locator("td.pick input").all():
        box.check()
    site.press("Fail…")
    page.keyboard.press("Escape")
    site.press("Run now")
    site.confirm("Run now 7 jobs")
    site.told("6 jobs due now. 1 job left alone: no attempts are left. Use Retry for those.")
    assert site.one("select last_error from gw.list_jobs('failed', 'send_email')") == "the cause"
    site.sql("update gw._private_jobs set run_at = now() + interval '1 hour' where priority = 10")
    scheduled = site.sql("select id, run_at from gw.list_jobs('scheduled', 'send_email')")

    site.press("Act on all that match…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What to do").select_option("retry")
    dialog.get_by_role("button", name="Count").click()
    expect(dialog).to_contain_text("failed jobs of the task send_email")
    site.confirm("Retry 1 job")
    site.told("1 job to be retried")
    assert site.sql("select id, run_at from gw.list_jobs('scheduled', 'send_email')") == scheduled
    assert [row[0] for row in before if row[0] not in {row[0] for row in site.sql("select id from gw.jobs")}] == []


def test_what_an_action_is_about_is_the_servers_to_say(site: Site) -> None:
    usual = {"retry": "waiting", "reschedule": "failed", "fail": "all", "remove": "all"}
    site.page.route("**/api/default-states", lambda route: route.fulfill(json={"default_states": usual}))
    page = site.open("jobs")
    site.press("Act on all that match…")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("option")).to_have_text(
        ["Retry those that wait: attempt 0, due now", "Reschedule", "Fail for good", "Cancel", "Remove"]
    )
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_role("heading")).to_have_text("Reschedule 1 job")
    expect(dialog).to_contain_text("Filter: failed jobs")


def test_the_keyboard_goes_on_where_the_list_is(site: Site) -> None:
    page = site.open("jobs?task=send_email")
    for name, confirm in (("Run now", "Run now job"), ("Complete…", "Complete job")):
        page.locator("td.pick input").first.check()
        site.press(name)
        site.confirm(confirm)
        expect(page.locator("tbody tr td.lead a").first).to_be_focused()
    page.get_by_label("Select all jobs on this page").check()
    site.press("Complete…")
    site.confirm("Complete 6 jobs")
    expect(page.locator("main .empty")).to_be_visible()
    expect(page.locator("main")).to_be_focused()


def test_a_dismissed_question_changes_nothing(site: Site) -> None:
    page = site.open("jobs?state=failed")
    before = site.sql("select id, attempts, run_at, last_error from gw.jobs order by id")
    page.get_by_label("Select all jobs on this page").check()
    for name in ("Run now", "Retry", "Reschedule…", "Complete…", "Fail…"):
        site.press(name)
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert site.sql("select id, attempts, run_at, last_error from gw.jobs order by id") == before


def test_remove_by_key(site: Site) -> None:
    page = site.open("jobs")
    site.press("Remove by key…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Job key").fill("nobody")
    dialog.get_by_role("button", name="Look it up").click()
    expect(dialog.get_by_role("alert")).to_have_text("No job has the key “nobody”.")
    dialog.get_by_label("Job key").fill("order:7")
    job = site.one("select id from gw.jobs where key = 'order:7'")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading")).to_have_text(f"Remove job {job}?")
    expect(dialog).to_contain_text("charge_card, ready, with the key order:7")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert site.one("select count(*) from gw.jobs where key = 'order:7'") == 1
    site.confirm(f"Remove job {job}")
    site.told("removed.")
    assert site.one("select count(*) from gw.jobs where key = 'order:7'") == 0
