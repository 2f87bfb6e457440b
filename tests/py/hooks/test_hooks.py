"""Hooks: each event is told, interceptors decide, and a hook that raises changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    BeforeJobRun,
    Event,
    Fail,
    Hooks,
    JobComplete,
    JobFail,
    JobFetch,
    JobInterrupted,
    JobPermanentlyFail,
    JobSpec,
    JobStart,
    Proceed,
    Skip,
    TaskRegistry,
    Worker,
    WorkerInit,
    WorkerShutdown,
    WorkerStart,
)
from graphile_worker._hooks.events import JobEvent

OBSERVED = (
    WorkerInit, WorkerStart, WorkerShutdown, JobFetch, JobStart, JobComplete, JobFail, JobPermanentlyFail,
    JobInterrupted,
)  # fmt: skip


class Recorder:
    """A plugin that writes down every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def register(self, hooks: Hooks) -> None:
        for event in OBSERVED:
            hooks.on(event)(self.events.append)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events if not isinstance(event, JobFetch)]


def registry(ran: list[Any]) -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def good(payload: Any) -> None:
        ran.append(payload)

    @tasks.task
    def bad() -> None:
        raise ValueError("bad luck")

    return tasks


async def test_a_job_that_succeeds(database: str) -> None:
    recorder = Recorder()
    ran: list[Any] = []
    async with AsyncClient(database) as client:
        job = await client.add_job("good", 7)
        worker = Worker(database, registry(ran), plugins=[recorder])
        await worker.run_once()
    assert ran == [7]
    assert recorder.names() == ["WorkerInit", "WorkerStart", "JobStart", "JobComplete", "WorkerShutdown"]
    assert {event.worker_id for event in recorder.events} == {worker.id}
    assert {event.job.id for event in recorder.events if isinstance(event, JobEvent)} == {job.id}
    complete = next(event for event in recorder.events if isinstance(event, JobComplete))
    assert timedelta(0) <= complete.duration < timedelta(seconds=20)
    fetched = [event.jobs for event in recorder.events if isinstance(event, JobFetch)]
    assert [j.id for jobs in fetched for j in jobs] == [job.id]
    assert fetched[-1] == []
    shutdown = recorder.events[-1]
    assert isinstance(shutdown, WorkerShutdown)
    assert shutdown.reason == "finished"


async def test_a_job_that_fails_is_told_when_the_database_knows(database: str) -> None:
    recorder = Recorder()
    async with AsyncClient(database) as client:
        jobs = await client.add_jobs(JobSpec(identifier="bad", max_attempts=n) for n in (2, 1))
        await Worker(database, registry([]), plugins=[recorder], concurrency=1).run_once()
    failures = {e.job.id: (e.error.partition("\n")[0], e.will_retry) for e in recorder.events if isinstance(e, JobFail)}
    assert failures == {jobs[0]: ("ValueError: bad luck", True), jobs[1]: ("ValueError: bad luck", False)}
    assert [e.job.id for e in recorder.events if isinstance(e, JobPermanentlyFail)] == [jobs[1]]
    assert not [e for e in recorder.events if isinstance(e, JobComplete)]


async def test_a_job_replaced_while_it_runs_is_not_retried_and_the_hook_says_so(database: str) -> None:
    recorder = Recorder()
    tasks = TaskRegistry()
    async with AsyncClient(database) as client:

        @tasks.task
        async def replaced() -> None:
            await client.add_job("other", job_key="k")
            raise ValueError("too late")

        await client.add_job("replaced", job_key="k")
        await Worker(database, tasks, plugins=[recorder]).run_once()
    assert [e.will_retry for e in recorder.events if isinstance(e, JobFail)] == [False]


async def test_an_interrupted_job(database: str) -> None:
    recorder = Recorder()
    tasks = TaskRegistry()
    started = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    async with AsyncClient(database) as client:
        await client.add_job("slow")
        worker = Worker(database, tasks, plugins=[recorder])
        run = asyncio.create_task(worker.run())
        await started.wait()
        worker.stop(now=True)
        await run
    assert recorder.names()[-2:] == ["JobInterrupted", "WorkerShutdown"]
    interrupted, shutdown = [e for e in recorder.events if isinstance(e, (JobInterrupted, WorkerShutdown))]
    assert (interrupted.reason, shutdown.reason) == ("shutdown", "stop")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("decision", "runs", "error"),
    [(None, True, None), (Proceed(), True, None), (Skip(), False, None), (Fail("not today"), False, "not today")],
)
@pytest.mark.parametrize("kind", ["async", "plain"])
async def test_before_a_job_runs(database: str, decision: Any, runs: bool, error: str | None, kind: str) -> None:
    hooks = Hooks()
    ran: list[Any] = []

    async def decide_async(event: BeforeJobRun) -> Any:
        assert event.job.task_identifier == "good"
        return decision

    hooks.on(BeforeJobRun)(decide_async if kind == "async" else lambda _event: decision)
    async with AsyncClient(database) as client:
        await client.add_job("good", 7)
        await Worker(database, registry(ran), hooks=hooks).run_once()
        assert ran == ([7] if runs else [])
        assert [job.last_error for job in await client.list_jobs()] == ([error] if error else [])


@pytest.mark.parametrize(
    ("task", "decision", "error"),
    [
        ("good", None, None),
        ("good", Fail("rejected"), "rejected"),
        ("bad", None, "ValueError: bad luck"),
        ("bad", Skip(), None),
        ("bad", Fail("worse"), "worse"),
    ],
)
async def test_after_a_job_ran(database: str, task: str, decision: Any, error: str | None) -> None:
    hooks = Hooks()
    seen: list[str | None] = []

    @hooks.on(AfterJobRun)
    def decide(event: AfterJobRun) -> Any:
        seen.append(event.error and event.error.partition("\n")[0])
        return decision

    async with AsyncClient(database) as client:
        await client.add_job(task, 7)
        await Worker(database, registry([]), hooks=hooks).run_once()
        errors = [(job.last_error or "").partition("\n")[0] for job in await client.list_jobs()]
        assert errors == ([error] if error else [])
    assert seen == ["ValueError: bad luck" if task == "bad" else None]


async def test_a_hook_that_raises_is_logged_and_decides_nothing(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    hooks = Hooks()
    ran: list[Any] = []

    def explode(event: Event) -> None:
        raise RuntimeError(f"boom at {type(event).__name__}")

    for event in (*OBSERVED, BeforeJobRun, AfterJobRun):
        hooks.on(event)(explode)
    async with AsyncClient(database) as client:
        await client.add_job("good", 7)
        await client.add_job("bad", max_attempts=1)
        await Worker(database, registry(ran), hooks=hooks).run_once()
        assert ran == [7]
        stats = await client.stats()
        assert (stats.total, stats.failed) == (1, 1)
    for name in ("WorkerInit", "JobFetch", "BeforeJobRun", "JobStart", "AfterJobRun", "JobComplete", "JobFail"):
        assert f"boom at {name}" in caplog.text


async def test_the_first_interceptor_that_objects_decides() -> None:
    hooks = Hooks()
    asked: list[int] = []
    for number, answer in enumerate([None, Proceed(), Fail("no"), Skip()]):

        @hooks.on(AfterJobRun)
        def decide(event: AfterJobRun, number: int = number, answer: Any = answer) -> Any:
            asked.append(number)
            return answer

    event = AfterJobRun(worker_id="w", job=None, error=None, duration=timedelta(0))  # type: ignore[arg-type]
    assert await hooks.decide(event) == Fail("no")
    assert asked == [0, 1, 2]
