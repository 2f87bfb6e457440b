"""What a worker that died without a trace has held for hours is freed when another one starts."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker
from tests.py.support.sessions import connect
from tests.support import eventually

NEVER = timedelta(minutes=10)


def counting() -> tuple[TaskRegistry, list[None]]:
    tasks = TaskRegistry()
    runs: list[None] = []
    tasks.add(lambda: runs.append(None), "t")
    return tasks, runs


async def test_it_is_freed_at_the_start_and_only_that(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks, runs = counting()
    async with AsyncClient(database) as client:
        await client.add_job("t", queue_name="q")
        await client.add_job("t")
        with connect(database) as connection:
            claimed = connection.execute("select id from get_jobs('dead', max_jobs => 2)").fetchall()
            assert len(claimed) == 2
            old = "update {} set locked_at = now() - interval '5 hours' where locked_by = 'dead'"
            connection.execute(f"{old.format('_private_jobs')} and job_queue_id is not null".encode())
            connection.execute(old.format("_private_job_queues").encode())
        async with Worker(database, tasks, poll_interval=timedelta(milliseconds=50), recovery=None):
            await eventually(lambda: len(runs) == 1)
            await eventually(lambda: _total(client, 1))
        # It may still run, as far as anybody knows.
        [left] = await client.list_jobs()
        assert (left.queue_name, left.locked_by) == (None, "dead")
    assert "that had been locked for hours" in caplog.text


async def test_a_running_worker_looks_again_as_often_as_it_is_told(database: str) -> None:
    tasks, runs = counting()
    soon = timedelta(milliseconds=50)
    worker = Worker(
        *(database, tasks), poll_interval=soon, min_reset_locked_interval=soon, max_reset_locked_interval=2 * soon
    )
    async with AsyncClient(database) as client, worker:
        await client.add_job("t")
        await eventually(lambda: len(runs) == 1)
        # The look at the start is over: what is left behind from here on is for later ones.
        with connect(database) as connection:
            connection.execute("insert into _private_tasks (identifier) values ('other')")
            connection.execute("select add_job('other')")
            connection.execute("select from get_jobs('dead')")
            connection.execute("update _private_jobs set locked_at = now() - interval '5 hours'")
        await eventually(lambda: _is_free(client))


async def test_a_failure_is_logged_and_stops_nothing(database: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graphile_worker")
    tasks, runs = counting()
    with connect(database) as connection:
        connection.execute("alter function release_expired_locks rename to release_expired_locks_of_old")
    async with AsyncClient(database) as client, Worker(database, tasks, poll_interval=NEVER, recovery=None):
        await eventually(lambda: "expired locks were not looked for" in caplog.text)
        await client.add_job("t")
        await eventually(lambda: runs)
        await asyncio.sleep(0)
    assert caplog.text.count("expired locks were not looked for") == 1


async def _is_free(client: AsyncClient) -> bool:
    [job] = await client.list_jobs()
    return job.locked_by is None


async def _total(client: AsyncClient, count: int) -> bool:
    return (await client.stats()).total == count
