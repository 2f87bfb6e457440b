"""Limits: what holds and who has set it, setting one, and taking it back; pauses that end by themselves."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browsing import Site


def test_what_holds_and_what_waits(site: Site) -> None:
    site.sql(
        "select gw.limit_task('send_email', max_running => 2, rate => 90, per => '90 s', burst => 20,"
        " weight_by => 'size', reason => 'as agreed');"
        """select gw.publish_limits('{"render": {"max_running": 3}}', '{"tenant:*": {"width": 2}}')"""
    )
    page = site.open("limits")
    limited = page.get_by_role("region", name="Limits")
    mail = limited.locator("tbody tr", has_text="send_email")
    for text in ("of 2", "90 per 1 min 30 s", "burst 20", "weighed by size", "as agreed", "by "):
        expect(mail).to_contain_text(text)
    expect(mail.get_by_role("button")).to_have_text(["Set…", "Take back…"])
    render = limited.locator("tbody tr", has_text="render")
    expect(render).to_contain_text("by the release of its workers")
    expect(render.get_by_role("button")).to_have_text(["Set…"])
    expect(limited.locator("tbody tr", has_text="tenant:*")).to_contain_text("0, 2 each")
    expect(page.get_by_role("region", name="Paused")).to_contain_text("customer 8")


def test_a_limit_is_set_and_taken_back(site: Site) -> None:
    page = site.open("limits")
    expect(page.locator("main .empty")).to_contain_text("Nothing is limited")
    site.press("Set a limit…")
    dialog = page.get_by_role("dialog", name="Set a limit")
    dialog.get_by_label("Per", exact=True).fill("soon")
    dialog.get_by_role("button", name="Set the limit").click()
    expect(dialog).to_contain_text("This cannot be empty.")
    expect(dialog).to_contain_text("This is no duration: write 1s, 1m or 24h.")
    dialog.get_by_label("Name", exact=True).fill("tenant:*")
    dialog.get_by_label("Per", exact=True).fill("")
    dialog.get_by_role("button", name="Set the limit").click()
    expect(dialog.get_by_role("alert")).to_have_text("Fill in at least one value.")
    dialog.get_by_label("Share").fill("2")
    dialog.get_by_role("button", name="Set the limit").click()
    expect(dialog.get_by_role("alert")).to_contain_text("shares are of queues")
    dialog.get_by_label("What", exact=True).select_option("queue")
    dialog.get_by_label("At once").fill("3")
    dialog.get_by_label("Rate", exact=True).fill("5")
    dialog.get_by_label("Per", exact=True).fill("1s")
    dialog.get_by_label("Burst").fill("7")
    dialog.get_by_label("Weighed by").fill("size")
    dialog.get_by_label("Reason").fill("as agreed")
    site.confirm("Set the limit")
    site.told("The limit of queue tenant:* is set.")
    asked = (
        "select kind, name, max_running, rate, extract(epoch from per)::int, burst, weight_by, share, reason"
        " from gw.list_limits()"
    )
    assert site.sql(asked) == [("pattern", "tenant:*", 3, 5.0, 1, 7, "size", 2.0, "as agreed")]
    row = page.get_by_role("region", name="Limits").locator("tbody tr")
    expect(row).to_contain_text("5 per second")

    site.press("Set the limit of pattern tenant:*")
    page.get_by_role("dialog").get_by_label("No limit at all").check()
    site.confirm("Set the limit")
    expect(row).to_contain_text("no limit")

    site.press("Take back the limit of pattern tenant:*")
    site.confirm("Take it back")
    site.told("The limit of pattern tenant:* is what its workers say.")
    expect(page.locator("main .empty")).to_contain_text("Nothing is limited")


def test_the_overview_says_what_waits_for_a_limit(site: Site) -> None:
    page = site.open("")
    expect(page.locator(".facts")).to_contain_text("Oldest ready job")
    expect(page.locator(".facts")).not_to_contain_text("Waiting for a limit")
    site.sql("select gw.limit_task('bulk', max_running => 1); select gw.add_job('bulk') from generate_series(1, 4)")
    site.sql("select gw.get_jobs('somebody', '{bulk}', 1)")
    expect(page.locator(".facts")).to_contain_text("Waiting for a limit")
    page.locator(".facts a[href='#/limits']").click()
    expect(page.get_by_role("heading", name="Limits")).to_be_visible()


def test_a_pause_ends_by_itself(site: Site) -> None:
    page = site.open("queues")
    site.press("Pause the queue crm")
    page.get_by_role("dialog").get_by_label("Until").fill("2199-01-02T03:04")
    site.confirm("Pause the queue")
    expect(page.get_by_role("region", name="Paused").locator("tbody tr", has_text="crm")).to_contain_text("in ")
    [(until,)] = site.sql("select extract(year from until)::int from gw.list_paused() where name = 'crm'")
    assert until == 2199


def test_a_page_that_only_reads_shows_them(read_only: Site) -> None:
    read_only.sql("select gw.limit_task('send_email', max_running => 2)")
    page = read_only.open("limits")
    row = page.get_by_role("region", name="Limits").locator("tbody tr")
    expect(row).to_contain_text("of 2")
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
