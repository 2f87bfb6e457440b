"""Jobs start when they are notified, or when it is time to look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg

from graphile_worker import (
    AsyncClient,
    TaskRegistry,
    Worker,
)
from graphile_worker._wire.connections import ConnectionSource
from graphile_worker._worker.listener import Listener
from tests.support import eventually, job_id

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


async def heard(
    database: str, *statements: str, until: tuple[str | None, list[int]] | None = None
) -> list[tuple[str | None, list[int]]]:
    """What a listener hears of superseded jobs while these are run, once it listens; not before it heard `until`."""
    found: list[tuple[str | None, list[int]]] = []
    listens, last = asyncio.Event(), asyncio.Event()

    def on_superseded(worker_id: str | None, job_ids: list[int]) -> None:
        if worker_id == "last":
            last.set()
        else:
            found.append((worker_id, job_ids))

    source = ConnectionSource(database)
    listener = Listener(source, "w", lambda _count: listens.set(), on_superseded=on_superseded)
    await listener.start()
    try:
        await asyncio.wait_for(listens.wait(), 20)
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            for statement in statements:
                await connection.execute(statement.encode())
            if until is not None:
                await eventually(lambda: until in found)
            await connection.execute("""notify "jobs:superseded", '{"worker": "last", "ids": []}'""")
        await asyncio.wait_for(last.wait(), 20)
    finally:
        await listener.stop()
    return found


async def test_superseded_jobs_are_heard_of(database: str) -> None:
    taken = await heard(
        database,
        "select graphile_worker.add_job('t', job_key => 'k')",
        "select graphile_worker.get_jobs('w2')",
        "select graphile_worker.remove_job('k')",
    )
    assert taken == [("w2", [job_id(1)])]


async def test_a_payload_that_says_nothing_may_be_about_any_job(database: str) -> None:
    payloads = (
        *("", "no json", "[]", '{"worker": "w"}', '{"ids": [5]}', '{"worker": null, "ids": [5]}'),
        *('{"worker": "w", "ids": 5}', '{"worker": "w", "ids": ["x"]}'),
    )
    found = await heard(database, *(f"notify \"jobs:superseded\", '{payload}'" for payload in payloads))
    assert found == [(None, [])] * len(payloads)


async def test_any_job_may_have_been_superseded_while_nobody_listened(database: str) -> None:
    cut_off = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like 'graphile-worker listen%'"""
    assert await heard(database, cut_off, until=(None, [])) == [(None, [])]


async def test_nothing_is_said_where_notifications_are_off(database: str) -> None:
    taken = await heard(
        database,
        "select graphile_worker.add_job('t', job_key => 'k')",
        "select graphile_worker.get_jobs('w2')",
        "set graphile_worker.notify = off",
        "select graphile_worker.remove_job('k')",
    )
    assert taken == []
