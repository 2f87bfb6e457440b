"""What the pages show, how they keep it fresh, and what they say when they cannot."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Route, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from graphile_worker.admin import NoAuth, create_app
from tests.browser.browsing import Site, serving, visit
from tests.browser.seed import seed


def test_overview(site: Site) -> None:
    page = site.open()
    ready = page.locator(".chart.ready .figure")
    expect(ready).to_have_text("8")
    expect(page.locator(".chart.running .figure")).to_have_text("2")
    expect(page.locator(".chart.failed .figure")).to_have_text("1")
    expect(page.get_by_role("img", name=re.compile(r"Ready: now 8; in the last 10 min"))).to_be_visible()
    expect(page.get_by_role("navigation").get_by_text("1 failed")).to_be_visible()
    expect(page.get_by_role("table", name="Table health")).to_contain_text("jobs")
    # Live: nothing is pressed.
    site.sql("select gw.add_jobs(array[row('send_email', null, null, null, null, null, null, null)]::gw.job_spec[])")
    expect(ready).to_have_text("9")
    # Of a figure and the one before.
    expect(page.get_by_role("img", name=re.compile(r"Throughput: now [\d.]+\Ss; in the last 10 min"))).to_be_visible()
    page.get_by_role("row").filter(has_text="send_email").get_by_role("link", name="7", exact=True).click()
    expect(page).to_have_url(f"{site.base}#/jobs?task=send_email&state=ready")
    expect(page.locator("tbody tr")).to_have_count(7)


def test_every_empty_page_says_how_to_begin(empty_site: Site) -> None:
    page = empty_site.open()
    for address, text in (
        ("", "select graphile_worker.add_job('send_email'"),
        ("jobs", "select graphile_worker.add_job('send_email'"),
        ("queues", "queue_name => 'customer 7'"),
        ("workers", "graphile-worker run"),
        ("schedules", "select graphile_worker.set_schedule('digest'"),
        ("crontabs", "0 4 * * *"),
    ):
        empty_site.open(address)
        expect(page.locator(".empty code").first).to_contain_text(text)
    empty_site.open("jobs?state=failed")
    expect(page.locator("main")).to_contain_text("No failed jobs")


def test_the_sql_line_works_as_it_stands(empty_site: Site) -> None:
    page = empty_site.open("jobs")
    line = page.locator(".snippet code").inner_text()
    empty_site.sql(line)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_filters_stand_in_the_address(site: Site) -> None:
    page = site.open("jobs?state=ready&task=charge_card")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("Task")).to_have_value("charge_card")
    page.get_by_label("Queue").fill("customer 7")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{site.base}#/jobs?state=ready&task=charge_card&queue=customer+7")
    page.get_by_role("link", name=re.compile(r"^\d+$")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Job ")
    # Back to the list as it was left.
    page.locator("main").get_by_role("link", name="Jobs", exact=True).click()
    expect(page.get_by_label("Queue")).to_have_value("customer 7")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_label("Task").fill("no such task")
    expect(page.locator("main")).to_contain_text("No job matches")
    page.go_back()


def test_pages_of_jobs(empty_site: Site) -> None:
    empty_site.sql("select (gw.add_job('many')).id from generate_series(1, 120)")
    ids = [row[0] for row in empty_site.sql("select id from gw.jobs order by id desc")]
    page = empty_site.open("jobs")
    links = page.locator("tbody td.lead a")

    def shows(first: int, last: int) -> None:
        expect(links.first).to_have_text(str(ids[first]))
        expect(links.last).to_have_text(str(ids[last]))

    shows(0, 49)
    expect(page.get_by_role("link", name="Newer")).to_be_hidden()
    page.get_by_role("link", name="Older").click()
    shows(50, 99)
    page.get_by_role("link", name="Older").click()
    shows(100, 119)
    expect(page.get_by_role("link", name="Older")).to_be_hidden()
    page.get_by_role("link", name="Newer").click()
    shows(50, 99)
    page.get_by_role("link", name="Newer").click()
    shows(0, 49)
    page.reload()
    shows(0, 49)


def test_job_details(site: Site) -> None:
    job = site.one("select id from gw.jobs where key = 'resize:1'")
    page = site.open(f"jobs/{job}")
    error = page.locator("pre.error")
    expect(error).to_have_text("TimeoutError: api.example.com\n  second line")
    assert error.evaluate("e => getComputedStyle(e).whiteSpace").startswith("pre")
    expect(page.locator(".attempts")).to_contain_text("No attempts left")
    other = site.one("select id from gw.jobs where key = 'order:7'")
    site.open(f"jobs/{other}")
    expect(page.get_by_label("Payload", exact=True).last).to_have_text(
        '{\n  "order": 12345678901234567890,\n  "lines": [\n    1,\n    null,\n    true\n  ],\n  "text": "a\\"b"\n}'
    )
    expect(page.locator(".details")).to_contain_text("slow")


def test_a_lost_connection_is_said_and_mended(site: Site) -> None:
    page = site.open("queues")
    page.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("r")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Connection lost")
    expect(page.locator(".live")).to_have_text("Not connected")
    # What was known stays in sight.
    expect(page.locator("tbody tr").first).to_be_visible()
    page.unroute("**/api/**")
    banner.get_by_role("button", name="Try now").click()
    expect(banner).to_be_empty()
    expect(page.locator(".live")).to_have_text("Live")


def test_a_database_that_is_gone_is_named(site: Site) -> None:
    page = site.open("workers")
    problem = {"code": "database_unavailable", "message": "the database does not answer", "hint": "Is it running?"}
    page.route("**/api/**", lambda route: route.fulfill(status=503, json={"error": problem}))
    page.keyboard.press("r")
    expect(page.locator("#banner")).to_contain_text("the database does not answer Is it running?")
    # A page that has nothing to show yet says it in its middle.
    page.get_by_role("link", name="Queues").first.click()
    expect(page.locator("main").get_by_role("alert")).to_contain_text("the database does not answer")


def answering(status: int, message: str, **more: object) -> Callable[[Route], None]:
    problem = {"code": "x", "message": message, "hint": None, **more}
    return lambda route: route.fulfill(status=status, json={"error": problem})


def test_a_page_that_gets_only_errors_does_not_say_it_is_live(site: Site) -> None:
    page = site.page
    banner = page.locator("#banner")
    job = site.one("select id from gw.jobs where key = 'order:7'")
    for address, status in (("queues", 403), (f"jobs/{job}", 429), ("maintenance", 408), ("", 421)):
        site.open(address)
        page.route("**/api/**", answering(status, f"no: {status}"))
        page.keyboard.press("r")
        expect(banner).to_contain_text(f"no: {status}")
        expect(page.locator(".live[data-state=live]")).to_have_count(0)
        # What stands there stays.
        expect(page.locator("main")).not_to_contain_text("no: ")
        page.unroute("**/api/**")
        banner.get_by_role("button", name="Try now").click()
        expect(banner).to_be_empty()

    # What is asked for may be wrong; the list of all figures is always right.
    for pattern, place in (
        ("**/api/workers*", page.locator("main").get_by_role("alert")),
        ("**/api/overview*", banner),
    ):
        site.open("workers")
        page.route(pattern, answering(422, "such a question"))
        page.keyboard.press("r")
        expect(place).to_contain_text("such a question")
        expect(page.locator(".live[data-state=live]")).to_have_count(0)
        page.unroute(pattern)
        page.keyboard.press("r")
        expect(page.locator(".live")).to_have_text("Live")

    site.open(f"jobs/{job}")
    page.route("**/api/jobs/*", answering(400, "such a question"))
    page.keyboard.press("r")
    expect(page.locator("main").get_by_role("alert")).to_contain_text("such a question")
    expect(page.get_by_label("Payload", exact=True).last).to_be_visible()


def test_a_server_that_says_when_to_come_back_is_asked_then(site: Site) -> None:
    page = site.page
    page.clock.install()
    site.open("maintenance")
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        answering(429, "too many wrong tries", retry_after=100)(route)

    page.route("**/api/**", refuse)
    page.keyboard.press("r")
    expect(page.locator("#banner")).to_contain_text("next try in")
    asked.clear()
    page.clock.run_for(90_000)
    assert asked == []
    page.unroute("**/api/**")
    page.clock.run_for(20_000)
    expect(page.locator("#banner")).to_be_empty()


def test_a_page_that_is_paused_stays_so_when_the_connection_is_mended(site: Site) -> None:
    page = site.open("queues")
    page.keyboard.press("p")
    expect(page.locator(".live")).to_have_text("Paused")
    page.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("r")
    expect(page.locator(".live")).to_have_text("Not connected")
    page.unroute("**/api/**")
    page.keyboard.press("r")
    expect(page.locator("#banner")).to_be_empty()
    expect(page.locator(".live")).to_have_text("Paused")


def test_jobs_that_failed_before_are_seen_among_those_that_wait(empty_site: Site) -> None:
    empty_site.sql("select gw.add_job('flaky')")
    job = empty_site.one("select id from gw.get_jobs('w')")
    trace = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\nValueError: no'
    empty_site.sql("select gw.fail_jobs('w', array[%s::bigint], array[%s])", job, trace)
    page = empty_site.open("jobs")
    expect(page.locator("tbody .badge")).to_have_text(["Scheduled", "Retrying"])
    expect(page.locator(".error-line")).to_have_text("ValueError: no")
    empty_site.open(f"jobs/{job}")
    expect(page.locator(".attempts")).to_contain_text("1 of 25 attempts used up")


def test_updates_pause_while_nobody_looks(site: Site) -> None:
    page = site.page
    page.clock.install()
    site.open("workers")
    asked: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    def look(hidden: str) -> None:
        page.evaluate(f"Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}})")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    page.route("**/api/**", note)
    with page.expect_response("**/api/workers*"):
        page.clock.run_for(10_000)
    look("true")
    asked.clear()
    page.clock.run_for(60_000)
    assert asked == []
    with page.expect_response("**/api/workers*"):
        look("false")

    page.keyboard.press("p")
    expect(page.locator(".live")).to_have_text("Paused")
    asked.clear()
    page.clock.run_for(60_000)
    assert asked == []
    # Another page has its data all the same.
    site.open("queues")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator(".live")).to_have_text("Paused")
    with page.expect_response("**/api/queues*"):
        page.keyboard.press("p")
    expect(page.locator(".live")).to_have_text("Live")


def test_theme(site: Site) -> None:
    page = site.open()
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(background)
    assert dark != light
    page.keyboard.press("t")
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Theme: dark. Change")).to_be_visible()
    assert page.evaluate(background) == dark
    page.reload()
    assert page.evaluate(background) == dark


def test_mounted_under_a_path(browser: Browser, database: str) -> None:
    seed(database)
    app = Starlette(routes=[Mount("/ops/jobs", create_app(database, auth=NoAuth()))])
    with serving(app) as base, visit(browser, base, database) as site:
        site.page.goto(f"{base}ops/jobs")
        expect(site.page.locator(".chart.ready .figure")).to_have_text("8")
        site.page.get_by_role("link", name="Queues").first.click()
        expect(site.page.locator("tbody tr").first).to_be_visible()
