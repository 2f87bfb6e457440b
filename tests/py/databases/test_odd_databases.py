"""Databases with another encoding or other settings, and instants that Python does not have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from graphile_worker import AsyncClient, Client, JobContext, TaskRegistry, Worker, migrate
from tests import support


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_another_encoding_and_other_formats(server_url: str, encoding: str) -> None:
    with support.encoded_database(server_url, encoding) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for setting, value in (("datestyle", "German"), ("intervalstyle", "iso_8601")):
                change = sql.SQL("alter database {} set {} = {}")
                database = sql.Identifier(connection.info.dbname)
                connection.execute(change.format(database, sql.Identifier(setting), sql.Literal(value)))
        await _add_and_run(url)


async def _add_and_run(url: str) -> None:
    migrate(url)
    tasks = TaskRegistry()
    seen: list[Any] = []
    tasks.add(seen.append, "task/é")
    with Client(url) as client:
        added = client.add_job("task/é", {"name": "Zoë"}, run_at=datetime(2020, 1, 2, tzinfo=UTC))
        assert added.run_at == datetime(2020, 1, 2, tzinfo=UTC)
        age = client.stats().oldest_ready_age
        assert age is not None
        assert age.days > 2000
    await Worker(url, tasks).run_once()
    assert seen == [{"name": "Zoë"}]


async def test_a_job_due_since_minus_infinity(database: str) -> None:
    """psycopg can't read that instant: it must not come in the way of a claim that is already committed."""
    tasks = TaskRegistry()
    seen: list[datetime] = []

    @tasks.task
    async def old(payload: Any, context: JobContext) -> None:
        seen.append(context.job.run_at)

    with psycopg.connect(database) as connection:
        connection.execute("select graphile_worker.add_job('old', run_at => '-infinity')")
    async with AsyncClient(database) as client:
        assert (await client.stats()).ready == 1
        await Worker(database, tasks).run_once()
        assert (await client.stats()).total == 0
    assert seen == [datetime(1, 1, 2, tzinfo=UTC)]
