"""Jobs start when they are notified, or when it is time to look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from graphile_worker import (
    AsyncClient,
    TaskRegistry,
    Worker,
)

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await task


async def test_a_notification_starts_the_job(database: str) -> None:
    tasks = TaskRegistry()
    ran = asyncio.Event()

    @tasks.task
    async def ping() -> None:
        ran.set()

    async with AsyncClient(database) as client, running(Worker(database, tasks, poll_interval=NEVER)):
        await client.add_job("ping")
        await asyncio.wait_for(ran.wait(), 20)


async def test_polling_starts_the_job_without_notifications(database: str) -> None:
    tasks = TaskRegistry()
    ran = asyncio.Event()

    @tasks.task
    async def ping() -> None:
        ran.set()

    worker = Worker(database, tasks, poll_interval=timedelta(milliseconds=20), use_notifications=False)
    async with AsyncClient(database) as client, running(worker):
        await client.add_job("ping", run_at=datetime.now(UTC) + timedelta(milliseconds=200))
        await asyncio.wait_for(ran.wait(), 20)
