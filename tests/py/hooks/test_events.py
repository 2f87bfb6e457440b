"""Every event is told by a real worker or client, with its fields; and none is made where nobody listens."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import graphile_worker
from graphile_worker import (
    AsyncClient,
    Cron,
    CronTick,
    Event,
    Hooks,
    JobFail,
    JobFetchFail,
    JobInterrupted,
    JobSpec,
    JobStart,
    ListenerLost,
    ListenerRestored,
    LocalQueue,
    LocalQueueRefetchDelayAbort,
    LocalQueueRefetchDelayExpired,
    LocalQueueRefetchDelayStart,
    Recovery,
    RefetchDelay,
    SchemaNotInstalled,
    TaskRegistry,
    Worker,
    WorkerFail,
    WorkerGracefulShutdown,
    WorkerInit,
    WorkerRecovered,
    WorkerShutdown,
    WorkerStart,
    WorkerSwept,
)
from graphile_worker._hooks.events import JobEvent
from tests.py.support.workers import fetch, running, terminate
from tests.support import eventually

NEVER = timedelta(minutes=10)
SOON = timedelta(milliseconds=300)
BASES = {Event, JobEvent}


def kinds(base: type[Event] = Event) -> set[type[Event]]:
    """All classes of events."""
    found = {base} - BASES
    return found.union(*(kinds(kind) for kind in base.__subclasses__()))


class Told:
    """Hooks that write down every event."""

    def __init__(self) -> None:
        self.hooks = Hooks()
        self.events: list[Any] = []
        for kind in kinds():
            self.hooks.on(kind)(self.events.append)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


class Scene:
    """A worker with one task, that waits where its payload says so, and fails where it says so."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told = Told()
        self.go_on = asyncio.Event()
        self.tasks = TaskRegistry()
        self.tasks.add(self._task, "task")

    async def _task(self, payload: dict[str, Any]) -> None:
        if "wait" in payload:
            await self.go_on.wait()
        if "fail" in payload:
            raise ValueError("bad luck")

    def worker(self, **options: Any) -> Worker:
        return Worker(self.url, self.tasks, hooks=self.told.hooks, **{"concurrency": 2, **options})

    async def until(self, kind: type[Event], count: int = 1) -> None:
        await eventually(lambda: len(self.told.of(kind)) >= count)


async def runs(scene: Scene) -> None:
    async with AsyncClient(scene.url, hooks=scene.told.hooks) as client:
        await client.add_job("task", {})
        await client.add_job("task", {"fail": 1}, max_attempts=1)
    await scene.worker(state={"a": 1}).run_once()
    [init], [start] = scene.told.of(WorkerInit), scene.told.of(WorkerStart)
    assert (init.schema, init.concurrency, init.tasks) == ("graphile_worker", 2, ["task"])
    assert (start.state, start.client.worker_id) == ({"a": 1}, start.worker_id)
    assert not scene.told.of(WorkerGracefulShutdown)
    assert not scene.told.of(WorkerFail)


async def hook_adds_a_job(scene: Scene) -> None:
    """WorkerStart brings the client of the handlers."""

    @scene.told.hooks.on(WorkerStart)
    async def add(event: WorkerStart) -> None:
        await event.client.add_job("task", {})

    await scene.worker().run_once()
    assert len(scene.told.of(JobStart)) == 1


async def is_stopped(scene: Scene) -> None:
    async with AsyncClient(scene.url) as client:
        [first, _] = await client.add_jobs(JobSpec(identifier="task", payload={"wait": 1}) for _ in range(2))
        worker = scene.worker(grace_period=timedelta(seconds=0.2))
        async with running(worker):
            await scene.until(JobStart, 2)
            await client.cancel_jobs([first], "no need")
            await scene.until(graphile_worker.JobCancel)
    [graceful], [interrupted] = scene.told.of(WorkerGracefulShutdown), scene.told.of(JobInterrupted)
    assert (graceful.reason, graceful.grace_period) == ("stop", timedelta(seconds=0.2))
    assert [job.id for job in graceful.jobs] == [interrupted.job.id]
    assert (interrupted.reason, interrupted.dead_worker_id, interrupted.will_retry) == ("shutdown", None, True)
    names = [type(event) for event in scene.told.events]
    assert names.index(WorkerGracefulShutdown) < names.index(JobInterrupted) < names.index(WorkerShutdown)


