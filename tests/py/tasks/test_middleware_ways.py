"""Middleware: the ways to call a handler that are right, and those that are told; what is refused."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    GraphileWorkerError,
    Hooks,
    Job,
    JobStart,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker._tasks.results import ResultError
from graphile_worker.testing import drain, run_task
from tests import support
from tests.py.tasks import surrounded

Call = Callable[[], Awaitable[Any]]
PlainCall = Callable[[], Any]


async def _never_awaits(job: Job, call: Call) -> None:
    call()


async def _returns_it(job: Job, call: Call) -> Any:
    return call()


async def _leaves_it(job: Job, call: Call) -> None:
    asyncio.ensure_future(call())  # noqa: RUF006
    await asyncio.sleep(0)


async def _calls_twice(job: Job, call: Call) -> Any:
    await call()
    return await call()


async def _does_not_call(job: Job, call: Call) -> str:
    return "not called"


async def _forgets_the_result(job: Job, call: Call) -> None:
    await call()


@pytest.mark.parametrize(
    ("around", "error", "ran"),
    [
        (_never_awaits, "has never awaited", 0),
        (_returns_it, None, 1),
        (_leaves_it, "has ended before", 1),
        (_calls_twice, "twice", 1),
        (_does_not_call, None, 0),
        (_forgets_the_result, None, 1),
    ],
)
async def test_ways_to_call(around: Any, error: str | None, ran: int) -> None:
    tasks = TaskRegistry()
    begun: list[None] = []
    go_on = asyncio.Event()

    @tasks.task(middleware=[around])
    async def it() -> None:
        begun.append(None)
        if around is _leaves_it:
            await go_on.wait()

    if error is None:
        await run_task(it)
    else:
        with pytest.raises(GraphileWorkerError, match=error):
            await run_task(it)
    assert len(begun) == ran
    go_on.set()


async def test_ways_to_call_in_a_thread() -> None:
    tasks = TaskRegistry()
    ran: list[str] = []

    def twice(job: Job, call: PlainCall) -> Any:
        call()
        return call()

    def refuses(job: Job, call: PlainCall) -> str:
        return "not called"

    def returns_a_coroutine(job: Job, call: PlainCall) -> Any:
        return asyncio.sleep(0)

    def asks_for_one(job: Job, call: PlainCall) -> Any:
        return call()

    def run(kind: Any, handler: Callable[[], Any]) -> Awaitable[Any]:
        return run_task(tasks.add(handler, f"task {len(tasks)}", run_in="thread", middleware=[kind]))

    with pytest.raises(GraphileWorkerError, match="twice"):
        await run(twice, lambda: ran.append("once"))
    assert ran == ["once"]
    assert await run(refuses, lambda: ran.append("never")) == "not called"
    assert ran == ["once"]
    with pytest.raises(ResultError, match="returned a coroutine"):
        await run(returns_a_coroutine, lambda: None)
    with pytest.raises(ResultError, match="Make the handler async def"):
        await run(asks_for_one, lambda: asyncio.sleep(0))
    with pytest.raises(Snooze):
        await run(asks_for_one, lambda: Snooze(delay=timedelta(hours=1)))


@pytest.mark.parametrize("kind", ["loop", "thread"])
async def test_results_of_a_batch_are_not_forgotten(kind: str) -> None:
    tasks = TaskRegistry()

    def plain(job: Job, call: PlainCall) -> None:
        call()

    @tasks.batch("in thread", middleware=[plain])
    def in_thread(items: list[int]) -> list[str | None]:
        return ["failed"]

    @tasks.batch("on loop", middleware=[_forgets_the_result])
    async def on_loop(items: list[int]) -> list[str | None]:
        return ["failed"]

    with pytest.raises(ResultError, match="returned None, and the batch a result"):
        await run_task(on_loop if kind == "loop" else in_thread, [1])


async def test_a_time_out_includes_it_and_a_limit_of_its_own_stops_a_thread_slot(database: str) -> None:
    tasks = TaskRegistry()
    started, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    @tasks.middleware
    async def around(job: Job, call: Call) -> Any:
        if job.task_identifier == "quick":
            await asyncio.Event().wait()
        return await asyncio.wait_for(call(), 0.2 if job.task_identifier == "stubborn" else None)

    @tasks.task(timeout=timedelta(milliseconds=100))
    async def quick() -> None: ...

    @tasks.task
    def stubborn() -> None:
        loop.call_soon_threadsafe(started.set)
        go_on.wait(20)

    async with AsyncClient(database) as client:
        job = await client.add_job(quick, max_attempts=1)
        stuck = await client.add_job(stubborn, max_attempts=1)
        worker = Worker(database, tasks, concurrency=2, grace_period=timedelta(milliseconds=100))
        async with worker:
            await asyncio.wait_for(started.wait(), 20)

            async def both_failed() -> bool:
                return (await client.stats()).failed == 2

            await support.eventually(both_failed)
            shown = await client.show_job(job.id)
            assert shown is not None
            assert (shown.last_error or "").startswith("Timed out after 0:00:00.1")
            shown = await client.show_job(stuck.id)
            assert shown is not None
            assert (shown.last_error or "").startswith("TimeoutError")
            # The thread goes on, and its slot is not given to another job.
            assert [lane.lost_slots for lane in worker._lanes.all] == [1]
            go_on.set()
            await support.eventually(lambda: not worker._lanes.all[0].lost_slots)


async def test_hooks_are_around_it(database: str) -> None:
    tasks, hooks = TaskRegistry(), Hooks()
    order: list[str] = []
    hooks.on(JobStart)(lambda _event: order.append("hook"))

    @tasks.middleware
    async def around(job: Job, call: Call) -> Any:
        order.append("middleware")
        return await call()

    @tasks.task
    async def it(payload: int) -> None: ...

    async with AsyncClient(database) as client:
        await client.add_job("it", 1)
        await client.add_job("it", "no number")
    done = await drain(database, tasks, hooks=hooks)
    # A payload that does not fit comes to no handler, and to no middleware.
    assert order == ["hook", "middleware", "hook"]
    assert (len(done.completed), len(done.failed)) == (1, 1)


class _Object:
    async def __call__(self, job: Job, call: Call) -> Any:
        return await call()


@functools.wraps(_returns_it)
def _wraps_async(*arguments: Any) -> Any:
    return _returns_it(*arguments)


async def test_what_is_async() -> None:
    tasks = TaskRegistry()

    @tasks.task(middleware=[_Object(), functools.partial(_returns_it), _wraps_async])
    async def it() -> int:
        return 7

    assert await run_task(it) == 7


async def test_the_error_of_a_handler_has_no_frames_of_ours(database: str) -> None:
    tasks = TaskRegistry()
    tasks.middleware(surrounded.own)

    @tasks.task
    def fails(payload: dict[str, str]) -> None:
        raise ValueError("here")

    async with AsyncClient(database) as client:
        await client.add_job(fails, {"path": "/dev/null"})
    [failed] = (await drain(database, tasks)).failed
    assert "in fails" in failed.error
    assert "in own" in failed.error
    assert "graphile_worker/_tasks" not in failed.error
