"""Client and worker through PgBouncer in transaction mode, where no two transactions need share a connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    GraphileWorkerError,
    JobContext,
    JobSpec,
    LocalQueue,
    TaskRegistry,
    Worker,
    migrate,
)
from graphile_worker.testing import drain, jobs_of
from tests.py.support.pooler import PROGRAM, Pooler, pgbouncer, version
from tests.py.support.workers import set_database
from tests.support import eventually

PREPARED_STATEMENTS_SINCE = (1, 21)

POLL = timedelta(milliseconds=20)

# What the guide says to set.
SETTINGS: dict[str, Any] = {"use_notifications": False, "prepare_statements": False}


@pytest.fixture
def pooler(database: str) -> Iterator[Pooler]:
    with pgbouncer(database) as pooler:
        yield pooler


def registry(ran: list[Any]) -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def note(payload: Any, context: JobContext) -> None:
        ran.append(payload)
        if payload == "more":
            await context.client.add_jobs(JobSpec(identifier="note", payload=n) for n in range(3))

    @tasks.task
    def fails() -> None:
        raise ValueError("bad luck")

    return tasks


def test_two_transactions_of_one_client_see_different_servers(pooler: Pooler) -> None:
    """What the others rest on: this is a pooler in transaction mode."""
    with psycopg.connect(pooler.url, autocommit=True) as one, psycopg.connect(pooler.url, autocommit=True) as other:

        def server_of(connection: psycopg.Connection[Any]) -> int:
            return connection.execute("select pg_backend_pid()", prepare=False).fetchone()[0]  # type: ignore[index]

        first = server_of(one)
        with other.transaction():
            second = server_of(other)
            assert first == second
            assert server_of(one) != first


def test_the_database_knows_who_is_asking(pooler: Pooler) -> None:
    for name in ("one", "other"):
        with psycopg.connect(pooler.url, autocommit=True, application_name=name) as connection:
            assert connection.execute("select current_setting('application_name')").fetchone() == (name,)


@pytest.mark.parametrize(
    "options",
    [{}, {"local_queue": LocalQueue(size=20, queue_count=2)}, {"complete_batch_delay": timedelta(milliseconds=10)}],
    ids=["plain", "local queues", "batches"],
)
async def test_a_worker_runs_everything(database: str, pooler: Pooler, options: dict[str, Any]) -> None:
    ran: list[Any] = []
    async with AsyncClient(pooler.url, prepare_statements=False) as client:
        for n in range(10):  # More often than psycopg waits before it prepares a statement.
            await client.add_job("note", n, queue_name=f"q{n % 3}")
        await client.add_jobs([JobSpec(identifier="note", payload="more"), JobSpec(identifier="fails")])
        # More connections than the pooler has to the server: each transaction gets whichever is free.
        worker = Worker(pooler.url, registry(ran), concurrency=5, **SETTINGS, **options)
        await worker.run_once()
        assert sorted(map(str, ran)) == sorted([*map(str, range(10)), "more", "0", "1", "2"])
        [failed] = await client.list_jobs()
        assert (failed.task_identifier, failed.attempts, failed.locked_by) == ("fails", 1, None)
        assert (await client.stats()).locked_queues == 0
    assert pooler.servers() <= 2


async def test_a_worker_polls_and_gives_back_what_it_holds(database: str, pooler: Pooler) -> None:
    tasks = TaskRegistry()
    started = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    worker = Worker(pooler.url, tasks, poll_interval=timedelta(milliseconds=20), **SETTINGS)
    run = asyncio.create_task(worker.run())
    with Client(database) as client:
        client.add_job("slow", queue_name="q")
        await asyncio.wait_for(started.wait(), 20)
        worker.stop(now=True)
        await run
        [job] = client.list_jobs()
        assert (job.locked_by, job.attempts) == (None, 0)


async def test_workers_share_jobs_through_the_pooler(database: str, pooler: Pooler) -> None:
    ran: list[Any] = []
    with Client(database) as client:
        client.add_jobs(JobSpec(identifier="note", payload=n, queue_name=f"q{n % 5}") for n in range(300))
        workers = [Worker(pooler.url, registry(ran), concurrency=4, **SETTINGS) for _ in range(3)]
        await asyncio.gather(*(worker.run_once() for worker in workers))
        # A job that one worker holds may be the head of a queue that another wanted.
        await Worker(pooler.url, registry(ran), **SETTINGS).run_once()
        assert sorted(ran) == list(range(300))
        assert client.stats().total == 0


def test_a_transaction_stays_one(database: str, pooler: Pooler) -> None:
    with psycopg.connect(pooler.url, prepare_threshold=None) as connection, Client(connection) as client:
        for n in range(10):
            client.add_job("note", n)
        assert jobs_of(database) == []
        connection.rollback()
        client.add_job("note", "kept")
        connection.commit()
    assert [job.payload for job in jobs_of(database)] == ["kept"]


async def test_drain_and_migrate(empty_database: str) -> None:
    with pgbouncer(empty_database) as pooler:
        migrate(pooler.url)
        with Client(pooler.url, prepare_statements=False) as client:
            client.add_job("note", 1)
        assert (await drain(pooler.url, registry([]))).identifiers == ["note"]


async def test_a_pooler_that_restarts(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[int] = []
    arrived = asyncio.Event()

    @tasks.task
    async def note(payload: int) -> None:
        seen.append(payload)
        arrived.set()

    with Client(database) as client, pgbouncer(database) as first:
        port = first.url.rpartition(":")[2].partition("/")[0]
        worker = Worker(first.url, tasks, poll_interval=timedelta(milliseconds=20), **SETTINGS)
        run = asyncio.create_task(worker.run())
        client.add_job("note", 1)
        await asyncio.wait_for(arrived.wait(), 20)
        arrived.clear()
        await asyncio.to_thread(first.kill)
        client.add_job("note", 2)
        with pgbouncer(database, listen_port=port):
            await asyncio.wait_for(arrived.wait(), 30)
            worker.stop()
            await run
        assert seen == [1, 2]
        assert client.stats().total == 0


# Prepared statements.


NO_PREPARED_STATEMENTS = {"max_prepared_statements": 0} if PROGRAM and version() >= PREPARED_STATEMENTS_SINCE else {}


async def test_with_the_defaults_nothing_fails_and_the_remedy_is_named(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A pooler that knows no prepared statements, and nobody has said so: neither worker, client nor the worker's
    client of the handlers lets a job fail for it."""
    tasks = TaskRegistry()
    ran: list[int] = []

    @tasks.task
    async def note(payload: int, context: JobContext) -> None:
        ran.append(payload)
        if payload < 1000:
            await context.client.add_job("note", payload + 1000)

    with pgbouncer(database, **NO_PREPARED_STATEMENTS) as pooler:
        async with AsyncClient(pooler.url) as client:
            # At the same time, so that the pooler must use both of its connections.
            workers = [Worker(pooler.url, tasks, concurrency=3, poll_interval=POLL) for _ in range(3)]
            runs = [asyncio.create_task(worker.run()) for worker in workers]
            for n in range(100):
                await client.add_job("note", n, queue_name=f"q{n % 7}")
                await client.list_queues()
            await eventually(lambda: len(ran) == 200)
            for worker in workers:
                worker.stop()
            await asyncio.gather(*runs)
    assert sorted(ran) == [*range(100), *range(1000, 1100)]
    assert jobs_of(database) == []
    assert "failed, attempt" not in caplog.text
    assert "prepare_statements=False" in caplog.text
    assert "use_notifications=False" in caplog.text


