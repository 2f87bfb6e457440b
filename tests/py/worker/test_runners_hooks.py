"""Jobs that are stopped, and hooks that take their time: a job has one end, and its hooks hear of all of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    Fixed,
    Hooks,
    JobCancel,
    JobComplete,
    JobFail,
    Recovery,
    TaskRegistry,
    Worker,
)
from graphile_worker.testing import drain
from tests.support import eventually

LATER = Fixed([timedelta(hours=1)])
QUICK = Recovery(heartbeat_interval=timedelta(seconds=1), sweep_threshold=timedelta(seconds=10))
LIMIT = timedelta(milliseconds=500)


class Told:
    """Hooks around jobs, one of which waits until it is let go, and what they were told."""

    def __init__(self, slow: type[AfterJobRun | JobComplete | JobCancel]) -> None:
        self.hooks = Hooks()
        self.heard: list[str] = []
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()
        for event in (JobComplete, JobFail, JobCancel):
            if event is not slow:
                self.hooks.on(event)(lambda event: self.heard.append(type(event).__name__))
        self.hooks.on(slow)(self.wait)

    async def wait(self, event: AfterJobRun | JobComplete | JobCancel) -> None:
        self.heard.append(type(event).__name__)
        self.entered.set()
        await self.go_on.wait()
        self.heard.append("go on")


async def ends(_payload: object) -> None: ...


async def fails(_payload: object) -> None:
    raise ValueError("bad luck")


async def waits(_payload: object) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("slow", [AfterJobRun, JobComplete])
async def test_a_cancel_after_the_handler_has_ended_comes_too_late(database: str, slow: type[JobComplete]) -> None:
    tasks, told = TaskRegistry(), Told(slow)
    tasks.add(ends, "ends")
    async with AsyncClient(database) as client, Worker(database, tasks, hooks=told.hooks, concurrency=1) as worker:
        job = await client.add_job("ends")
        await eventually(told.entered.is_set)
        await client.cancel_jobs([job.id], "too late")
        await eventually(lambda: job.id in worker._lanes.all[0]._held.cancelled)
        told.go_on.set()
        await eventually(lambda: is_gone(client, job.id))
    after = ["AfterJobRun", "go on", "JobComplete"] if slow is AfterJobRun else ["JobComplete", "go on"]
    assert told.heard == after


async def is_gone(client: AsyncClient, job_id: int) -> bool:
    return await client.show_job(job_id) is None


async def test_one_that_fails_meanwhile_is_cancelled(database: str) -> None:
    tasks, told = TaskRegistry(), Told(AfterJobRun)
    tasks.add(fails, "fails")
    async with AsyncClient(database) as client, Worker(database, tasks, hooks=told.hooks, concurrency=1) as worker:
        job = await client.add_job("fails")
        await eventually(told.entered.is_set)
        await client.cancel_jobs([job.id], "enough")
        await eventually(lambda: job.id in worker._lanes.all[0]._held.cancelled)
        told.go_on.set()
        await eventually(lambda: told.heard == ["AfterJobRun", "go on", "JobCancel"])
    async with AsyncClient(database) as client:
        shown = await client.show_job(job.id)
        assert shown is not None
        assert (shown.job_state, shown.last_error) == ("failed", "Cancelled: enough")


@pytest.mark.parametrize("runs", ["worker", "drain"])
@pytest.mark.parametrize("slow", [AfterJobRun, JobComplete])
async def test_the_time_of_hooks_is_not_the_handlers(database: str, slow: type[JobComplete], runs: str) -> None:
    tasks, told = TaskRegistry(), Told(slow)
    tasks.add(ends, "ends", timeout=LIMIT, retry=LATER)
    async with AsyncClient(database) as client:
        await client.add_job("ends")
        if runs == "worker":
            running = asyncio.create_task(Worker(database, tasks, hooks=told.hooks).run_once())
        else:
            running = asyncio.create_task(ran_by_drain(database, tasks, told.hooks))
        await eventually(told.entered.is_set)
        # Its time is up by now.
        await asyncio.sleep(LIMIT.total_seconds() * 2)
        told.go_on.set()
        await running
        assert await client.list_jobs() == []
    assert "go on" in told.heard
    assert "JobFail" not in told.heard


async def ran_by_drain(database: str, tasks: TaskRegistry, hooks: Hooks) -> None:
    done = await drain(database, tasks, hooks=hooks)
    assert done.check().identifiers == ["ends"]


async def test_a_worker_without_further_jobs_lets_hooks_hear_of_a_cancel(database: str) -> None:
    tasks, told = TaskRegistry(), Told(JobCancel)
    entered = asyncio.Event()

    @tasks.task
    async def stopped() -> None:
        entered.set()
        await asyncio.Event().wait()

    async with AsyncClient(database) as client:
        job = await client.add_job("stopped")
        worker = Worker(database, tasks, hooks=told.hooks, concurrency=1, recovery=QUICK)
        running = asyncio.create_task(worker.run_once())
        await eventually(entered.is_set)
        await client.cancel_jobs([job.id])
        await eventually(told.entered.is_set)
        # Everything was handed in: what is left is the hook.
        await eventually(lambda: is_free(client, job.id))
        await eventually(lambda: not worker._lanes.all[0]._runners._runners)
        assert not running.done()
        told.go_on.set()
        await running
    assert told.heard == ["JobCancel", "go on"]


async def is_free(client: AsyncClient, job_id: int) -> bool:
    job = await client.show_job(job_id)
    return job is not None and job.locked_by is None


async def test_reasons_that_are_heard_before_the_claims_are_kept(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several cancels, one after the other, while the claim of their jobs is on its way."""
    tasks, hooks, told = TaskRegistry(), Hooks(), []
    tasks.add(waits, "waits")
    hooks.on(JobCancel)(lambda event: told.append((event.job.id, event.reason, event.was_started)))
    async with AsyncClient(database) as client:
        ids = [(await client.add_job("waits")).id for _ in range(3)]
        worker = Worker(database, tasks, hooks=hooks, concurrency=3, use_notifications=False)
        [lane] = worker._lanes.all
        exchange = lane.exchange.round

        async def cancelled_on_the_way(*arguments: object) -> object:
            answer = await exchange(*arguments)  # type: ignore[arg-type]
            if answer.claimed_count:
                await client.cancel_jobs(ids, "enough")
                for job_id in ids:
                    lane.cancel([job_id], "enough")
            return answer

        monkeypatch.setattr(lane.exchange, "round", cancelled_on_the_way)
        async with worker:
            await eventually(lambda: len(told) == 3)
    assert sorted(told) == [(job_id, "enough", False) for job_id in ids]
