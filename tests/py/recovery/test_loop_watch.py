"""What blocks the event loop of a worker is named, once."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker


async def _run(url: str, tasks: TaskRegistry, identifier: str, blocked_after: timedelta) -> int:
    async with AsyncClient(url) as client:
        added = await client.add_job(identifier)
        await Worker(url, tasks, blocked_after=blocked_after).run_once()
    return added.id


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice in one job"])
async def test_a_job_that_blocks_is_named_once(database: str, again: bool, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def blocks() -> None:
        for _ in range(1 + again):
            time.sleep(0.6)  # noqa: ASYNC251
            await asyncio.sleep(0.3)

    job_id = await _run(database, tasks, "blocks", timedelta(seconds=0.2))
    [told] = [record for record in caplog.records if "has blocked" in record.getMessage()]
    assert told.getMessage().startswith(f"job {job_id} (blocks) has blocked the event loop for 0.2 s, at {__file__}:")
    assert told.levelno == logging.WARNING
    assert told.__dict__["job_id"] == job_id


async def test_what_a_job_has_started_is_named_by_its_task(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def blocks() -> None:
        async def inner() -> None:
            time.sleep(0.6)  # noqa: ASYNC251

        await asyncio.create_task(inner(), name="the inner one")

    await _run(database, tasks, "blocks", timedelta(seconds=0.2))
    assert any(
        record.getMessage().startswith("task the inner one has blocked the event loop") for record in caplog.records
    )


@pytest.mark.parametrize(
    ("in_thread", "blocked_after"), [(True, 0.2), (False, 0)], ids=["a plain function", "switched off"]
)
async def test_nothing_is_said(
    database: str, in_thread: bool, blocked_after: float, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = TaskRegistry()

    async def on_loop() -> None:
        time.sleep(0.6)  # noqa: ASYNC251

    tasks.add((lambda: time.sleep(0.6)) if in_thread else on_loop, "blocks")
    await _run(database, tasks, "blocks", timedelta(seconds=blocked_after))
    assert [record for record in caplog.records if "has blocked" in record.getMessage()] == []
