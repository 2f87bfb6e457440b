"""A worker beside other things, by `async with`."""

from __future__ import annotations

import asyncio
import logging

import psycopg
import pytest

from graphile_worker import MigrationError, SchemaNotInstalled, TaskRegistry, Worker
from tests.support import eventually


def some_tasks() -> TaskRegistry:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "nothing")
    return tasks


async def test_one_that_cannot_start_is_not_entered(empty_database: str) -> None:
    with pytest.raises(SchemaNotInstalled):
        async with Worker(empty_database, some_tasks()):
            pytest.fail("the block is entered")
    with pytest.raises(psycopg.OperationalError):
        async with Worker("postgresql://nobody@127.0.0.1:1/nothing", some_tasks()):
            pytest.fail("the block is entered")


async def test_who_waits_for_it_may_be_cancelled(database: str) -> None:
    async def hang() -> psycopg.AsyncConnection[object]:
        asked.set()
        await asyncio.sleep(60)
        raise AssertionError

    asked = asyncio.Event()
    worker = Worker(hang, some_tasks())
    entering = asyncio.create_task(worker.__aenter__())
    await asked.wait()
    # Only its own: what waits is ended, too.
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering


async def test_what_it_ends_by_is_logged_at_once(database: str, caplog: pytest.LogCaptureFixture) -> None:
    newer = "insert into graphile_worker._private_migrations (id, name, breaking) values (9999, 'next', true)"
    tell = "select pg_notify('worker:migrate', '{\"migrationNumber\": 9999, \"breaking\": true}')"
    with caplog.at_level(logging.ERROR, "graphile_worker"), pytest.raises(MigrationError):  # noqa: PT012
        async with Worker(database, some_tasks()):
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(newer)
                connection.execute(tell)
            # Before the block is left, which may be days later.
            await eventually(lambda: "nobody runs its jobs here: MigrationError" in caplog.text)