async def has_no_time(scene: Scene) -> None:
    worker = scene.worker()
    async with running(worker):
        worker.stop(now=True)
    assert [event.grace_period for event in scene.told.of(WorkerGracefulShutdown)] == [timedelta(0)]


async def fails(scene: Scene) -> None:
    with pytest.raises(SchemaNotInstalled):
        await scene.worker(schema="nowhere").run()
    [fail], [shutdown] = scene.told.of(WorkerFail), scene.told.of(WorkerShutdown)
    assert isinstance(fail.exception, SchemaNotInstalled)
    assert fail.error.startswith("SchemaNotInstalled: ")
    assert shutdown.reason == "error"
    assert scene.told.events[-2:] == [fail, shutdown]


async def loses_its_connections(scene: Scene) -> None:
    worker = scene.worker(poll_interval=SOON)
    sessions = "select pid from pg_stat_activity where application_name = %s || %s"
    async with running(worker):
        for purpose in ("graphile-worker listen ", "graphile-worker "):
            [(pid,)] = await eventually(lambda p=purpose: fetch(scene.url, sessions, p, worker.id))
            await terminate(scene.url, [pid])
        await scene.until(ListenerRestored)
        await scene.until(JobFetchFail)
    [lost], [restored] = scene.told.of(ListenerLost), scene.told.of(ListenerRestored)
    assert "connection" in lost.error
    assert restored.lost_for > timedelta(0)
    failed = scene.told.of(JobFetchFail)
    assert [event.failures for event in failed] == list(range(1, len(failed) + 1))
    assert failed[0].error


async def recovers(scene: Scene) -> None:
    dead = "graphile_worker_dead"
    async with AsyncClient(scene.url) as client:
        await client.add_jobs(JobSpec(identifier="task", payload={"wait": n}) for n in range(3))
    await fetch(scene.url, "select graphile_worker.worker_heartbeat(%s)", dead)
    await fetch(scene.url, "select id from graphile_worker.get_jobs(%s, max_jobs => 3)", dead)
    await fetch(
        scene.url,
        """update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour' where id = %s
        returning 1""",
        dead,
    )
    recovery = Recovery(heartbeat_interval=SOON, sweep_interval=SOON, sweep_threshold=4 * SOON)
    async with running(scene.worker(recovery=recovery)):
        await scene.until(WorkerRecovered)
        await fetch(scene.url, "delete from graphile_worker._private_workers returning 1")
        await scene.until(WorkerSwept)
    crashed = [event for event in scene.told.of(JobInterrupted) if event.reason == "worker_crashed"]
    assert [(event.dead_worker_id, event.will_retry) for event in crashed] == [(dead, True)] * 3
    assert sorted(event.job.payload["wait"] for event in crashed) == [0, 1, 2]
    names = [type(event) for event in scene.told.events]
    assert scene.told.events.index(crashed[-1]) < names.index(WorkerRecovered)


async def has_a_crontab(scene: Scene) -> None:
    entry = Cron.every_minutes(1, task="task", id="often", fill=timedelta(hours=1), payload={"n": 1})
    async with AsyncClient(scene.url) as client:
        await client.register_crontabs(["often"], seen_at=datetime.now(UTC) - timedelta(minutes=20))
    async with running(scene.worker(crontab=[entry])):
        await scene.until(CronTick)
        await scene.until(graphile_worker.CronJobScheduled)
    tick, scheduled = scene.told.of(CronTick)[0], scene.told.of(graphile_worker.CronJobScheduled)[0]
    assert (tick.due, tick.backfilled) == ([entry], True)
    assert (scheduled.entry, scheduled.identifier, scheduled.tick) == (entry, "often", tick.tick)


