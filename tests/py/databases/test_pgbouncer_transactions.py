"""Handlers' transactions through PgBouncer in transaction mode."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, JobContext, TaskRegistry, Worker
from graphile_worker._tasks.context import ThreadContext
from tests.py.support.pooler import pgbouncer
from tests.py.support.workers import complaints, fetch, set_database

SETTINGS: dict[str, Any] = {
    "use_notifications": False,
    "prepare_statements": False,
    "poll_interval": timedelta(milliseconds=20),
}


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
async def test_each_is_done_once(database: str, isolation: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def on_the_loop(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute("update counter set n = n + %s", [1])

    @tasks.task
    def in_a_thread(context: ThreadContext) -> None:
        with context.transaction() as connection:
            connection.execute("update counter set n = n + %s", [1])

    # Before the pooler connects: it keeps what it has.
    await set_database(database, "default_transaction_isolation", isolation)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table counter (n bigint)")
        connection.execute("insert into counter values (0)")
    async with AsyncClient(database) as client:
        for _ in range(20):
            for name in tasks:
                await client.add_job(name, queue_name="q" if name == "in_a_thread" else None)
    with pgbouncer(database) as pooler:
        await Worker(pooler.url, tasks, concurrency=4, **SETTINGS).run_once()
    assert [tuple(row) for row in await fetch(database, "select n from counter")] == [(40,)]
    assert await fetch(database, "select from graphile_worker.jobs") == []
    assert complaints(caplog) == []
