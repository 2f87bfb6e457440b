"""Stopping a worker: what runs has time to end, everything else goes back."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, JobContext, JobSpec, TaskRegistry, Worker
from tests.support import eventually


async def test_stop_lets_running_jobs_finish_and_returns_the_rest(database: str) -> None:
    tasks = TaskRegistry()
    started = asyncio.Event()
    finish = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await finish.wait()

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="slow") for _ in range(3))
        worker = Worker(database, tasks, concurrency=1)
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            await started.wait()
            worker.stop()
            worker.stop()
            finish.set()
        jobs = await client.list_jobs()
        assert [(j.attempts, j.job_state) for j in jobs] == [(0, "ready"), (0, "ready")]


@pytest.mark.parametrize("stubborn", [False, True], ids=["cancellable", "ignores cancellation"])
@pytest.mark.parametrize("how", ["stop", "stop now", "cancel"])
async def test_interrupted_jobs_are_returned_later_without_an_attempt(database: str, how: str, stubborn: bool) -> None:
    tasks = TaskRegistry()
    started = asyncio.Event()
    let_go = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                if not stubborn:
                    raise

    async with AsyncClient(database) as client:
        added = await client.add_job("slow", queue_name="q")
        grace = timedelta(seconds=60) if how == "stop now" else timedelta(seconds=0.05)
        worker = Worker(database, tasks, concurrency=1, grace_period=grace)
        run = asyncio.create_task(worker.run())
        await started.wait()
        if how == "cancel":
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
        else:
            worker.stop(now=how == "stop now")
            await run
        let_go.set()
        job = await client.show_job(added.id)
        assert job is not None
        assert (job.attempts, job.locked_by, job.job_state) == (0, None, "scheduled")
        assert timedelta(seconds=20) < job.run_at - datetime.now(UTC) <= timedelta(seconds=30)
        assert [q.locked_by for q in await client.list_queues()] == [None]


async def test_an_interrupted_thread_can_see_it(database: str) -> None:
    tasks = TaskRegistry()
    started = threading.Event()
    saw = threading.Event()

    @tasks.task
    def block(payload: Any, context: JobContext) -> None:
        started.set()
        while not context.is_cancelled:
            time.sleep(0.01)
        saw.set()

    async with AsyncClient(database) as client:
        added = await client.add_job("block")
        worker = Worker(database, tasks)
        run = asyncio.create_task(worker.run())
        assert await asyncio.to_thread(started.wait, 20)
        worker.stop(now=True)
        await run
        assert await asyncio.to_thread(saw.wait, 20)
        job = await client.show_job(added.id)
        assert job is not None
        assert (job.attempts, job.locked_by, job.job_state) == (0, None, "scheduled")


async def test_a_worker_that_can_claim_nothing_hands_in_what_it_has(database: str) -> None:
    tasks = TaskRegistry()
    finish = asyncio.Event()
    started = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await finish.wait()

    async with AsyncClient(database) as client, await psycopg.AsyncConnection.connect(database) as connection:
        await connection.set_autocommit(True)
        await client.add_job("slow")
        worker = Worker(database, tasks, concurrency=2)
        run = asyncio.create_task(worker.run())
        await started.wait()
        await connection.execute("""
            create function refuse() returns trigger language plpgsql as $$ begin raise 'no queue of mine'; end; $$;
            create trigger refuse before update on graphile_worker._private_job_queues
            for each row execute function refuse()""")
        await client.add_job("slow", queue_name="q")
        # The claim has failed once the worker stops; what runs has its grace period.
        await eventually(lambda: worker._shared.shutdown.is_requested)
        finish.set()
        with pytest.raises(psycopg.errors.RaiseException, match="no queue of mine"):
            await run
        assert [(job.queue_name, job.attempts, job.job_state) for job in await client.list_jobs()] == [
            ("q", 0, "ready")
        ]
