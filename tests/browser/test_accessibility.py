"""axe finds nothing but trifles, light or dark; and what it cannot find: focus, names, the keyboard alone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.browsing import PAGES, Site, served, visit
from tests.browser.seed import seed

RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def violations(site: Site) -> list[str]:
    found = Axe().run(site.page, options=RULES).response["violations"]
    return [
        f"{one['impact']}: {one['id']}: {node['html'][:200]}: {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] != "minor"
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(browser: Browser, database: str, scheme: str) -> None:
    seed(database)
    with served(database) as base, visit(browser, base, database, color_scheme=scheme) as site:
        page = site.page
        job = site.one("select id from gw.jobs where key = 'resize:1'")
        for address in ["" if name == "overview" else name for name in PAGES] + ["crontabs", f"jobs/{job}", "nowhere"]:
            site.open(address)
            if address in ("", *PAGES):
                expect(page.locator("main tbody tr, main .chore, main .empty").first).to_be_visible()
            assert violations(site) == [], address or "overview"
        site.open("schedules")
        site.press("Edit the schedule digest")
        expect(page.locator(".preview ol")).to_be_visible()
        page.get_by_role("dialog").get_by_label("Or every").fill("5m")
        expect(page.locator(".preview .wrong")).to_be_visible()
        assert violations(site) == [], "schedule"
        page.keyboard.press("Escape")
        site.open("jobs")
        page.locator("td.pick input:enabled").first.check()
        assert violations(site) == [], "selection"
        site.press("Fail…")
        assert violations(site) == [], "question"
        page.keyboard.press("Escape")
        site.press("Add job")
        page.get_by_role("dialog").get_by_role("button", name="Add job").click()
        assert violations(site) == [], "form with a mistake in it"
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert violations(site) == [], "help"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_on_a_phone_and_with_nothing_to_show(browser: Browser, database: str, scheme: str) -> None:
    small = {"viewport": {"width": 375, "height": 700}, "color_scheme": scheme}
    with served(database, read_only=True) as base, visit(browser, base, database, **small) as site:
        for address in ["" if name == "overview" else name for name in PAGES] + ["crontabs"]:
            site.open(address)
            assert violations(site) == [], address or "overview"


def test_with_the_keyboard_alone(site: Site) -> None:
    page = site.open()
    for keys, title in (
        ("gj", "Jobs"),
        ("gq", "Queues"),
        ("gw", "Workers"),
        ("gs", "Schedules"),
        ("gc", "Crontabs"),
        ("gm", "Maintenance"),
        ("go", "Overview"),
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)

    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("resize:1")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    link = page.locator("tbody tr td.lead a")
    expect(link).to_be_focused()
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1 job selected")
    page.keyboard.press("a")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Retry")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Retry job")).to_be_focused()
    page.keyboard.press("Enter")
    site.told("1 job to be retried")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Job ")


def test_single_keys_can_be_switched_off(site: Site) -> None:
    page = site.open()
    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(0)
    site.press("Keyboard shortcuts")
    expect(page.get_by_label("Single keys act")).not_to_be_checked()


def test_skip_link_and_page_title(site: Site) -> None:
    page = site.open("queues")
    database = site.one("select current_database()")
    expect(page).to_have_title(f"Queues · {database} · graphile_worker")
    expect(page.locator("#side-foot")).to_contain_text("127.0.0.1")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
