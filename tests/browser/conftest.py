"""Chromium and an admin server for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="the page's tests need the extra dev")
pytest.importorskip("starlette", reason="the admin page needs the extra admin")

from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import Site, chromium, served, visit
from tests.browser.seed import seed


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. One for each file: while it is there, no event loop of another test could run."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, and lacks shared memory in containers; it sees our own pages only.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def site(browser: Browser, database: str) -> Iterator[Site]:
    """The page on a database with something of every kind, changes allowed."""
    seed(database)
    with served(database) as base, visit(browser, base, database) as site:
        yield site


@pytest.fixture
def empty_site(browser: Browser, database: str) -> Iterator[Site]:
    """The page on a queue nobody has used yet."""
    with served(database) as base, visit(browser, base, database) as site:
        yield site


@pytest.fixture
def read_only(browser: Browser, database: str) -> Iterator[Site]:
    """The page of a server that was started with --read-only."""
    seed(database)
    with served(database, read_only=True) as base, visit(browser, base, database) as site:
        yield site
