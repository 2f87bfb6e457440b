"""Who may look: the browser's own dialog for a password, a form for a token."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error, expect

from graphile_worker.admin import Auth, BasicAuth, BearerAuth, HeaderAuth
from tests.browser.browsing import served, visit
from tests.browser.seed import seed

TOKEN = "a-token-nobody-guesses"


def test_basic(browser: Browser, database: str) -> None:
    seed(database)
    with served(database, auth=BasicAuth("ops", "right")) as base:
        with visit(browser, base, database) as site, pytest.raises(Error):
            # Without anybody to type, the browser gives up at its own dialog.
            site.open()
        with visit(browser, base, database, http_credentials={"username": "ops", "password": "wrong"}) as site:
            assert site.page.goto(base).status == 401
        with visit(browser, base, database, http_credentials={"username": "ops", "password": "right"}) as site:
            page = site.open("queues")
            expect(page.locator("tbody tr").first).to_be_visible()
            site.press("Pause the queue crm")
            site.confirm("Pause the queue")
            site.told("The queue crm is paused.")


@pytest.mark.parametrize("auth", [BearerAuth(TOKEN), HeaderAuth(TOKEN), HeaderAuth(TOKEN, header_name="x-our-token")])
def test_token(browser: Browser, database: str, auth: Auth) -> None:
    seed(database)
    with served(database, auth=auth) as base, visit(browser, base, database) as site:
        page = site.page
        page.goto(f"{base}#/jobs?state=failed")
        field = page.get_by_label("Token")
        expect(field).to_be_focused()
        field.fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="not accepted")).to_be_visible()
        field.fill(TOKEN)
        site.press("Sign in")
        # Where one wanted to go.
        expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.get_by_label("Select all jobs on this page").check()
        site.press("Retry")
        site.confirm("Retry job")
        site.told("1 job to be retried")
        # The tab keeps it, the address does not.
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
        assert TOKEN not in page.url