async def has_a_local_queue(scene: Scene) -> None:
    """Jobs that wait go back in the end; a delay is over, and another is cut short."""
    async with AsyncClient(scene.url) as client:
        await client.add_jobs(JobSpec(identifier="task", payload={"wait": 1}) for _ in range(5))
        for duration in (timedelta(milliseconds=1), NEVER):
            scene.go_on.clear()
            delay = RefetchDelay(duration=duration, threshold=7, max_abort_threshold=1)
            queue = LocalQueue(size=10, refetch_delay=delay)
            async with running(scene.worker(local_queue=queue, poll_interval=NEVER, grace_period=timedelta(0))):
                await scene.until(LocalQueueRefetchDelayStart)
                if duration is NEVER:
                    await client.add_job("task", {})
                    await scene.until(LocalQueueRefetchDelayAbort)
                else:
                    await scene.until(LocalQueueRefetchDelayExpired)
    start, abort = scene.told.of(LocalQueueRefetchDelayStart)[0], scene.told.of(LocalQueueRefetchDelayAbort)[0]
    assert (start.threshold, start.abort_threshold, abort.abort_threshold) == (7, 1, 1)


SCENES: dict[Callable[[Scene], Awaitable[None]], set[str]] = {
    runs: {
        "BeforeJobSchedule", "WorkerInit", "WorkerStart", "JobFetch", "BeforeJobRun", "JobStart", "AfterJobRun",
        "JobComplete", "JobFail", "JobPermanentlyFail", "WorkerShutdown",
    },
    hook_adds_a_job: {"WorkerStart"},
    is_stopped: {"WorkerGracefulShutdown", "JobCancel", "JobInterrupted"},
    has_no_time: {"WorkerGracefulShutdown"},
    fails: {"WorkerFail"},
    loses_its_connections: {"ListenerLost", "ListenerRestored", "JobFetchFail"},
    recovers: {"JobRecovery", "WorkerRecovered", "WorkerSwept"},
    has_a_crontab: {"CronTick", "CronJobScheduled"},
    has_a_local_queue: {
        "LocalQueueInit", "LocalQueueSetMode", "LocalQueueGetJobsComplete", "LocalQueueReturnJobs",
        "LocalQueueRefetchDelayStart", "LocalQueueRefetchDelayAbort", "LocalQueueRefetchDelayExpired",
    },
}  # fmt: skip


@pytest.mark.parametrize("play", SCENES, ids=lambda play: play.__name__)
async def test_a_worker_tells(database: str, play: Callable[[Scene], Awaitable[None]]) -> None:
    scene = Scene(database)
    await play(scene)
    assert {type(event).__name__ for event in scene.told.events} >= SCENES[play]
    for event in scene.told.events:
        fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
        assert type(event)(**fields) == event


def test_each_event_is_told_by_one_of_them_and_can_be_imported() -> None:
    names = {kind.__name__ for kind in kinds()}
    assert set().union(*SCENES.values()) == names
    assert names <= set(graphile_worker.__all__)


async def test_no_event_is_made_where_nobody_listens(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[type[Event]] = []

    def counted(kind: type[Event]) -> Callable[..., None]:
        real = kind.__init__

        def make(self: Event, **fields: Any) -> None:
            made.append(type(self))
            real(self, **fields)

        return make

    for kind in kinds():
        monkeypatch.setattr(kind, "__init__", counted(kind))
    caplog.set_level(logging.INFO, logger="graphile_worker")
    scene = Scene(database)
    scene.told.hooks = Hooks()
    async with AsyncClient(database, hooks=Hooks()) as client:
        await client.add_job("task", {})
        await client.add_job("task", {"fail": 1}, max_attempts=1)
        entry = Cron.every_minutes(1, task="task", id="often", fill=timedelta(hours=1), payload={"n": 1})
        await client.register_crontabs(["often"], seen_at=datetime.now(UTC) - timedelta(minutes=20))
        queue = LocalQueue(size=10, refetch_delay=RefetchDelay(duration=timedelta(milliseconds=1)))
        async with running(scene.worker(local_queue=queue, crontab=[entry])):
            made.clear()  # `running` listens itself, for the start.

            async def is_done() -> bool:
                return {job.job_state for job in await client.list_jobs()} == {"failed"}

            await eventually(is_done)
    assert made == []
    # It would be seen.
    scene.told.hooks.on(JobFail)(lambda _event: None)
    async with AsyncClient(database) as client:
        await client.add_job("task", {"fail": 1}, max_attempts=1)
    await scene.worker().run_once()
    assert made.count(JobFail) == 1
