"""The admin page as a person meets it: a server on a port of its own, a browser, and what both have in common."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, expect
from starlette.types import ASGIApp

from graphile_worker.admin import NoAuth, create_app

# Machines that run tests are busy; nothing here takes a second on one that is not.
TIMEOUT_MS = 15_000
expect.set_options(timeout=TIMEOUT_MS)

PAGES = ["overview", "jobs", "queues", "workers", "schedules", "limits", "policies", "maintenance"]


def chromium(playwright: Playwright) -> str:
    """The path of a Chromium: $CHROMIUM, the system's, or the one Playwright has downloaded; skips without any."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    own = playwright.chromium.executable_path
    path = named or found or (own if os.path.exists(own) else None)  # noqa: PTH110 - a str, for Playwright
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, or playwright install chromium, or set CHROMIUM")
    return path


def served(url: str, **options: Any) -> AbstractContextManager[str]:
    """The address of an admin server for this database, until the block ends. options: of create_app."""
    return serving(create_app(url, **{"auth": NoAuth(), **options}))


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        # Connections wait for the server from here on: nothing has to be polled.
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(10)


class Site:
    """A page in the browser, and the database behind it."""

    def __init__(self, page: Page, base: str, url: str) -> None:
        self.page, self.base, self.url = page, base, url
        self.complaints: list[str] = []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._console(message.type, message.text))

    def _console(self, kind: str, text: str) -> None:
        # The browser itself logs every answer of 400 and more, which some tests are about.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(text)

    def open(self, address: str = "") -> Page:
        """Open a page: "jobs?state=failed", "" for the overview; returns once it has its data."""
        target = f"{self.base}#/{address}"
        if self.page.url.startswith(self.base) and self.page.url != target:
            # The page that is there now is not the one to wait for.
            self.page.locator("main").evaluate("main => main.setAttribute('aria-busy', 'true')")
        self.page.goto(target)
        expect(self.page.locator("#side-foot dl")).to_be_attached()
        expect(self.page.locator("main:not([aria-busy]) h1")).to_be_visible()
        return self.page

    def sql(self, statement: str, *arguments: Any) -> list[Any]:
        """Rows of one statement, `gw` standing for the schema."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.replace("gw.", "graphile_worker."), arguments)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *arguments: Any) -> Any:
        return self.sql(statement, *arguments)[0][0]

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def confirm(self, name: str) -> None:
        """Press a button of the open dialog, and see it close."""
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name=name, exact=True).click()
        expect(dialog).to_have_count(0)

    def told(self, text: str) -> None:
        """The page says so in a corner."""
        expect(self.page.locator("#toasts")).to_contain_text(text)


@contextmanager
def visit(browser: Browser, base: str, url: str, **context: Any) -> Iterator[Site]:
    """A fresh browser profile on this server; fails when the page complained in its console."""
    profile = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **context})
    try:
        # Chromium begins to intercept requests some time after it is told to: a test's first route could miss what the
        # page asks right then. So it is told before there is a page, by a route that no request takes.
        profile.route("https://nowhere.invalid/", lambda route: route.abort())
        site = Site(profile.new_page(), base, url)
        yield site
        assert site.complaints == []
    finally:
        profile.close()
