"""Bodies of requests: too large, too slow, or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from graphile_worker.admin import NoAuth, _database, create_app
from graphile_worker.admin._api import body as _body
from tests.py.support.admin import CSRF_HEADER, Api, api, browser

NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests here have no database, and need none."""
    monkeypatch.setattr(_database, "_SECONDS_FOR_INFO", 0.05)


async def test_bodies_are_bounded(shared_database: str) -> None:
    async with api(shared_database, max_body_bytes=1000) as page:
        await page.post("jobs", 201, identifier="t", payload="x" * 800)
        assert (await page.post("jobs", 413, identifier="t", payload="x" * 1000))["error"]["code"] == "too_large"

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b" " * 100

        headers = {CSRF_HEADER: page.csrf or "", "content-type": "application/json"}
        response = await page.http.post("/api/jobs", content=endless(), headers=headers)
        assert response.status_code == 413


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_body, "_SECONDS", 0.05)
    app = create_app(NOWHERE, auth=NoAuth())
    async with browser(app) as http:
        page = Api(http)
        await page.get("session")
        token = (await page.get("session"))["csrf_token"]

        async def slow() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(60)

        headers = {CSRF_HEADER: token, "content-type": "application/json"}
        async with asyncio.timeout(10):
            assert (await http.post("/api/jobs", content=slow(), headers=headers)).status_code == 408


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"identifier":"t"}', "text/plain", 415),
        (b"identifier=t", "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"identifier":"t","payload":' + b"[" * 100_000, "application/json", 400),
        (b'{"identifier":"\xff"}', "application/json", 400),
        (b'{"identifier":"t","unknown":1}', "application/json", 400),
        (b'{"identifier":7}', "application/json", 400),
        (b'{"identifier":"t\\u0000"}', "application/json", 400),
        (b'{"identifier":"t","run_at":"2030-01-01T00:00:00"}', "application/json", 400),
        (b'{"identifier":"t","payload_text":"{"}', "application/json", 400),
    ],
)
async def test_bodies_that_are_none_are_explained(
    shared_database: str, content: bytes, media_type: str, status: int
) -> None:
    async with api(shared_database) as page:
        token = (await page.get("session"))["csrf_token"]
        headers = {CSRF_HEADER: token, "content-type": media_type}
        response = await page.http.post("/api/jobs", content=content, headers=headers)
        assert response.status_code == status, response.text
        assert response.json()["error"]["message"]
        assert (await page.get("overview"))["stats"]["total"] == 0
