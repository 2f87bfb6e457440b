"""A job that was unlocked under its worker and claimed again by the same one: its first run has no say any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker
from tests.py.support.sessions import connect
from tests.support import eventually

Connection = psycopg.Connection[Any]
SLOW_CLAIM = """
    create function wait_at_second_claim() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(99);
      return new;
    end $$;
    create trigger wait_at_second_claim before update on _private_jobs
    for each row when (new.locked_at is not null and old.locked_at is null and new.attempts = 2)
    execute function wait_at_second_claim();
"""
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and objid = 99 and not granted"


class Runs:
    """A task whose runs end as the test says."""

    def __init__(self) -> None:
        self.tasks = TaskRegistry()
        self.tasks.add(self._run, "run")
        self.tasks.add(self._fail, "fail")
        self.ends: list[asyncio.Future[None]] = []
        self.ended = 0

    async def _run(self) -> None:
        self.ends.append(end := asyncio.get_running_loop().create_future())
        try:
            await asyncio.shield(end)
        finally:
            self.ended += 1

    async def _fail(self) -> None:
        raise RuntimeError("boom")


@asynccontextmanager
async def one_running(database: str, **options: Any) -> AsyncIterator[tuple[Runs, AsyncClient, Worker, int]]:
    """A job in a named queue, that runs."""
    runs = Runs()
    options |= {"recovery": None, "poll_interval": timedelta(milliseconds=50), "grace_period": timedelta(0)}
    worker = Worker(database, runs.tasks, concurrency=3, **options)
    async with AsyncClient(database) as client, worker:
        job = await client.add_job("run", queue_name="q")
        await eventually(lambda: runs.ends)
        yield runs, client, worker, job.id


async def is_second_run_undisturbed(connection: Connection, client: AsyncClient, job_id: int, worker_id: str) -> bool:
    """Whether job and queue are locked still, when what happened before and a little later has been handed in."""
    later = await client.add_job("fail")
    query = "select last_error is not null from _private_jobs where id = %s"
    await eventually(lambda: connection.execute(query, [later.id]).fetchone() == (True,))
    held = connection.execute(
        """
        select j.locked_by, q.locked_by from _private_jobs as j join _private_job_queues as q on q.id = j.job_queue_id
        where j.id = %s
        """,
        [job_id],
    ).fetchone()
    return held == (worker_id, worker_id)


async def test_an_outcome_that_waits_for_others(database: str) -> None:
    async with one_running(database, fail_batch_delay=timedelta(seconds=2)) as (runs, client, worker, job_id):
        with connect(database) as connection:
            runs.ends[0].set_exception(RuntimeError("the first run"))
            await eventually(lambda: runs.ended)
            await client.force_unlock_workers([worker.id])
            await eventually(lambda: len(runs.ends) == 2)
            assert await is_second_run_undisturbed(connection, client, job_id, worker.id)


@pytest.mark.parametrize("error", [None, RuntimeError("the first run")])
async def test_an_outcome_that_comes_while_the_job_is_claimed_again(database: str, error: Exception | None) -> None:
    with connect(database) as connection, connect(database) as gate:
        connection.execute(SLOW_CLAIM)
        gate.execute("select pg_advisory_lock(99)")
        async with one_running(database) as (runs, client, worker, job_id):
            await client.force_unlock_workers([worker.id])
            await eventually(lambda: connection.execute(WAITING).fetchone() == (1,))
            if error:
                runs.ends[0].set_exception(error)
            else:
                runs.ends[0].set_result(None)
            await eventually(lambda: runs.ended)
            gate.execute("select pg_advisory_unlock(99)")
            await eventually(lambda: len(runs.ends) == 2)
            assert await is_second_run_undisturbed(connection, client, job_id, worker.id)
