"""The worker against a real database: what it runs, when, and what it leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import (
    AsyncClient,
    GraphileWorkerError,
    JobContext,
    JobSpec,
    SchemaNotInstalled,
    TaskRegistry,
    Worker,
)
from tests.support import eventually

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


async def test_runs_a_job_with_its_payload(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []

    @tasks.task
    async def greet(payload: dict[str, Any], context: JobContext) -> None:
        seen.append((payload, context.job.attempts, context.job.key, context.job.flags, context.job.queue_name))

    async with AsyncClient(database) as client:
        await client.add_job("greet", {"name": "Ada"}, job_key="k", flags=["f"], queue_name="q")
        await Worker(database, tasks).run_once()
        assert seen == [({"name": "Ada"}, 1, "k", frozenset({"f"}), "q")]
        assert (await client.stats()).total == 0


async def test_a_queue_goes_on_as_fast_as_its_jobs_finish(database: str) -> None:
    """Neither a poll nor a notification is needed between two jobs of one queue."""
    tasks = TaskRegistry()
    order: list[int] = []
    at_once = 0

    @tasks.task
    async def step(payload: dict[str, int]) -> None:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        await asyncio.sleep(0)
        order.append(payload["n"])
        at_once -= 1

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="step", payload={"n": n}, queue_name="one") for n in range(30))
        async with running(Worker(database, tasks, concurrency=5, poll_interval=NEVER)):
            await eventually(lambda: _is_empty(client))
    assert order == list(range(30))


async def _is_empty(client: AsyncClient) -> bool:
    return (await client.stats()).total == 0


async def test_run_once_runs_what_jobs_add_and_leaves_the_future(database: str) -> None:
    tasks = TaskRegistry()
    depth: list[int] = []

    @tasks.task
    async def nest(payload: dict[str, int], context: JobContext) -> None:
        depth.append(payload["depth"])
        if payload["depth"] < 5:
            await context.client.add_job("nest", {"depth": payload["depth"] + 1})

    async with AsyncClient(database) as client:
        await client.add_job("nest", {"depth": 0})
        await client.add_job("nest", {"depth": 99}, run_at=datetime.now(UTC) + timedelta(hours=1))
        await Worker(database, tasks, concurrency=3).run_once()
        assert depth == [0, 1, 2, 3, 4, 5]
        stats = await client.stats()
        assert (stats.total, stats.scheduled) == (1, 1)


async def test_forbidden_flags_and_foreign_tasks_are_left_alone(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def mine() -> None: ...

    async with AsyncClient(database) as client:
        await client.add_jobs(
            [JobSpec(identifier="mine"), JobSpec(identifier="mine", flags=["gpu"]), JobSpec(identifier="theirs")]
        )
        await Worker(database, tasks, forbidden_flags=["gpu"]).run_once()
        assert [(j.task_identifier, j.attempts) for j in await client.list_jobs()] == [("theirs", 0), ("mine", 0)]


async def test_a_job_taken_away_is_not_handed_in(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()
    started = asyncio.Event()
    finish = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await finish.wait()

    async with AsyncClient(database) as client:
        added = await client.add_job("slow", run_at=datetime.now(UTC) - timedelta(days=1))
        worker = Worker(database, tasks, concurrency=1, poll_interval=NEVER, use_notifications=False)
        async with running(worker):
            await started.wait()
            await client.force_unlock_workers([worker.id])
            await client.reschedule_jobs([added.id], priority=7)
            worker.stop()
            finish.set()
        job = await client.show_job(added.id)
        assert job is not None
        assert (job.priority, job.job_state, job.attempts) == (7, "ready", 1)
    assert "the outcome of 1 jobs was not taken" in caplog.text


async def test_works_on_the_callers_pool(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def nothing(payload: Any, context: JobContext) -> None:
        await context.client.stats()

    async with AsyncConnectionPool(database, min_size=1, max_size=4, open=False) as pool:
        client = AsyncClient(pool)
        await client.add_jobs(JobSpec(identifier="nothing") for _ in range(5))
        await Worker(pool, tasks, concurrency=2).run_once()
        assert (await client.stats()).total == 0
        # The worker's own settings of a connection stay with the worker.
        for _ in range(4):
            async with pool.connection() as connection:
                assert not connection.autocommit
                cursor = await connection.execute("select '[1]'::json")
                assert await cursor.fetchone() == ([1],)


async def test_works_on_connections_of_the_callers_making(database: str) -> None:
    tasks = TaskRegistry()
    opened: list[psycopg.AsyncConnection[Any]] = []

    async def connect() -> psycopg.AsyncConnection[Any]:
        opened.append(await psycopg.AsyncConnection.connect(database))
        return opened[-1]

    @tasks.task
    async def nothing(payload: Any, context: JobContext) -> None:
        await context.client.stats()

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="nothing") for _ in range(5))
        await Worker(connect, tasks, concurrency=2).run_once()
        assert (await client.stats()).total == 0
    assert len(opened) >= 2
    assert all(connection.closed for connection in opened)


async def test_async_with_runs_it_in_the_background(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def nothing() -> None: ...

    async with AsyncClient(database) as client, Worker(database, tasks):
        await client.add_job("nothing")
        await eventually(lambda: _is_empty(client))


async def test_a_missing_schema_is_said_at_once(empty_database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "nothing")
    with pytest.raises(SchemaNotInstalled, match="graphile-worker migrate"):
        await Worker(empty_database, tasks).run()


async def test_a_worker_runs_once(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "nothing")
    worker = Worker(database, tasks)
    await worker.run_once()
    with pytest.raises(GraphileWorkerError, match="has run already"):
        await worker.run_once()


async def test_what_it_says_of_10_000_tasks_is_bounded(database: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "graphile_worker")
    tasks = TaskRegistry()
    for n in range(10_000):
        tasks.add(lambda: None, f"{'task' * 30}{n}")
    worker = Worker(database, tasks)
    await worker.run_once()
    assert len(repr(worker)) < 5_000
    said = next(message for message in caplog.messages if " runs " in message)
    assert "and 9980 more" in said
    assert max(map(len, caplog.messages)) < 5_000
