"""The files of the page: by their exact names, and again only when they changed."""

from __future__ import annotations

import httpx
import pytest

from graphile_worker.admin import NoAuth, _assets, _database, create_app
from tests.py.support.admin import browser

NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests here have no database, and need none."""
    monkeypatch.setattr(_database, "_SECONDS_FOR_INFO", 0.05)


async def test_assets_are_only_those_there_are() -> None:
    async with browser(create_app(NOWHERE, auth=NoAuth())) as http:
        for name in (
            "../_auth.py",
            "%2e%2e/_auth.py",
            "..%2f_auth.py",
            "css/../../_auth.py",
            "/etc/passwd",
            "//etc/passwd",
            "index.html",
            "",
            "css",
            "app.js%00.css",
            "..\\_auth.py",
        ):
            request = http.build_request("GET", "/")
            request.url = httpx.URL("http://localhost").copy_with(raw_path=f"/assets/{name}".encode())
            assert (await http.send(request)).status_code == 404


async def test_an_asset_is_sent_again_only_when_it_changed() -> None:
    async with browser(create_app("postgresql://127.0.0.1:1/nowhere", auth=NoAuth())) as http:
        first = await http.get("/assets/app.js")
        again = await http.get("/assets/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "public, max-age=3600"


def test_every_file_of_the_page_is_served() -> None:
    assert {path.suffix for path in _assets.FOLDER.rglob("*") if path.is_file()} <= set(_assets._TYPES)
