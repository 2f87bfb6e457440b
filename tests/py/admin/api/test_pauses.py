"""Pausing queues and tasks on the admin page, and resuming them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from graphile_worker import AsyncClient
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect


@pytest.fixture
async def page(shared_database: str) -> AsyncIterator[Api]:
    async with api(shared_database) as opened:
        yield opened


@pytest.fixture
async def client(shared_database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(shared_database) as opened:
        yield opened


async def test_queues_and_tasks_are_paused_and_resumed(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_job("t", queue_name="q")
    for kind in ("queue", "task"):
        name = {"queue": "q", "task": "t"}[kind]
        assert await page.post(f"{kind}s/pause", **{kind: name}, reason="an incident") == {"changed": True}
        assert await page.post(f"{kind}s/pause", **{kind: name}) == {"changed": False}
        with connect(shared_database) as connection:
            assert connection.execute("select id from get_jobs('w1', '{t}', 1)").fetchall() == []
        (row,) = (await page.get(f"{kind}s"))[f"{kind}s"]
        assert row["paused_at"] is not None
        ((shown),) = (await page.get("paused"))["paused"]
        assert (shown["kind"], shown["name"]) == (kind, name)
        assert await page.post(f"{kind}s/resume", **{kind: name}) == {"changed": True}
        assert await page.post(f"{kind}s/resume", **{kind: name}) == {"changed": False}
    assert (await page.post("queues/pause", 400, task="t"))["error"]["code"] == "bad_request"


async def test_a_pause_may_end_by_itself(page: Api, client: AsyncClient) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    for kind in ("queue", "task"):
        body = {kind: f"{kind} that waits", "until": until.isoformat()}
        assert await page.post(f"{kind}s/pause", **body) == {"changed": True}
    assert [pause.until for pause in await client.list_paused()] == [until, until]
    past = (until - timedelta(hours=2)).isoformat()
    assert (await page.post("tasks/pause", 400, task="t", until=past))["error"]["code"] == "GWBTI"
