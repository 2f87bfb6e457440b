"""A cancel and a time-out, by each kind of handler: what becomes of the job, of its queue, and of the slot."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Fixed,
    Hooks,
    JobCancel,
    JobCancelled,
    TaskRegistry,
    ThreadContext,
    Worker,
)
from tests.py.support import process_tasks
from tests.support import eventually

TIMED_OUT = "Timed out after 0:00:01, the time-out of its task's policy"
LATER = Fixed([timedelta(hours=1)])


class Stopped:
    """A task of some kind that goes on until it is stopped, and another behind it in its queue."""

    def __init__(self, kind: str, folder: Path, *, has_timeout: bool) -> None:
        self.tasks = TaskRegistry()
        self.path = folder / "pids"
        self.payload = {"path": str(self.path), "stubborn": kind.endswith("stubborn")}
        self.entered = threading.Event()
        self.raised: list[type[BaseException]] = []
        self.next = 0
        options: dict[str, Any] = {"retry": LATER}
        if has_timeout:
            options["timeout"] = timedelta(seconds=1)
        if kind == "loop":
            self.tasks.add(self.in_loop, "stopped", **options)
        elif kind == "thread":
            self.tasks.add(self.in_thread, "stopped", **options)
        elif kind.startswith("process"):
            self.tasks.add(process_tasks.wait_to_be_ended, "stopped", run_in="process", **options)
            self.tasks.add(process_tasks.pid_of_process, "warm up", run_in="process")
        else:
            self.tasks.executable("stopped", self.program(folder / "program"), **options)
        self.tasks.add(self.count_next, "next")

    async def in_loop(self, _payload: Any) -> None:
        self.entered.set()
        await asyncio.Event().wait()

    def in_thread(self, _payload: Any, context: ThreadContext) -> None:
        """Looks at nothing; the client of its context interrupts it."""
        self.entered.set()
        try:
            while True:
                context.client.list_queues()
                time.sleep(0.01)
        except BaseException as error:
            self.raised.append(type(error))
            raise

    async def count_next(self) -> None:
        self.next += 1

    def program(self, path: Path) -> Path:
        trap = "trap '' TERM\n" if self.payload["stubborn"] else ""
        pids = f"echo $$ $! > {self.path}.unfinished; mv {self.path}.unfinished {self.path}"
        path.write_text(f"#!/bin/sh\n{trap}sleep 600 &\n{pids}\nwhile :; do sleep 1; done\n")
        path.chmod(0o755)
        return path

    def has_entered(self) -> bool:
        return self.entered.is_set() or self.path.exists()

    def pids(self) -> list[int]:
        return [int(pid) for pid in self.path.read_text().split()] if self.path.exists() else []


def lives(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def nothing_is_locked(client: AsyncClient) -> bool:
    jobs = await client.list_jobs()
    queues = await client.list_queues()
    return not any(job.locked_by for job in jobs) and not any(queue.locked_by for queue in queues)


@pytest.mark.parametrize("why", ["cancel", "timeout"])
@pytest.mark.parametrize("kind", ["loop", "thread", "process", "process stubborn", "program", "program stubborn"])
async def test_it_is_stopped_and_its_slot_is_usable(database: str, tmp_path: Path, kind: str, why: str) -> None:
    stopped = Stopped(kind, tmp_path, has_timeout=why == "timeout")
    hooks = Hooks()
    told: list[str | None] = []
    hooks.on(JobCancel)(lambda event: told.append(event.reason))
    # A thread that ends in time is waited for: the grace period has no say.
    grace = timedelta(minutes=5)
    async with AsyncClient(database) as client:
        if kind.startswith("process"):
            await client.add_job("warm up", queue_name="q")
        job = await client.add_job("stopped", stopped.payload, queue_name="q")
        await client.add_job("next", queue_name="q")
        async with Worker(database, stopped.tasks, hooks=hooks, concurrency=1, grace_period=grace) as worker:
            if why == "cancel":
                await eventually(stopped.has_entered)
                assert stopped.next == 0
                [cancelled] = await client.cancel_jobs([job.id], "wrong file")
                assert cancelled.outcome == "asked"
            await eventually(lambda: stopped.next == 1)
            shown = await client.show_job(job.id)
            assert shown is not None
            if why == "cancel":
                assert (shown.job_state, shown.last_error) == ("failed", "Cancelled: wrong file")
                await eventually(lambda: told == ["wrong file"])
            else:
                assert shown.job_state == "scheduled"
                assert (shown.last_error or "").startswith(TIMED_OUT)
                assert kind == "thread" or shown.last_error == TIMED_OUT
            assert stopped.raised == ([JobCancelled] if kind == "thread" else [])
            await eventually(lambda: nothing_is_locked(client))
            for pid in stopped.pids():
                await eventually(lambda pid=pid: not lives(pid))  # type: ignore[misc]
            # Once more, by the same slot.
            await client.add_job("next", queue_name="q")
            await eventually(lambda: stopped.next == 2)
            assert worker._lanes.all[0].lost_slots == 0


async def test_others_in_processes_are_not_harmed(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    stopped = Stopped("process", tmp_path, has_timeout=False)
    stopped.tasks.add(process_tasks.wait_for_file, "other", run_in="process")
    other, go_on = tmp_path / "other", tmp_path / "go_on"
    async with AsyncClient(database) as client, Worker(database, stopped.tasks, concurrency=2):
        job = await client.add_job("stopped", stopped.payload)
        kept = await client.add_job("other", {"path": str(other), "go_on": str(go_on)})
        await eventually(lambda: stopped.has_entered() and other.exists())
        await client.cancel_jobs([job.id])
        await eventually(lambda: is_failed(client, job.id))
        assert lives(int(other.read_text()))
        # A fresh process takes the place of the one that was ended.
        first = stopped.pids()[0]
        stopped.path.unlink()
        again = await client.add_job("stopped", stopped.payload)
        await eventually(stopped.has_entered)
        assert stopped.pids()[0] not in (first, int(other.read_text()))
        go_on.touch()
        await eventually(lambda: is_gone(client, kept.id))
        await client.cancel_jobs([again.id])
        await eventually(lambda: is_failed(client, again.id))


async def is_failed(client: AsyncClient, job_id: int) -> bool:
    job = await client.show_job(job_id)
    return job is not None and job.job_state == "failed"


async def is_gone(client: AsyncClient, job_id: int) -> bool:
    return await client.show_job(job_id) is None


async def test_what_waits_for_a_process_is_stopped_before_it_begins(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    stopped = Stopped("process", tmp_path, has_timeout=False)
    stopped.tasks.add(process_tasks.wait_for_file, "other", run_in="process")
    other, go_on = tmp_path / "other", tmp_path / "go_on"
    async with AsyncClient(database) as client, Worker(database, stopped.tasks, concurrency=2) as worker:
        kept = await client.add_job("other", {"path": str(other), "go_on": str(go_on)})
        await eventually(other.exists)
        job = await client.add_job("stopped", stopped.payload)
        await eventually(lambda: len(worker._lanes.all[0]._held.running) == 2)
        await client.cancel_jobs([job.id])
        await eventually(lambda: is_failed(client, job.id))
        assert not stopped.has_entered()
        go_on.touch()
        await eventually(lambda: is_gone(client, kept.id))


@pytest.mark.parametrize("why", ["cancel", "timeout"])
async def test_an_async_handler_behind_a_plain_one_is_cancelled(database: str, why: str) -> None:
    """It begins in a thread, and goes on where it can be interrupted."""
    tasks = TaskRegistry()
    entered = asyncio.Event()

    async def wait() -> None:
        entered.set()
        await asyncio.Event().wait()

    def plain() -> Any:
        return wait()

    timeout = timedelta(seconds=1) if why == "timeout" else None
    tasks.add(plain, "stopped", retry=LATER, timeout=timeout)
    grace = timedelta(minutes=5)
    async with AsyncClient(database) as client, Worker(database, tasks, concurrency=1, grace_period=grace):
        job = await client.add_job("stopped")
        async with asyncio.timeout(20):
            await entered.wait()
        if why == "cancel":
            await client.cancel_jobs([job.id])
        expected = ("failed", "Cancelled") if why == "cancel" else ("scheduled", TIMED_OUT)

        async def shown() -> bool:
            found = await client.show_job(job.id)
            return found is not None and (found.job_state, found.last_error) == expected

        await eventually(shown)


async def test_the_time_of_a_job_ends_with_its_runner(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A runner that dies leaves nothing behind that would stop a job later."""
    caplog.set_level("INFO", logger="graphile_worker")
    tasks = TaskRegistry()
    handles: list[asyncio.TimerHandle] = []

    @tasks.task(timeout=timedelta(hours=1), retry=LATER)
    async def stopped() -> None: ...

    call_later: Callable[..., asyncio.TimerHandle] = asyncio.BaseEventLoop.call_later

    def noted(loop: Any, delay: float, *arguments: Any, **keywords: Any) -> asyncio.TimerHandle:
        handle = call_later(loop, delay, *arguments, **keywords)
        if delay == 3600:
            handles.append(handle)
        return handle

    def die(*_: Any) -> Any:
        raise ValueError("out of luck")

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_later", noted)
    worker = Worker(database, tasks, concurrency=1)
    monkeypatch.setattr(worker._shared.policies, "decide", die)
    monkeypatch.setattr(tasks["stopped"], "call", die)
    async with AsyncClient(database) as client, worker:
        job = await client.add_job("stopped")

        async def has_failed() -> bool:
            found = await client.show_job(job.id)
            return found is not None and found.last_error == "its runner has died: ValueError: out of luck"

        await eventually(has_failed)
        assert [handle.cancelled() for handle in handles] == [True]
