"""The worker against a real database: what it runs, when, and what it leaves behind."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import (
    AsyncClient,
    Client,
    GraphileWorkerError,
    InvalidArgument,
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


async def test_typed_payloads_are_checked_and_converted(database: str) -> None:
    @dataclass
    class Mail:
        to: str
        copies: int = 1

    class Size(TypedDict):
        width: int

    tasks = TaskRegistry()
    seen: list[Any] = []
    tasks.add(_appender(seen, Mail), "mail")
    tasks.add(_appender(seen, Size), "resize")

    async with AsyncClient(database) as client:
        await client.add_job("mail", Mail("ada@example.com", copies=2))
        await client.add_job("resize", {"width": 3})
        bad = await client.add_job("mail", {"to": 5})
        await Worker(database, tasks, concurrency=1).run_once()
        assert seen == [Mail("ada@example.com", copies=2), {"width": 3}]
        job = await client.show_job(bad.id)
        assert job is not None
        assert job.last_error == "PayloadError: the payload does not fit mail: Expected `str`, got `int` - at `$.to`"
        assert job.attempts == 1
        assert job.payload == {"to": 5}


def _appender(seen: list[Any], payload_type: type) -> Callable[[Any], None]:
    def append(payload: Any) -> None:
        seen.append(payload)

    append.__annotations__["payload"] = payload_type
    return append


async def test_plain_functions_run_in_threads_side_by_side(database: str) -> None:
    tasks = TaskRegistry()
    both = threading.Barrier(2, timeout=20)

    @tasks.task
    def meet() -> None:
        both.wait()

    async with AsyncClient(database) as client:
        await client.add_jobs([JobSpec(identifier="meet"), JobSpec(identifier="meet")])
        await Worker(database, tasks, concurrency=2).run_once()
        assert (await client.stats()).total == 0


@pytest.mark.parametrize("error", [ValueError, SystemExit, StopIteration, asyncio.CancelledError])
@pytest.mark.parametrize("kind", ["async", "plain"])
async def test_a_failing_job_is_kept_for_its_retry(database: str, kind: str, error: type[BaseException]) -> None:
    if kind == "plain" and error is asyncio.CancelledError:
        pytest.skip("a thread can't be cancelled")
    tasks = TaskRegistry()

    async def fail_async() -> None:
        raise error("no\0 good")

    def fail_plain() -> None:
        raise error("no\0 good")

    tasks.add(fail_async if kind == "async" else fail_plain, "fail")
    async with AsyncClient(database) as client:
        added = await client.add_job("fail", max_attempts=2)
        await Worker(database, tasks).run_once()
        job = await client.show_job(added.id)
        assert job is not None
        assert job.job_state == "scheduled"
        assert job.locked_by is None
        assert job.last_error is not None
        assert error.__name__ in job.last_error.partition("\n")[0]
        assert "/_runner.py" not in job.last_error
        delay = job.run_at - datetime.now(UTC)
        assert timedelta(0) < delay < timedelta(seconds=3)

        await client.reschedule_jobs([added.id], run_at=datetime.now(UTC))
        await Worker(database, tasks).run_once()
        assert (await client.show_job(added.id)).job_state == "failed"  # type: ignore[union-attr]


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


async def test_no_more_jobs_at_once_than_concurrency(database: str) -> None:
    tasks = TaskRegistry()
    at_once: list[int] = [0]
    most = 0

    @tasks.task
    async def work() -> None:
        nonlocal most
        at_once[0] += 1
        most = max(most, at_once[0])
        await asyncio.sleep(0.01)
        at_once[0] -= 1

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="work") for _ in range(40))
        await Worker(database, tasks, concurrency=4).run_once()
        assert (await client.stats()).total == 0
    assert most == 4


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


async def test_bad_options_are_refused() -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match="no tasks"):
        Worker("", tasks)
    tasks.add(lambda: None, "nothing")
    with pytest.raises(InvalidArgument, match="bad concurrency 0"):
        Worker("", tasks, concurrency=0)
    with pytest.raises(InvalidArgument, match="bad poll_interval"):
        Worker("", tasks, poll_interval=timedelta(0))
    with pytest.raises(InvalidArgument, match="registered twice"):
        tasks.add(lambda: None, "nothing")


async def test_a_worker_runs_once(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "nothing")
    worker = Worker(database, tasks)
    await worker.run_once()
    with pytest.raises(GraphileWorkerError, match="has run already"):
        await worker.run_once()


async def test_log_records_carry_the_job(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task
    def speak(payload: Any, context: JobContext) -> None:
        context.logger.warning("hear, hear")

    with Client(database) as client:
        job = client.add_job("speak")
    with caplog.at_level(logging.DEBUG, "graphile_worker"):
        await Worker(database, tasks).run_once()
    record = next(r for r in caplog.records if r.message == "hear, hear")
    assert (record.job_id, record.task_identifier, record.attempts) == (job.id, "speak", 1)  # type: ignore[attr-defined]
