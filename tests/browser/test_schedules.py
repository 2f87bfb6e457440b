"""Schedules: what the list says of them, making and editing one with its next ticks in sight, pausing, running."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browsing import Site

DIGEST = "select cron, every::text, time_zone, task, payload::text, queue_name, starts_at::text, skip_if_running"


def test_the_list_says_when_and_what_came_of_it(site: Site) -> None:
    site.sql("select gw.run_schedule_now('digest')")
    job = site.one("select last_job_id from gw.list_schedules('{digest}')")
    site.sql("update gw._private_schedules set error = 'no such zone', next_tick = null where identifier = 'digest'")
    page = site.open("schedules")
    digest = page.locator("tbody tr", has_text="digest")
    for text in (
        "adds send_digest to mail",
        "at 08:00 on Monday (Europe/Vienna)",
        "0 8 * * 1",
        "no such zone",
        "unknown",
    ):
        expect(digest).to_contain_text(text)
    expect(digest.get_by_role("link", name="Waiting")).to_have_attribute("href", f"#/jobs/{job}")
    site.press("Try again the schedule digest")
    expect(digest).to_contain_text("then in")
    expect(digest).not_to_contain_text("no such zone")
    rollup = page.locator("tbody tr", has_text="rollup")
    for text in ("deploy/crontab:3", "every 5 minutes", "never"):
        expect(rollup).to_contain_text(text)
    # It is changed in its file.
    expect(rollup.get_by_role("button")).to_have_text(["Pause…", "Run now…"])
    site.sql("select gw.publish_schedules('deploy/crontab', '[]')")
    expect(rollup).to_contain_text("No longer in its file")
    expect(rollup.locator("[data-label=Next]")).to_have_text("none")


def test_a_schedule_is_made_with_its_ticks_in_sight(site: Site) -> None:
    page = site.open("schedules")
    site.press("New schedule…")
    dialog = page.get_by_role("dialog", name="New schedule")
    preview = dialog.locator(".preview")
    expect(preview).to_have_text("Say when it is due: the next ticks stand here then.")
    dialog.get_by_role("button", name="Create the schedule").click()
    expect(dialog).to_contain_text("This cannot be empty.")
    dialog.get_by_label("Name", exact=True).fill("leap")
    dialog.get_by_role("button", name="Create the schedule").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Fill in one of the two")
    dialog.get_by_label("Cron expression").fill("0 12 30 2 *")
    expect(preview).to_contain_text("there is no day 30 in month 2")
    dialog.get_by_label("Cron expression").fill("0 12 29 2 *")
    dialog.get_by_label("Time zone").fill("Asia/Tokyo")
    expect(preview).to_contain_text("Next ticks (Asia/Tokyo)")
    expect(preview.locator("li")).to_have_count(5)
    expect(preview.locator("li").first).to_contain_text("February 29, 20")
    expect(preview.locator("li").first).to_contain_text("12:00 PM")
    dialog.get_by_label("Or every").fill("1h")
    expect(preview).to_contain_text("Fill in one of the two")
    dialog.get_by_label("Or every").fill("0.5s")
    dialog.get_by_label("Payload").fill("[1]")
    dialog.get_by_role("button", name="Create the schedule").click()
    expect(dialog).to_contain_text("The least is 1s.")
    expect(dialog).to_contain_text("This is no JSON object.")
    dialog.get_by_label("Or every").fill("")
    dialog.get_by_label("Payload").fill('{"n": 12345678901234567890}')
    dialog.get_by_text("More", exact=True).click()
    dialog.get_by_label("Make up for ticks of the last").fill("1d")
    site.confirm("Create the schedule")
    site.told("The schedule leap is set.")
    assert site.sql("select time_zone, task, payload::text, backfill::text from gw.list_schedules('{leap}')") == [
        ("Asia/Tokyo", "leap", '{"n": 12345678901234567890}', "1 day")
    ]
    expect(page.locator("tbody tr", has_text="leap")).to_contain_text("at 12:00 on day 29 of the month in February")

    site.press("New schedule…")
    dialog.get_by_label("Name", exact=True).fill("digest")
    dialog.get_by_label("Or every").fill("90")
    expect(preview).to_contain_text(":30")
    dialog.get_by_role("button", name="Create the schedule").click()
    expect(dialog.get_by_role("alert")).to_contain_text("there is a schedule 'digest'")


def test_an_edit_keeps_what_nobody_has_touched(site: Site) -> None:
    statement = f"{DIGEST} from gw.list_schedules('{{digest}}')"
    before = site.sql(statement)
    page = site.open("schedules")
    site.press("Edit the schedule digest")
    dialog = page.get_by_role("dialog", name="Edit the schedule digest")
    expect(dialog.locator(".preview li")).to_have_count(5)
    dialog.get_by_label("No job while the last one is not done").check()
    site.confirm("Save the schedule")
    assert site.sql(statement) == [(*before[0][:-1], True)]
    assert before[0][4] == '{"order": 12345678901234567890}'
    expect(page.locator("tbody tr", has_text="digest")).to_contain_text("not while one runs")


def test_paused_run_and_removed(site: Site) -> None:
    page = site.open("schedules")
    site.press("Pause the schedule rollup")
    dialog = page.get_by_role("dialog", name="Pause the schedule rollup?")
    dialog.get_by_label("Reason").fill("their API is down")
    dialog.get_by_label("Until").fill("2099-01-01T00:00")
    site.confirm("Pause the schedule")
    rollup = page.locator("tbody tr", has_text="rollup")
    expect(rollup).to_contain_text("their API is down")
    expect(rollup).to_contain_text("goes on in")
    page.get_by_role("link", name="Paused").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    site.open("queues")
    expect(page.get_by_role("region", name="Paused").locator("tr", has_text="rollup")).to_contain_text("schedule")
    # A queue of the same name is something else.
    site.sql("select gw.add_job('resize', queue_name => 'rollup')")
    site.open("jobs?queue=rollup")
    expect(page.locator("tbody .badge")).to_have_text(["Ready"])
    site.open("queues")
    site.press("Resume schedule rollup")
    site.told("The schedule rollup goes on.")
    site.open("schedules?state=paused")
    expect(page.locator("main .empty")).to_contain_text("No such schedules")
    site.open("schedules")
    site.press("Run now the schedule rollup")
    site.confirm("Add the job")
    site.told(f"Job {site.one('select max(id) from gw.jobs')} added.")
    site.press("Remove the schedule digest")
    site.confirm("Remove the schedule")
    expect(page.locator("tbody tr", has_text="digest")).to_have_count(0)


def test_many_are_searched_and_paged(site: Site) -> None:
    site.sql(
        "select gw.set_schedule('tenant:' || lpad(n::text, 5, '0'), '0 4 * * *') from generate_series(1, 150) as n"
    )
    page = site.open("schedules")
    expect(page.locator("tbody tr")).to_have_count(100)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(52)
    expect(page.get_by_role("link", name="Next page")).to_have_count(0)
    page.get_by_label("Search").fill("TENANT:00123")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("tenant:00123")


def test_a_page_that_only_reads_shows_them(read_only: Site) -> None:
    page = read_only.open("schedules")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
