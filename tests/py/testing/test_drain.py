"""The testing module: a task by itself, a queue drained at an instant, jobs looked up."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    GraphileWorkerError,
    Hooks,
    InvalidArgument,
    JobComplete,
    JobContext,
    JobFail,
    JobPermanentlyFail,
    JobSpec,
    PayloadError,
    SchemaNotInstalled,
    Skip,
    TaskRegistry,
    Unique,
)
from graphile_worker.testing import RecordingClient, drain, jobs_of, make_context, run_task
from tests import support

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Mail:
    to: str
    at: datetime


def double(payload: int) -> int:
    """At the top of a module, where a process of its own finds it."""
    return 2 * payload + (os.getpid() == os.getppid())


def registry() -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def send(payload: Mail, context: JobContext) -> Any:
        return payload, context.job.attempts, context.state

    @tasks.task
    def block() -> str:
        return threading.current_thread().name

    tasks.add(double, "double", run_in="process")

    @tasks.task
    async def chain(payload: dict[str, Any], context: JobContext) -> None:
        await context.client.add_job("send", Mail("ada", NOW), job_key="k", flags=["f"], run_at=NOW)
        await block.add(client=context.client)
        await context.client.add_jobs([JobSpec(identifier="double", payload=2, flags=["a"])])

    @tasks.task
    async def add_by_task() -> None:
        await block.add()

    @tasks.task
    async def fails() -> None:
        raise ValueError("bad luck")

    @tasks.batch()
    async def batch(items: list[int]) -> list[str | None]:
        return [None if item else "zero" for item in items]

    return tasks


# One task, no database.


async def test_a_payload_goes_through_json_into_the_declared_type() -> None:
    tasks = registry()
    context = make_context(attempts=3, state={"mailer": 1})
    assert await run_task(tasks["send"], Mail("ada", NOW), context) == (Mail("ada", NOW), 3, {"mailer": 1})
    assert await run_task(tasks["send"], {"to": "ada", "at": "2030-01-02T03:04:05Z"}) == (Mail("ada", NOW), 1, {})
    assert await run_task(tasks["send"], context=make_context(payload=Mail("bob", NOW))) == (Mail("bob", NOW), 1, {})
    with pytest.raises(PayloadError, match=r"Expected `str`, got `int` - at `\$.to`"):
        await run_task(tasks["send"], {"to": 5})
    with pytest.raises(PayloadError, match="can't be written as JSON"):
        await run_task(tasks["send"], {"to": object()})


async def test_each_kind_of_task_runs_where_a_worker_runs_it() -> None:
    tasks = registry()
    assert (await run_task(tasks["block"])).startswith("graphile_worker")
    assert await run_task(tasks["double"], 21) == 42
    assert await run_task(tasks["batch"], [1, 0]) == [None, "zero"]
    with pytest.raises(PayloadError, match="must be an array"):
        await run_task(tasks["batch"], {})
    with pytest.raises(ValueError, match="bad luck"):
        await run_task(tasks["fails"])


async def test_what_a_task_adds_is_recorded() -> None:
    client = RecordingClient()
    await run_task(registry()["chain"], {}, client=client)
    assert [(job.id, job.identifier, job.payload, job.job_key, job.flags) for job in client.jobs] == [
        (1, "send", {"to": "ada", "at": "2030-01-02T03:04:05Z"}, "k", ("f",)),
        (2, "block", {}, None, ()),
        (3, "double", 2, None, ("a",)),
    ]
    assert client.jobs[0].run_at == NOW
    await run_task(registry()["add_by_task"], client=client)
    assert client.jobs[-1].identifier == "block"


async def test_unique_jobs_are_recorded_with_what_makes_them_so() -> None:
    tasks, client, unique = TaskRegistry(), RecordingClient(), Unique(by=["user"])

    @tasks.task(unique=unique)
    async def sync(payload: dict[str, int]) -> None: ...

    added = [await sync.add({"user": 7}, client=client) for _ in range(2)]
    assert [job.is_new for job in added] == [True, True]
    assert [(job.payload, job.unique) for job in client.jobs] == [({"user": 7}, unique)] * 2


async def test_a_recording_client_says_what_it_can_not_do_and_asks_hooks() -> None:
    hooks = Hooks()
    hooks.on(BeforeJobSchedule)(lambda event: Skip() if event.identifier == "no" else None)
    client = RecordingClient(hooks=hooks)
    assert await client.add_jobs([JobSpec(identifier="no"), JobSpec(identifier="yes")]) == [1]
    with pytest.raises(GraphileWorkerError, match="no database behind this client"):
        await client.stats()


# A queue.


async def test_drain_runs_what_is_due_in_order(database: str) -> None:
    tasks = TaskRegistry()
    ran: list[Any] = []

    @tasks.task
    async def note(payload: str, context: JobContext) -> None:
        ran.append(payload)
        if payload == "first":
            await note.add("added meanwhile")
            await context.client.add_job("unknown")

    with Client(database) as client:
        client.add_job("note", "second")
        client.add_job("note", "first", priority=-1)
        client.add_job("note", "tomorrow", run_at=datetime.now(UTC) + timedelta(days=1))
    done = await drain(database, tasks)
    assert ran == ["first", "second", "added meanwhile"]
    assert done.check().identifiers == ["note"] * 3
    assert len(done) == 3
    done = await drain(database, tasks, now=datetime.now(UTC) + timedelta(days=2))
    assert ran[3:] == ["tomorrow"]
    assert [job.task_identifier for job in jobs_of(database)] == ["unknown"]


async def test_time_travel_goes_through_the_retries(database: str) -> None:
    recorded: list[str] = []
    hooks = Hooks()
    for event in (JobComplete, JobFail, JobPermanentlyFail):
        hooks.on(event)(lambda event: recorded.append(type(event).__name__))
    with Client(database) as client:
        first = client.add_job("fails", run_at=NOW, max_attempts=2)
        client.add_job("batch", [1, 0, 2], run_at=NOW)
    assert len(await drain(database, registry(), now=NOW - timedelta(seconds=1))) == 0
    done = await drain(database, registry(), now=NOW, hooks=hooks)
    assert [(f.job.task_identifier, f.error.partition("\n")[0], f.will_retry) for f in done.failed] == [
        ("fails", "ValueError: bad luck", True),
        ("batch", "BatchPartlyFailed: 1 of 3 items failed; the first: zero", True),
    ]
    with pytest.raises(AssertionError, match=rf"2 of 2 jobs failed\njob {first.id} \(fails\): ValueError: bad luck"):
        done.check()
    # Planned from the instant that was now: 2.718 s later.
    assert [round((job.run_at - NOW).total_seconds(), 3) for job in jobs_of(database)] == [2.718, 2.718]
    [job] = jobs_of(database, "batch")
    assert job.payload == [0]
    assert len(await drain(database, registry(), now=NOW + timedelta(seconds=2.7))) == 0
    done = await drain(database, registry(), now=NOW + timedelta(seconds=2.8), hooks=hooks)
    assert [f.will_retry for f in done.failed] == [False, True]
    assert recorded == ["JobFail", "JobFail", "JobFail", "JobPermanentlyFail", "JobFail"]


@pytest.mark.parametrize("row_factory", [psycopg.rows.tuple_row, dict_row])
async def test_drain_in_the_transaction_of_a_connection(database: str, row_factory: Any) -> None:
    tasks = registry()

    @tasks.task
    async def query(payload: str) -> None:
        # The very connection, with its own loaders, in the midst of things.
        async with connection.cursor() as cursor:
            await cursor.execute(payload.encode())

    async with await psycopg.AsyncConnection.connect(database, row_factory=row_factory) as connection:
        async with AsyncClient(connection) as client:
            await client.add_job("query", "create table made (x int)")
            await client.add_job("query", "select 1/0")
            await client.add_job("chain", {})
            await client.add_job("query", "insert into made values (1)")
        done = await drain(connection, tasks)
        assert done.identifiers == ["query", "chain", "query", "block", "double"]
        assert [f.error.partition("\n")[0] for f in done.failed] == ["DivisionByZero: division by zero"]
        [send] = await jobs_of(connection, tasks["send"])
        assert (send.payload, send.key) == ({"to": "ada", "at": "2030-01-02T03:04:05Z"}, "k")
        await connection.rollback()
    assert jobs_of(database) == []
    assert support.scalar(database, "select to_regclass('made') is null")


async def test_drain_takes_a_pool_and_gives_it_back_as_it_was(database: str) -> None:
    async with AsyncConnectionPool(database, min_size=1, max_size=2, open=False) as pool:
        async with AsyncClient(pool) as client:
            await client.add_job("chain", {})
        # One for the claims, one for what the handler adds.
        assert (await drain(pool, registry())).identifiers == ["chain", "block", "double"]
        async with pool.connection() as connection:
            assert not connection.autocommit
        assert [job.task_identifier for job in await jobs_of(pool)] == ["send"]


async def test_drain_needs_one_connection_of_a_pool(database: str) -> None:
    with Client(database) as client:
        client.add_job("double", {"n": 2})
    async with AsyncConnectionPool(database, min_size=1, max_size=1, timeout=2, open=False) as pool:
        assert len(await drain(pool, registry())) == 1


async def test_a_task_that_adds_itself_comes_to_an_end(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def again() -> None:
        await again.add()

    with Client(database) as client:
        client.add_job("again")
    with pytest.raises(AssertionError, match="5 jobs have run"):
        await drain(database, tasks, max_jobs=5)


async def test_what_drain_is_told_is_checked(database: str, empty_database: str) -> None:
    with pytest.raises(InvalidArgument, match="time zone"):
        await drain(database, registry(), now=datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(SchemaNotInstalled):
        await drain(empty_database, registry())


async def test_jobs_of(database: str) -> None:
    tasks = registry()
    assert jobs_of(database, tasks["send"]) == []
    with psycopg.connect(database) as connection, Client(connection) as client:
        client.add_job("send", {"n": 1})
        client.add_job("block")
        client.add_job("send", {"n": 2})
        assert [job.payload for job in jobs_of(connection, tasks["send"])] == [{"n": 1}, {"n": 2}]
        assert [job.task_identifier for job in jobs_of(client)] == ["send", "block", "send"]
        assert jobs_of(database) == []
    async with AsyncClient(database) as async_client:
        assert [job.payload for job in await jobs_of(async_client, "send")] == [{"n": 1}, {"n": 2}]
        assert await jobs_of(async_client, "never heard of") == []
