"""As many jobs at once as there are runners."""

from __future__ import annotations

import asyncio
import threading

from graphile_worker import (
    AsyncClient,
    JobSpec,
    TaskRegistry,
    Worker,
)


async def test_plain_functions_run_in_threads_side_by_side(database: str) -> None:
    tasks = TaskRegistry()
    both = threading.Barrier(2, timeout=20)

    @tasks.task
    def meet() -> None:
        both.wait()

    async with AsyncClient(database) as client:
        await client.add_jobs([JobSpec(identifier="meet"), JobSpec(identifier="meet")])
        await Worker(database, tasks, concurrency=2).run_once()
        assert (await client.stats()).total == 0


async def test_no_more_jobs_at_once_than_concurrency(database: str) -> None:
    tasks = TaskRegistry()
    at_once: list[int] = [0]
    most = 0

    @tasks.task
    async def work() -> None:
        nonlocal most
        at_once[0] += 1
        most = max(most, at_once[0])
        await asyncio.sleep(0.01)
        at_once[0] -= 1

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="work") for _ in range(40))
        await Worker(database, tasks, concurrency=4).run_once()
        assert (await client.stats()).total == 0
    assert most == 4
