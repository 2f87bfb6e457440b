"""Jobs that are cancelled while a worker has them: heard of, stopped, and never tried again."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Hooks,
    JobCancel,
    JobComplete,
    JobContext,
    JobFail,
    JobInterrupted,
    JobPermanentlyFail,
    LocalQueue,
    Recovery,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker._worker.cancellations import Cancellations
from graphile_worker._worker.policies import Policies
from tests.support import eventually

SELDOM = Recovery(heartbeat_interval=timedelta(minutes=1), sweep_threshold=timedelta(minutes=5))
QUICK = Recovery(heartbeat_interval=timedelta(seconds=1), sweep_threshold=timedelta(seconds=10))


def make_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def text_of(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def is_there(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


class Waiting:
    """A task that waits to be stopped, and says when it was."""

    def __init__(self) -> None:
        self.tasks = TaskRegistry()
        self.entered = asyncio.Event()
        self.stopped_at: float | None = None
        self.cancelled: list[tuple[str | None, bool]] = []
        """What hooks were told: the reason, and whether the handler was started."""
        self.hooks = Hooks()
        self.tasks.add(self.wait, "wait")
        self.hooks.on(JobCancel)(lambda event: self.cancelled.append((event.reason, event.was_started)))

    async def wait(self) -> None:
        self.entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.stopped_at = time.monotonic()
            raise

    @asynccontextmanager
    async def worker(self, database: str, **options: Any) -> AsyncIterator[Worker]:
        async with Worker(database, self.tasks, hooks=self.hooks, concurrency=1, **options) as worker:
            yield worker


async def last_error(client: AsyncClient, job_id: int) -> tuple[str | None, str | None]:
    job = await client.show_job(job_id)
    return (None, None) if job is None else (job.job_state, job.last_error)


async def settled_as(client: AsyncClient, expected: tuple[str | None, str | None], *job_ids: int) -> None:
    """Waits until these jobs are in that state, with that last_error."""
    async with asyncio.timeout(20):
        for job_id in job_ids:
            while await last_error(client, job_id) != expected:  # noqa: ASYNC110  # It happens in the database.
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("notified", [True, False])
async def test_an_async_handler_is_cancelled_and_its_slot_goes_on(database: str, notified: bool) -> None:
    waiting = Waiting()
    done: list[int] = []
    waiting.tasks.add(lambda number: done.append(number), "next")
    # Notified it does not ask within the time of this test.
    recovery = SELDOM if notified else QUICK
    async with AsyncClient(database) as client, waiting.worker(
        database, use_notifications=notified, recovery=recovery, poll_interval=timedelta(milliseconds=100)
    ):  # fmt: skip
        job = await client.add_job("wait", queue_name="q")
        await client.add_job("next", 1, queue_name="q")
        async with asyncio.timeout(20):
            await waiting.entered.wait()
        began = time.monotonic()
        [cancelled] = await client.cancel_jobs([job.id], "wrong file")
        assert cancelled.outcome == "asked"
        await eventually(lambda: done == [1])
        assert waiting.stopped_at is not None
        if notified:
            # On a busy machine; by itself the worker would ask a minute later.
            assert waiting.stopped_at - began < 5
        assert await last_error(client, job.id) == ("failed", "Cancelled: wrong file")
    assert waiting.cancelled == [("wrong file", True)]


async def test_with_remove_it_is_gone(database: str) -> None:
    waiting = Waiting()
    async with AsyncClient(database) as client, waiting.worker(database):
        job = await client.add_job("wait")
        async with asyncio.timeout(20):
            await waiting.entered.wait()
        await client.cancel_jobs([job.id], remove=True)
        await settled_as(client, (None, None), job.id)
    assert waiting.stopped_at is not None


async def test_what_has_not_started_never_does(database: str) -> None:
    waiting = Waiting()
    async with AsyncClient(database) as client:
        jobs = [await client.add_job("wait") for _ in range(3)]
        # They lie in the worker's buffer while the first one runs.
        async with waiting.worker(database, local_queue=LocalQueue(size=10)):
            async with asyncio.timeout(20):
                await waiting.entered.wait()
            await client.cancel_jobs([job.id for job in jobs], "all")
            await settled_as(client, ("failed", "Cancelled: all"), *(job.id for job in jobs))
            await eventually(lambda: sorted(waiting.cancelled) == [("all", False), ("all", False), ("all", True)])


async def test_one_that_was_heard_of_before_its_time_is_cancelled_once(database: str) -> None:
    """By the notification and by the look at the same time."""
    waiting = Waiting()
    async with AsyncClient(database) as client, waiting.worker(database, recovery=QUICK) as worker:
        job = await client.add_job("wait")
        async with asyncio.timeout(20):
            await waiting.entered.wait()
        await client.cancel_jobs([job.id])
        for lane in worker._lanes.all:
            lane.cancel([job.id])
            lane.cancel([job.id])
        await eventually(lambda: waiting.cancelled == [(None, True)])
        waiting.entered.clear()
        other = await client.add_job("wait")
        async with asyncio.timeout(20):
            await waiting.entered.wait()
        stopped_at = waiting.stopped_at
        for lane in worker._lanes.all:
            lane.cancel([job.id])
        # What was to stop the first would stop its successor where that waits now, before the database answers.
        assert await last_error(client, other.id) == ("locked", None)
        assert (waiting.cancelled, waiting.stopped_at) == ([(None, True)], stopped_at)


async def test_a_thread_is_told(database: str) -> None:
    tasks = TaskRegistry()
    entered, told = threading.Event(), threading.Event()

    @tasks.task
    def look(_payload: object, context: JobContext) -> None:
        entered.set()
        while not context.is_cancelled:
            time.sleep(0.01)
        told.set()
        raise RuntimeError("stopped half way")

    async with AsyncClient(database) as client, Worker(database, tasks):
        job = await client.add_job("look")
        await eventually(entered.is_set)
        assert not told.is_set()
        await client.cancel_jobs([job.id], "enough")
        await eventually(told.is_set)
        await settled_as(client, ("failed", "Cancelled: enough"), job.id)


async def test_a_program_is_ended(database: str, tmp_path: Path) -> None:
    program, started = tmp_path / "wait", tmp_path / "started"
    make_program(program, f"#!/bin/sh\necho $$ > {started}\nexec sleep 600\n")
    tasks = TaskRegistry()
    tasks.executable("wait", program)
    async with AsyncClient(database) as client, Worker(database, tasks):
        job = await client.add_job("wait")
        await eventually(lambda: text_of(started))
        await client.cancel_jobs([job.id], "enough")
        await settled_as(client, ("failed", "Cancelled: enough"), job.id)
        assert not is_there(text_of(started))


async def test_each_is_heard_of_at_once(database: str) -> None:
    """Not only by the look when the worker begins to listen."""
    waiting = Waiting()
    async with AsyncClient(database) as client, waiting.worker(database, recovery=SELDOM):
        for _ in range(5):
            waiting.entered.clear()
            job = await client.add_job("wait")
            async with asyncio.timeout(20):
                await waiting.entered.wait()
            began = time.monotonic()
            await client.cancel_jobs([job.id])
            await settled_as(client, ("failed", "Cancelled"), job.id)
            await eventually(lambda began=began: (waiting.stopped_at or 0) > began)  # type: ignore[misc]
            assert (waiting.stopped_at or 0) - began < 5


async def test_that_it_may_not_ask_is_said_once(empty_database: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="graphile_worker")
    lanes: Any = SimpleNamespace(all=[])
    async with AsyncClient(empty_database) as client:
        asked = 0

        service = Cancellations(client, lanes, Policies(client, TaskRegistry()), Hooks(), 0.01)
        call = client._run

        async def counted(*arguments: Any) -> Any:
            nonlocal asked
            asked += 1
            return await call(*arguments)

        client._run = counted  # type: ignore[method-assign]
        await service.start()
        await eventually(lambda: asked >= 5)
        await service.stop()
    assert len([record for record in caplog.records if "were not looked for" in record.getMessage()]) == 1


async def test_run_once_hears_of_it_by_itself(database: str) -> None:
    waiting = Waiting()
    async with AsyncClient(database) as client:
        jobs = [await client.add_job("wait") for _ in range(2)]
        worker = Worker(database, waiting.tasks, hooks=waiting.hooks, concurrency=1, recovery=QUICK)
        run = asyncio.create_task(worker.run_once())
        async with asyncio.timeout(20):
            await waiting.entered.wait()
            await client.cancel_jobs([job.id for job in jobs], "enough")
            await run
        await settled_as(client, ("failed", "Cancelled: enough"), *(job.id for job in jobs))
    # The other one was claimed as well, or it had failed before.
    assert ("enough", True) in waiting.cancelled


async def test_hooks_hear_of_a_cancelled_failure_as_one_that_is_cancelled(database: str) -> None:
    """One that comes to a good end all the same is done."""
    tasks, hooks, told = TaskRegistry(), Hooks(), []
    entered = threading.Event()
    for event in (JobCancel, JobComplete, JobFail, JobInterrupted, JobPermanentlyFail):
        hooks.on(event)(lambda event: told.append((event.job.payload, type(event).__name__)))

    @tasks.task
    def look(ending: str, context: JobContext) -> None:
        entered.set()
        while not context.is_cancelled:
            time.sleep(0.01)
        if ending == "raises":
            raise RuntimeError("stopped half way")
        if ending == "snoozes":
            raise Snooze(delay=timedelta(hours=1))

    async with AsyncClient(database) as client, Worker(database, tasks, hooks=hooks, concurrency=1):
        for ending, expected in (("raises", "failed"), ("snoozes", "failed"), ("returns", None)):
            entered.clear()
            job = await client.add_job("look", ending)
            await eventually(entered.is_set)
            await client.cancel_jobs([job.id])
            await settled_as(client, (expected, expected and "Cancelled"), job.id)
    assert told == [("raises", "JobCancel"), ("snoozes", "JobCancel"), ("returns", "JobComplete")]
