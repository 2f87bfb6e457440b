"""Handlers whose SQLAlchemy transaction completes their job."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from graphile_worker import (
    AsyncClient,
    Hooks,
    InvalidArgument,
    JobComplete,
    JobContext,
    JobFail,
    TaskRegistry,
    Worker,
)
from graphile_worker._wire.connections import cut
from graphile_worker.contrib.sqlalchemy import client_for, transaction_for
from graphile_worker.testing import make_context
from tests.py.support.late_network import late_network
from tests.py.support.workers import complaints, fetch, running
from tests.support import eventually

NEVER = timedelta(minutes=10)
WRITE = text("insert into written values (:job)")
Within = Callable[[JobContext, Any], Any]


def with_driver(url: str) -> str:
    return urlsplit(url)._replace(scheme="postgresql+psycopg").geturl()


def nothing(_context: JobContext, _session: Any) -> None: ...


def registry(kind: str, url: str, within: Within = nothing) -> TaskRegistry:
    tasks = TaskRegistry()

    async def on_the_loop(context: JobContext) -> None:
        engine = create_async_engine(with_driver(url))
        if kind == "AsyncSession":
            async with AsyncSession(engine) as session, transaction_for(context, session):
                await session.execute(WRITE, {"job": context.job.id})
                result = within(context, session)
                if isinstance(result, Awaitable):
                    await result
        else:
            async with engine.connect() as connection, transaction_for(context, connection) as same:
                assert same is connection
                await connection.execute(WRITE, {"job": context.job.id})
                result = within(context, connection)
                if isinstance(result, Awaitable):
                    await result
        await engine.dispose()

    def in_a_thread(context: JobContext) -> None:
        engine = create_engine(with_driver(url))
        if kind == "Session":
            with Session(engine) as session, transaction_for(context, session):
                session.execute(WRITE, {"job": context.job.id})
                within(context, session)
        else:
            with engine.connect() as connection, transaction_for(context, connection):
                connection.execute(WRITE, {"job": context.job.id})
                within(context, connection)
        engine.dispose()

    tasks.add(on_the_loop if kind.startswith("Async") else in_a_thread, "write")
    return tasks


@pytest.fixture
async def table(database: str) -> str:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("create table written (job_id bigint unique deferrable initially deferred)")
    return database


@pytest.fixture(params=["Session", "Connection", "AsyncSession", "AsyncConnection"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def told(hooks: Hooks) -> list[str]:
    heard: list[str] = []
    for each in (JobComplete, JobFail):
        hooks.on(each)(lambda event: heard.append(type(event).__name__))
    return heard


async def outcome(url: str, tasks: TaskRegistry) -> tuple[list[str], int, list[str | None]]:
    """Runs a job once; returns what the hooks heard, how many rows were written, and the errors of what is left."""
    hooks = Hooks()
    heard = told(hooks)
    async with AsyncClient(url) as client:
        await client.add_job("write")
        await Worker(url, tasks, hooks=hooks).run_once()
        left = [await client.show_job(job.id) for job in await client.list_jobs()]
    [(count,)] = await fetch(url, "select count(*) from written")
    return heard, count, [job.last_error for job in left if job]


async def test_the_job_is_done_with_what_was_written(table: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    def add(_context: JobContext, session: Any) -> Any:
        return client_for(session).add_job("later")

    assert await outcome(table, registry(kind, table, add)) == (["JobComplete"], 1, [None])
    assert complaints(caplog) == []


async def test_what_raises_is_rolled_back(table: str, kind: str) -> None:
    def fail(_context: JobContext, _session: Any) -> None:
        raise ZeroDivisionError

    heard, count, [error] = await outcome(table, registry(kind, table, fail))
    assert (heard, count) == (["JobFail"], 0)
    assert str(error).startswith("ZeroDivisionError")


async def test_who_commits_within_the_block_is_told(table: str, kind: str) -> None:
    """What was written by then is not undone, and is not to be taken for a part of what completes the job."""

    def commit(_context: JobContext, session: Any) -> Any:
        return session.commit()

    heard, count, [error] = await outcome(table, registry(kind, table, commit))
    assert (heard, count) == (["JobFail"], 1)
    assert "was ended within its block" in str(error)


async def test_what_was_taken_is_rolled_back(table: str, kind: str) -> None:
    taken: list[int] = []

    def take(context: JobContext, _session: Any) -> Any:
        with psycopg.connect(table, autocommit=True) as connection:
            taken.append(context.job.id)
            connection.execute("select graphile_worker.force_unlock_workers(array[%s])", [context.worker_id])
            connection.execute("select graphile_worker.get_jobs('w', null, 1)")

    heard, count, errors = await outcome(table, registry(kind, table, take))
    assert (heard, count, errors) == ([], 0, [None])
    assert len(taken) == 1


async def test_a_commit_that_the_database_refuses_is_a_failure(table: str, kind: str) -> None:
    async with await psycopg.AsyncConnection.connect(table, autocommit=True) as connection:
        await connection.execute("insert into written select generate_series(1, 2)")

    def twice(_context: JobContext, session: Any) -> Any:
        return session.execute(WRITE, {"job": 1})

    heard, count, [error] = await outcome(table, registry(kind, table, twice))
    assert (heard, count) == (["JobFail"], 2)
    assert "UniqueViolation" in str(error)


async def test_a_commit_whose_answer_is_lost_is_found_out(
    table: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    hooks = Hooks()
    heard = told(hooks)
    async with late_network(table) as (network, url), AsyncClient(table) as client:

        def lose_answer(_context: JobContext, session: Any) -> None:
            engine = getattr(session, "bind", None) or session.engine

            def lose(connection: Any) -> None:
                driver = connection.connection.driver_connection
                network.lose_answers(driver)
                threading.Timer(0.5, cut, [driver]).start()

            event.listen(getattr(engine, "sync_engine", engine), "commit", lose)

        job = await client.add_job("write")
        async with running(Worker(table, registry(kind, url, lose_answer), hooks=hooks, poll_interval=NEVER)):
            await eventually(lambda: heard)
    assert [tuple(row) for row in await fetch(table, "select job_id from written")] == [(job.id,)]
    assert heard == ["JobComplete"]
    assert complaints(caplog) == []


async def test_autocommit_is_refused(table: str) -> None:
    url = with_driver(table)
    context = make_context(client=AsyncClient(table))
    says = "this session commits each statement"
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with AsyncSession(engine) as session:
        with pytest.raises(InvalidArgument, match=says):
            await transaction_for(context, session).__aenter__()
    await engine.dispose()
    connection = create_engine(url, isolation_level="AUTOCOMMIT").connect()
    with pytest.raises(InvalidArgument, match=says):
        transaction_for(context, connection).__enter__()
    connection.close()
    with pytest.raises(InvalidArgument, match="a str has no transaction to complete a job in"):
        transaction_for(context, "session")  # type: ignore[type-var]
