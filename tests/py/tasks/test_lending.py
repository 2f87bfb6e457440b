"""Connections of a worker that its handlers borrow."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import set_json_dumps
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient, GraphileWorkerError, JobContext, JobSpec, TaskRegistry, Worker
from graphile_worker._tasks import lending
from graphile_worker._tasks.context import ThreadContext
from graphile_worker.testing import make_context, run_task
from tests.py.support.workers import complaints, fetch, running
from tests.support import eventually

NEVER = timedelta(minutes=10)


def registry(seen: list[Any]) -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def on_the_loop(context: JobContext) -> None:
        async with context.connection() as connection:
            seen.append(await (await connection.execute("select current_user::text as who")).fetchone())

    @tasks.task
    def in_a_thread(context: ThreadContext) -> None:
        with context.connection() as connection:
            seen.append(connection.execute("select current_user::text as who").fetchone())
        with context.transaction() as connection:
            seen.append(connection.execute("select current_user::text as who").fetchone())

    return tasks


async def add_each(url: str, tasks: TaskRegistry) -> None:
    async with AsyncClient(url) as client:
        for name in tasks:
            await client.add_job(name)


async def test_a_connection_is_of_the_workers_own(database: str) -> None:
    seen: list[Any] = []
    tasks = registry(seen)
    await add_each(database, tasks)
    await Worker(database, tasks).run_once()
    assert seen == [("postgres",)] * 3


async def test_what_is_written_on_one_stays(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    def writes(context: ThreadContext) -> None:
        with context.connection() as connection:
            connection.execute("create table written (n int)")
            with connection.transaction():
                connection.execute("insert into written values (1)")
        raise ZeroDivisionError

    await add_each(database, tasks)
    await Worker(database, tasks).run_once()
    assert [tuple(row) for row in await fetch(database, "select n from written")] == [(1,)]


@asynccontextmanager
async def pool(url: str, size: int = 5, **options: Any) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(url, min_size=0, max_size=size, open=False, **options) as opened:
        yield opened


@pytest.mark.parametrize("kwargs", [{}, {"autocommit": True}], ids=["psycopg's default", "autocommit"])
async def test_of_a_pool_it_is_as_the_pool_makes_them(database: str, kwargs: dict[str, Any]) -> None:
    """Whatever that does with new ones: for a thread, too, for which it has none."""

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute("set role pg_monitor")
        set_json_dumps(lambda _value: '"mine"', connection)
        await connection.commit()

    seen: list[Any] = []
    tasks = TaskRegistry()
    query = "select current_user::text as who, %s::jsonb as json"
    value = psycopg.types.json.Jsonb(1)

    @tasks.task
    async def on_the_loop(context: JobContext) -> None:
        async with context.connection() as connection:
            seen.append(await (await connection.execute(query, [value])).fetchone())

    @tasks.task
    def in_a_thread(context: ThreadContext) -> None:
        for _ in range(8):
            with context.connection() as connection:
                row = connection.execute(query, [value]).fetchone()
        seen.append(row)

    async with pool(database, kwargs={**kwargs, "row_factory": dict_row}, configure=configure) as opened:
        context = make_context(client=AsyncClient(opened))
        for name in tasks:
            await run_task(tasks[name], context=context)
    assert seen == [{"who": "pg_monitor", "json": "mine"}] * 2


async def test_notices_go_to_who_has_it(database: str) -> None:
    seen: list[str] = []
    notice = "do $$begin raise notice '%s'; end$$"
    tasks = TaskRegistry()

    @tasks.task
    def in_a_thread(context: ThreadContext) -> None:
        with context.connection() as connection:
            connection.add_notice_handler(lambda said: seen.append(f"plain: {said.message_primary}"))
            connection.execute((notice % 1).encode())

    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        connection.add_notice_handler(lambda said: seen.append(f"async: {said.message_primary}"))
        await run_task(tasks["in_a_thread"], client=AsyncClient(connection))
        await connection.execute((notice % 2).encode())
    assert seen == ["plain: 1", "async: 2"]


async def test_with_a_function_that_connects(database: str) -> None:
    seen: list[Any] = []
    tasks = registry(seen)
    await add_each(database, tasks)

    async def connect() -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(database, row_factory=dict_row)

    await Worker(connect, tasks).run_once()
    assert seen == [{"who": "postgres"}] * 3


async def test_who_keeps_all_there_are_keeps_nothing_from_the_worker(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Six handlers with a transaction each, that add a job by the client meanwhile, on a pool that has room for two."""
    tasks = TaskRegistry()
    added: list[int] = []

    @tasks.task
    async def adds(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute("select 1")
            added.append((await context.client.add_job("added")).id)

    @tasks.task
    async def added_job() -> None: ...

    async with AsyncClient(database) as client:
        for _ in range(6):
            await client.add_job("adds")
        # One to claim, one to listen, one for calls.
        async with pool(database, 5, timeout=5) as opened, running(Worker(opened, tasks, poll_interval=NEVER)):
            await eventually(lambda: len(added) == 6)
    assert complaints(caplog) == []


async def test_a_pool_with_none_to_lend_says_so(database: str) -> None:
    errors: list[str] = []
    tasks = TaskRegistry()

    @tasks.task
    async def borrows(context: JobContext) -> None:
        try:
            async with context.transaction():
                pass
        except GraphileWorkerError as error:
            errors.append(str(error))

    await add_each(database, tasks)
    async with pool(database, 3) as opened, running(Worker(opened, tasks, poll_interval=NEVER)):
        await eventually(lambda: errors)
    [error] = errors
    assert error.startswith("the worker's pool is too small to lend a connection to a handler. ")
    assert error.endswith("give it 1 more")


@pytest.mark.parametrize("target", ["url", "pool"])
async def test_a_handler_that_gets_none_in_time_fails(
    database: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[str] = []
    tasks = TaskRegistry()
    monkeypatch.setattr(lending, "_PATIENCE", 0.2)

    @tasks.task
    async def borrows(context: JobContext) -> None:
        if context._client._own_pool is not None:
            context._client._own_pool._timeout = 0.2
        try:
            async with context.connection(), context.connection():
                pass
        except GraphileWorkerError as error:
            errors.append(f"{type(error).__name__}: {error}")

    await add_each(database, tasks)
    async with pool(database, 4) as opened:
        given: Any = database if target == "url" else opened
        async with running(Worker(given, tasks, poll_interval=NEVER, max_pool_size=1)):
            await eventually(lambda: errors)
    assert errors[0].startswith("TimedOut: no connection was free for ")


@pytest.mark.parametrize("kind", ["loop", "thread"])
async def test_a_generator_that_nobody_closes_keeps_none(
    database: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback of an error holds it, and what it has on loan, until garbage is collected."""
    tasks = TaskRegistry()
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)

    async def on_the_loop(context: JobContext) -> None:
        async def rows() -> AsyncIterator[Any]:
            async with context.connection() as connection:
                async for row in await connection.execute("select generate_series(1, 3)"):
                    yield row

        generator = rows()
        async for _ in generator:
            raise ZeroDivisionError

    def in_a_thread(context: ThreadContext) -> None:
        def rows() -> Iterator[Any]:
            with context.connection() as connection:
                yield from connection.execute("select generate_series(1, 3)")

        generator = rows()
        for _ in generator:
            raise ZeroDivisionError

    tasks.add(on_the_loop if kind == "loop" else in_a_thread, "borrow", max_attempts=1)
    async with AsyncClient(database) as client:
        await client.add_jobs([JobSpec(identifier="borrow") for _ in range(4)])
    gc.collect()
    gc.disable()
    try:
        async with running(Worker(database, tasks, poll_interval=NEVER, max_pool_size=1, concurrency=1)):
            errors = "select last_error from graphile_worker._private_jobs where last_error is not null"
            async with asyncio.timeout(30):
                await eventually(lambda: have(database, errors, 4))
            assert all("ZeroDivisionError" in error for (error,) in await fetch(database, errors))
    finally:
        gc.enable()
    assert unraisable == []


async def have(url: str, query: str, count: int) -> bool:
    return len(await fetch(url, query)) == count


async def test_how_one_behaves_is_not_handed_on(database: str) -> None:
    seen: list[Any] = []
    tasks = TaskRegistry()

    @tasks.task
    async def changes(context: JobContext) -> None:
        async with context.connection() as connection:
            connection.row_factory = dict_row  # type: ignore[assignment]
            await connection.set_autocommit(False)
        async with context.connection() as connection:
            seen.append((connection.autocommit, await (await connection.execute("select 1")).fetchone()))

    await add_each(database, tasks)
    await Worker(database, tasks, max_pool_size=1).run_once()
    assert seen == [(True, (1,))]


async def test_another_event_loop_is_refused(database: str) -> None:
    errors: list[str] = []
    tasks = TaskRegistry()

    @tasks.task
    def borrows(context: ThreadContext) -> None:
        async def borrow() -> None:
            with pytest.raises(GraphileWorkerError) as caught:
                context.connection()
            errors.append(str(caught.value))

        asyncio.run(borrow())

    await add_each(database, tasks)
    await Worker(database, tasks).run_once()
    assert errors[0].startswith("a connection of the worker was asked for on another event loop than the worker's. ")


async def test_without_a_database_it_says_so() -> None:
    tasks = TaskRegistry()

    @tasks.task
    def borrows(context: ThreadContext) -> None:
        with context.connection():
            pass

    with pytest.raises(GraphileWorkerError, match="there is no database behind this client"):
        await run_task(tasks["borrows"])
    errors: list[BaseException] = []

    def call() -> None:
        try:
            borrows(make_context())  # type: ignore[arg-type]
        except GraphileWorkerError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert "there is no database behind this client" in str(errors[0])
