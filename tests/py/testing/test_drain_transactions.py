"""Handlers with transactions in `drain` and `run_task`."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient, Hooks, JobComplete, JobContext, TaskRegistry
from graphile_worker._tasks.context import ThreadContext
from graphile_worker.testing import drain, make_context, run_task
from tests.py.support.workers import fetch

WRITE = "insert into written values (%s)"
CREATE = "create table written (job_id bigint)"
tasks = TaskRegistry()


@tasks.task
async def on_the_loop(payload: Any, context: JobContext) -> None:
    async with context.transaction() as connection:
        await connection.execute(WRITE, [context.job.id])
        await AsyncClient(connection).add_job("later")
        if payload == "within":
            raise ZeroDivisionError
    if payload == "after":
        raise ZeroDivisionError


@tasks.task
def in_a_thread(payload: Any, context: ThreadContext) -> None:
    with context.transaction() as connection:
        connection.execute(WRITE, [context.job.id])
        if payload == "within":
            raise ZeroDivisionError
    if payload == "after":
        raise ZeroDivisionError


@tasks.task
def later() -> None: ...


@pytest.fixture
async def table(database: str) -> str:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(CREATE)
    return database


@pytest.fixture(params=["on_the_loop", "in_a_thread"])
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("target", ["url", "pool"])
async def test_drain_commits_job_by_job(table: str, task: str, target: str) -> None:
    heard: list[int] = []
    hooks = Hooks()
    hooks.on(JobComplete)(lambda event: heard.append(event.job.id))
    async with AsyncClient(table) as client, AsyncConnectionPool(table, min_size=0, max_size=3, open=False) as pool:
        ids = [(await client.add_job(task, payload)).id for payload in (None, "after", "within")]
        done = await drain(table if target == "url" else pool, tasks, hooks=hooks)
        assert [job.id for job in done.completed][:2] == ids[:2]
        assert [failed.job.id for failed in done.failed] == ids[2:]
        assert [job.id for job in await client.list_jobs()] == ids[2:]
    assert [tuple(row) for row in await fetch(table, "select * from written")] == [(id_,) for id_ in ids[:2]]
    assert heard == [job.id for job in done.completed]


@pytest.mark.parametrize("autocommit", [False, True])
async def test_drain_in_a_transaction_keeps_it_open(table: str, task: str, *, autocommit: bool) -> None:
    async with await psycopg.AsyncConnection.connect(table, autocommit=autocommit) as connection:
        client = AsyncClient(connection)
        ids = [(await client.add_job(task, payload)).id for payload in (None, "within")]
        done = await drain(connection, tasks)
        assert [job.id for job in done.completed][:1] == ids[:1]
        assert [failed.job.id for failed in done.failed] == ids[1:]
        rows = await (await connection.execute("select job_id from written")).fetchall()
        assert [row[0] for row in rows] == ids[:1]
        if not autocommit:
            assert connection.info.transaction_status == TransactionStatus.INTRANS
            # No limit of ours outlives the savepoint.
            row = await (await connection.execute("show idle_in_transaction_session_timeout")).fetchone()
            assert row == ("0",)
            await connection.rollback()
            assert await client.list_jobs() == []


async def test_run_task_commits_what_is_written(table: str, task: str) -> None:
    """The job never was in a database, so there is nothing to complete."""
    async with AsyncClient(table) as client:
        context = make_context(client=client, id=77)
        await run_task(tasks[task], None, context)
        with pytest.raises(ZeroDivisionError):
            await run_task(tasks[task], "within", context)
    assert [tuple(row) for row in await fetch(table, "select * from written")] == [(77,)]


async def test_run_task_on_a_connection_leaves_it_to_be_rolled_back(table: str, task: str) -> None:
    async with await psycopg.AsyncConnection.connect(table) as connection:
        await connection.execute("select 1")
        await run_task(tasks[task], client=AsyncClient(connection))
        await connection.rollback()
    assert await fetch(table, "select * from written") == []
