"""Jobs in SQLAlchemy's transactions: they exist if and only if the session, or the savepoint, commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import InternalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_scoped_session, async_sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine as create_async
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    Fail,
    Hooks,
    InvalidArgument,
    InvalidJob,
    TaskRegistry,
)
from graphile_worker.contrib.sqlalchemy import client_for
from graphile_worker.testing import drain


def with_driver(url: str, driver: str) -> str:
    return urlsplit(url)._replace(scheme=f"postgresql+{driver}").geturl()


def identifiers(database: str) -> list[str]:
    with Client(database) as client:
        return sorted(job.task_identifier for job in client.list_jobs())


def add_and_fail(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        client_for(session).add_job("lost")
        raise ZeroDivisionError


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = create_engine(with_driver(database, "psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture
async def async_engine(database: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async(with_driver(database, "psycopg"))
    yield engine
    await engine.dispose()


def test_a_session_commits_its_jobs(database: str, engine: Engine) -> None:
    with Session(engine) as session:
        client = client_for(session)
        job = client.add_job("first", {"n": 1}, flags=["f"])
        assert (job.payload, job.flags) == ({"n": 1}, {"f": True})
        assert session.scalar(text("select count(*) from graphile_worker.jobs")) == 1
        assert identifiers(database) == []
        session.commit()
        assert identifiers(database) == ["first"]
        # The next transaction of the session, perhaps on another connection: the client goes along.
        client.add_job("second")
        session.rollback()
        assert identifiers(database) == ["first"]
        client.add_job("third")
        session.commit()
    assert identifiers(database) == ["first", "third"]


def test_a_session_that_is_not_committed_leaves_no_job(database: str, engine: Engine) -> None:
    with Session(engine) as session:
        client_for(session).add_job("lost")
    with pytest.raises(ZeroDivisionError):
        add_and_fail(engine)
    assert identifiers(database) == []
    with Session(engine) as session, session.begin():
        client_for(session).add_job("kept")
    assert identifiers(database) == ["kept"]


def test_savepoints(database: str, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        client = client_for(session)
        client.add_job("outer")
        with session.begin_nested():
            client.add_job("released")
        inner = session.begin_nested()
        client.add_job("rolled back")
        with session.begin_nested():
            client.add_job("released into what is rolled back")
        inner.rollback()
        # An error inside a savepoint takes along nothing else.
        with pytest.raises(InvalidJob), session.begin_nested():
            client.add_job("bad", max_attempts=0)
        client.add_job("after")
    assert identifiers(database) == ["after", "outer", "released"]


def test_an_error_leaves_the_transaction_to_be_rolled_back(database: str, engine: Engine) -> None:
    with Session(engine) as session:
        client_for(session).add_job("before")
        with pytest.raises(InvalidJob):
            client_for(session).add_job("bad", max_attempts=0)
        with pytest.raises(InternalError, match="aborted"):
            session.execute(text("select 1"))
        session.rollback()
        assert session.scalar(text("select 1")) == 1
    assert identifiers(database) == []


def test_a_core_connection(database: str, engine: Engine) -> None:
    with engine.connect() as connection:
        client = client_for(connection)
        client.add_job("first")
        connection.commit()
        client.add_job("second")
        connection.rollback()
        client.add_job("third")
    assert identifiers(database) == ["first"]
    with engine.begin() as connection:
        client_for(connection).add_job("fourth")
    assert identifiers(database) == ["first", "fourth"]


def test_a_scoped_session_and_hooks(database: str, engine: Engine) -> None:
    hooks = Hooks()
    hooks.on(BeforeJobSchedule)(lambda event: Fail("no") if event.identifier == "bad" else None)
    session = scoped_session(sessionmaker(engine))
    client = client_for(session, hooks=hooks)
    client.add_job("good")
    with pytest.raises(InvalidJob, match="no"):
        client.add_job("bad")
    session.commit()
    session.remove()
    assert identifiers(database) == ["good"]


async def test_an_async_session(database: str, async_engine: AsyncEngine) -> None:
    async with AsyncSession(async_engine) as session:
        client = client_for(session)
        assert isinstance(client, AsyncClient)
        await client.add_job("first", {"n": 1}, flags=["f"])
        assert await session.scalar(text("select count(*) from graphile_worker.jobs")) == 1
        assert identifiers(database) == []
        await session.commit()
        await client.add_job("second")
        await session.rollback()
        async with session.begin():
            await client.add_job("third")
            inner = await session.begin_nested()
            await client.add_job("rolled back")
            await inner.rollback()
            with pytest.raises(InvalidJob):
                async with session.begin_nested():
                    await client.add_job("bad", max_attempts=0)
    async with AsyncSession(async_engine) as session:
        await client_for(session).add_job("never committed")
    assert identifiers(database) == ["first", "third"]


async def test_draining_in_the_transaction_of_a_session(database: str, async_engine: AsyncEngine) -> None:
    tasks = TaskRegistry()

    async with AsyncSession(async_engine) as session:

        @tasks.task
        async def handle(payload: str) -> None:
            await session.execute(text(payload))

        await client_for(session).add_job("handle", "create table made (x int)")
        await client_for(session).add_job("handle", "select 1/0")
        raw = await (await session.connection()).get_raw_connection()
        assert isinstance(raw.driver_connection, psycopg.AsyncConnection)
        done = await drain(raw.driver_connection, tasks)
        assert (done.identifiers, len(done.failed)) == (["handle"], 1)
        assert await session.scalar(text("select count(*) from made")) == 0
        await session.rollback()
    assert identifiers(database) == []


async def test_an_async_connection_and_a_scoped_session(database: str, async_engine: AsyncEngine) -> None:
    async with async_engine.connect() as connection:
        client = client_for(connection)
        await client.add_job("first")
        await connection.commit()
        await client.add_job("second")
    session = async_scoped_session(async_sessionmaker(async_engine), scopefunc=lambda: 1)
    await client_for(session).add_job("third")
    await session.commit()
    await session.remove()
    assert identifiers(database) == ["first", "third"]


def test_another_driver_is_named_with_the_remedy(database: str) -> None:
    engine = create_engine(with_driver(database, "psycopg2"))
    with Session(engine) as session, pytest.raises(InvalidArgument, match=r"psycopg2,.*postgresql\+psycopg://"):
        client_for(session).add_job("x")
    engine.dispose()


async def test_another_async_driver_is_named_with_the_remedy(database: str) -> None:
    engine = create_async(with_driver(database, "asyncpg"))
    async with AsyncSession(engine) as session:
        with pytest.raises(InvalidArgument, match=r"asyncpg,.*postgresql\+psycopg://"):
            await client_for(session).add_job("x")
    await engine.dispose()


async def test_the_blocking_side_of_an_async_session(async_engine: AsyncEngine) -> None:
    async with AsyncSession(async_engine) as session:
        with pytest.raises(InvalidArgument, match="Give the AsyncSession"):
            await session.run_sync(lambda blocking: client_for(blocking).add_job("x"))


@pytest.mark.parametrize("thing", [None, "postgresql://localhost/app"])
def test_what_is_no_session(thing: Any) -> None:
    with pytest.raises(InvalidArgument, match="has no transaction"):
        client_for(thing)


def test_an_engine_is_no_session(engine: Engine) -> None:
    with pytest.raises(InvalidArgument, match="a Engine has no transaction"):
        client_for(engine)  # type: ignore[call-overload]
