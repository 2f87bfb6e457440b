"""What stands around every answer of the admin page."""

from __future__ import annotations

from typing import Any

import pytest

from graphile_worker.admin import BasicAuth, NoAuth, _database, create_app
from tests.py.support.admin import browser

NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests here have no database, and need none."""
    monkeypatch.setattr(_database, "_SECONDS_FOR_INFO", 0.05)


@pytest.mark.parametrize(
    "path", ["/", "/assets/app.js", "/api/session", "/api/nothing", "/nothing", "/api/jobs/action"]
)
async def test_every_answer_has_the_headers(path: str) -> None:
    for auth in (NoAuth(), BasicAuth(password="pw")):
        async with browser(create_app(NOWHERE, auth=auth)) as http:
            headers = (await http.get(path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == (
            "public, max-age=3600" if path == "/assets/app.js" and auth.mode == "none" else "no-store"
        )
        assert "server" not in headers
        assert "set-cookie" not in headers


async def test_methods_can_not_be_disguised() -> None:
    async with browser(create_app(NOWHERE, auth=NoAuth())) as http:
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
            assert (await http.request(method, "/api/jobs")).status_code == 405
        response = await http.get("/api/jobs/action", headers={"x-http-method-override": "POST"})
        assert response.status_code == 404
        assert (await http.get("/api/maintenance", headers={"x-http-method": "POST"})).status_code == 405


async def test_a_websocket_is_closed() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await create_app(NOWHERE, auth=NoAuth())({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
