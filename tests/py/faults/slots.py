"""A worker of which can be asked whether all its slots are of use."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg

from graphile_worker import AsyncClient, Hooks, JobRow, JobSpec, TaskRegistry, Worker
from tests.support import eventually

SLOTS = 3


class Slots:
    """`SLOTS` slots of a worker on `url`, whose registry has the task `good`."""

    def __init__(self, url: str, worker: Worker, run: asyncio.Task[None], client: AsyncClient) -> None:
        self.url = url
        self.worker = worker
        self.run = run
        self.client = client

    async def all_work(self) -> None:
        """Jobs that end only when they run all at the same time are done, and nothing is locked."""
        async with asyncio.timeout(20):
            await self.client.add_jobs(JobSpec(identifier="good") for _ in range(2 * SLOTS))
            await eventually(self._is_idle)
        assert not self.run.done()

    async def fail(self, identifier: str, payload: Any) -> JobRow:
        """Adds a job, and returns it when it has failed for good."""
        added = await self.client.add_job(identifier, payload, max_attempts=1)
        async with asyncio.timeout(30):
            return await eventually(lambda: self._failed(added.id))

    async def ends(self, identifier: str, payload: Any) -> None:
        """Adds a job, and returns when it is done or has failed for good."""
        await self.client.add_job(identifier, payload, max_attempts=1)
        await self.all_work()

    def heartbeat_loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the thread of the heartbeats: the one that is not this one, and runs."""
        loops = {task.get_loop() for task in gc.get_objects() if type(task) is asyncio.Task and not task.done()}
        [loop] = [loop for loop in loops if loop.is_running() and loop is not asyncio.get_running_loop()]
        return loop

    async def _failed(self, job_id: int) -> JobRow | None:
        job = await self.client.show_job(job_id)
        return job if job is not None and job.last_error is not None and job.locked_by is None else None

    async def _is_idle(self) -> bool:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            [count] = await (
                await connection.execute(
                    "select count(*) from graphile_worker._private_jobs where locked_by is not null or attempts = 0"
                )
            ).fetchone() or [None]
        return count == 0


@asynccontextmanager
async def slots(url: str, tasks: TaskRegistry, **options: Any) -> AsyncIterator[Slots]:
    """Starts the worker; in the end it stops as it should, within the grace period."""
    hooks = options.pop("hooks", None) or Hooks()
    options = {"poll_interval": timedelta(seconds=0.1), "grace_period": timedelta(seconds=2), **options}
    worker = Worker(url, tasks, concurrency=SLOTS, hooks=hooks, state={"barrier": asyncio.Barrier(SLOTS)}, **options)
    run = asyncio.create_task(worker.run())
    async with AsyncClient(url) as client:
        try:
            yield Slots(url, worker, run, client)
        finally:
            worker.stop()
            done, _ = await asyncio.wait({run}, timeout=20)
            assert done, "the worker has not stopped"
        await run