async def test_on_a_connection_of_the_callers_the_error_names_the_remedy(database: str) -> None:
    with (
        pgbouncer(database, **NO_PREPARED_STATEMENTS) as pooler,
        pytest.raises(GraphileWorkerError, match="prepare_statements=False"),
    ):
        await asyncio.gather(*(_prepare(pooler) for _ in range(3)))


async def _prepare(pooler: Pooler) -> None:
    async with await psycopg.AsyncConnection.connect(pooler.url, autocommit=True) as connection:
        for _ in range(50):
            await AsyncClient(connection).add_job("note")


async def test_what_is_relied_on_is_said_by_each_transaction(database: str) -> None:
    """Behind a pooler it must not stay with a session that serves others, too."""
    settings = {"default_transaction_isolation": "serializable", "array_nulls": "off", "statement_timeout": "7s"}
    for name, value in settings.items():
        await set_database(database, name, value)
    ran: list[Any] = []
    with pgbouncer(database) as pooler:
        async with AsyncClient(pooler.url, prepare_statements=False) as client:
            await client.add_job("note", "more")
            await client.add_job("fails")
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute("select graphile_worker.add_job('note', '1')")
                connection.execute("select graphile_worker.get_jobs('graphile_worker_dead', '{note}', 1)")
                connection.execute(
                    "update graphile_worker._private_jobs set locked_at = now() - interval '1 h' where locked_by <> ''"
                )
            assert [swept.worker_id for swept in await client.sweep_stale_workers()] == ["graphile_worker_dead"]
            await client.cleanup()
            await client.reschedule_matching_jobs(state="all", run_at=datetime.now(UTC) - timedelta(hours=1))
            await Worker(pooler.url, registry(ran), **SETTINGS).run_once()
            [failed] = await client.list_jobs()
            assert (failed.attempts, failed.locked_by) == (1, None)
        assert "more" in ran
        with psycopg.connect(pooler.url, autocommit=True, prepare_threshold=None) as connection:
            for _ in range(4):
                for name, value in settings.items():
                    assert connection.execute(f"show {name}").fetchone() == (value,)


