"""Middleware that runs its handler in a task, or a thread, of its own: the handler ends with its job all the same."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient, Job, TaskRegistry, Worker
from graphile_worker._tasks.results import ResultError
from graphile_worker.testing import run_task
from tests import support

Call = Callable[[], Awaitable[Any]]


async def _looks_now_and_then(job: Job, call: Call) -> Any:
    # asyncio.wait leaves its tasks alone when it is cancelled.
    handler = asyncio.ensure_future(call())
    while not (await asyncio.wait([handler], timeout=0.05))[0]:
        pass
    return handler.result()


async def _leaves_it(job: Job, call: Call) -> None:
    asyncio.ensure_future(call())  # noqa: RUF006
    await asyncio.sleep(0)


async def test_what_it_leaves_behind_is_cancelled() -> None:
    tasks = TaskRegistry()
    cancelled = asyncio.Event()

    @tasks.task(middleware=[_leaves_it])
    async def it() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # Waited for, whatever it still has to do.
            await asyncio.sleep(0)
            cancelled.set()
            raise

    with pytest.raises(ResultError, match="has ended before call"):
        await asyncio.wait_for(run_task(it), 20)
    assert cancelled.is_set()


async def test_what_it_leaves_behind_may_come_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task(middleware=[_leaves_it])
    async def it() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("of the handler")

    with pytest.raises(ResultError, match="has ended before call"):
        await asyncio.wait_for(run_task(it), 20)
    gc.collect()
    # asyncio says what nobody has asked for.
    assert caplog.messages == []


@pytest.mark.parametrize("reason", ["timeout", "cancel", "stop"])
async def test_a_job_that_is_stopped_is_stopped_in_its_task(reason: str, database: str) -> None:
    tasks = TaskRegistry()
    tasks.middleware(_looks_now_and_then)
    started, ended = asyncio.Event(), asyncio.Event()
    outcome: list[str] = []

    @tasks.task(timeout=timedelta(milliseconds=100) if reason == "timeout" else None)
    async def it() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise
        finally:
            ended.set()

    async with AsyncClient(database) as client:
        job = await client.add_job(it, max_attempts=1)
        async with Worker(database, tasks, concurrency=1, grace_period=timedelta(milliseconds=100)):
            await asyncio.wait_for(started.wait(), 20)
            if reason == "cancel":
                await client.cancel_jobs([job.id])
            if reason != "stop":
                await asyncio.wait_for(ended.wait(), 20)
        assert outcome == ["cancelled"]
        shown = await client.show_job(job.id)
        assert shown is not None
        assert shown.attempts == (0 if reason == "stop" else 1)


async def test_a_slot_whose_thread_goes_on_is_lost_and_comes_back(database: str) -> None:
    tasks = TaskRegistry()
    tasks.middleware(_looks_now_and_then)
    started, go_on, next_one = threading.Event(), threading.Event(), threading.Event()

    @tasks.task(timeout=timedelta(milliseconds=100), max_attempts=1)
    def stubborn() -> None:
        started.set()
        go_on.wait(20)

    @tasks.task(max_attempts=1)
    def other() -> None:
        next_one.set()

    async with AsyncClient(database) as client:
        job = await client.add_job(stubborn)
        worker = Worker(database, tasks, concurrency=1, grace_period=timedelta(milliseconds=100))
        async with worker:
            await asyncio.to_thread(started.wait, 20)
            await support.eventually(lambda: worker._lanes.all[0].lost_slots == 1)
            await client.add_job(other)
            assert not next_one.is_set()
            go_on.set()
            assert await asyncio.to_thread(next_one.wait, 20)
        shown = await client.show_job(job.id)
        assert shown is not None
        assert (shown.last_error or "").startswith("Timed out")
        assert (await client.stats()).total == 1


@pytest.mark.parametrize("kind", ["thread", "batch"])
async def test_a_plain_one_that_has_ended_before_its_call_fails(kind: str) -> None:
    tasks = TaskRegistry()
    begun, go_on = threading.Event(), threading.Event()

    def leaves_it(job: Job, call: Callable[[], Any]) -> None:
        threading.Thread(target=call, daemon=True).start()
        begun.wait(20)

    def handler(payload: Any) -> None:
        begun.set()
        go_on.wait(20)

    task = tasks.add(handler, "it", is_batch=kind == "batch", middleware=[leaves_it])
    with pytest.raises(ResultError, match=r"leaves_it has ended before call\(\) had"):
        await run_task(task, [1])
    go_on.set()


async def test_a_plain_one_may_call_in_a_thread_of_its_own() -> None:
    tasks = TaskRegistry()

    def elsewhere(job: Job, call: Callable[[], Any]) -> Any:
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(call()))
        thread.start()
        thread.join()
        return results[0]

    assert await run_task(tasks.add(lambda payload: "done", "it", middleware=[elsewhere])) == "done"