async def test_a_pooler_with_prepared_statements(database: str) -> None:
    if version() < PREPARED_STATEMENTS_SINCE:
        pytest.skip("max_prepared_statements came with PgBouncer 1.21")
    ran: list[Any] = []
    with pgbouncer(database, max_prepared_statements=100) as pooler:
        async with AsyncClient(pooler.url) as client:
            for n in range(50):
                await client.add_job("note", n)
            workers = [Worker(pooler.url, registry(ran), concurrency=2, use_notifications=False) for _ in range(3)]
            await asyncio.gather(*(worker.run_once() for worker in workers))
            assert sorted(ran) == list(range(50))
            assert (await client.stats()).total == 0


# LISTEN.


async def test_listening_through_a_pooler_is_warned_about(
    pooler: Pooler, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """PgBouncer accepts LISTEN in transaction mode, and delivers nothing: the jobs are found by polling."""
    ran: list[Any] = []
    caplog.set_level(logging.WARNING, "graphile_worker")
    worker = Worker(pooler.url, registry(ran), poll_interval=timedelta(milliseconds=20), prepare_statements=False)
    async with worker:
        async with asyncio.timeout(20):
            while "use_notifications=False" not in caplog.text:  # noqa: ASYNC110  # There is no event to wait for.
                await asyncio.sleep(0.01)
        with Client(database) as client:
            client.add_job("note", 1)
        async with asyncio.timeout(20):
            while not ran:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert caplog.text.count("use_notifications=False") == 1


async def test_listening_without_a_pooler_is_not(database: str, caplog: pytest.LogCaptureFixture) -> None:
    ran: list[Any] = []
    caplog.set_level(logging.WARNING, "graphile_worker")
    async with Worker(database, registry(ran), poll_interval=timedelta(minutes=10)):
        with Client(database) as client:
            client.add_job("note", 1)
        async with asyncio.timeout(20):
            while not ran:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert caplog.text == ""
