"""What a handler returns: what can be awaited is awaited, and what says that nothing ran fails the job."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from itertools import starmap
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Discard,
    Fail,
    JobContext,
    Proceed,
    Reschedule,
    Retry,
    Skip,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker.testing import drain, run_task

ran: list[Any] = []
span: ContextVar[str] = ContextVar("span", default="none")


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    """The decorator that everybody has written once: plain, over whatever it is given."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        span.set("of the decorator")
        return function(*args, **kwargs)

    return wrapper


async def work(payload: Any) -> str:
    await asyncio.sleep(0)
    ran.append(payload)
    return "worked"


async def work_with_context(payload: Any, context: JobContext) -> str:
    await context.client.add_job("other", {"by": context.job.task_identifier})
    ran.append(span.get())
    return "worked"


async def returns_a_coroutine(payload: Any) -> Any:
    return work(payload)


class Handler:
    async def __call__(self, payload: Any) -> str:
        return await work(payload)


def submits(payload: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ran.append, payload)


def adds(payload: Any, context: JobContext) -> Any:
    ran.append(payload)
    return context.client.add_job("other", {"by": "adds"})


AWAITABLE: dict[str, Callable[..., Any]] = {
    "decorated": logged(work),
    "decorated_with_context": logged(work_with_context),
    "lambda": lambda payload: work(payload),
    "nested": returns_a_coroutine,
    "nested_lambda": lambda payload: returns_a_coroutine(payload),
    "object": Handler(),
    "method": Handler().__call__,
    "partial": functools.partial(work),
    "future": submits,
    "adds": adds,
}


def generator(payload: Any) -> Iterator[None]:
    ran.append(payload)
    yield


async def async_generator(payload: Any) -> AsyncIterator[None]:
    ran.append(payload)
    yield


@contextmanager
def manager(payload: Any) -> Iterator[None]:
    ran.append(payload)
    yield


async def returns_skip(payload: Any) -> Any:
    return Skip()


async def returns_pending(payload: Any) -> Any:
    """As if the second of two had never been looked for."""
    return await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=0)


class Panic(BaseException):
    pass


async def waits_for_all(payload: Any) -> Any:
    ran.append(payload)
    return await asyncio.wait({asyncio.ensure_future(asyncio.sleep(0))})


def of_any_size(payload: Any) -> Any:
    ran.append(payload)
    found: dict[str, Any] = {"many": [None] * 1_000_000}
    found["itself"] = found
    return found


DONE: dict[str, Callable[..., Any]] = {
    "tasks": waits_for_all,
    "of_any_size": of_any_size,
    "iterator": lambda payload: iter([ran.append(payload)]),
    "errors": lambda payload: [ran.append(payload), ValueError("one of several, which somebody has looked at")],
}

NOT_DONE: dict[str, tuple[Callable[..., Any], str]] = {
    "skip_class": (lambda _payload: Skip, "returned Skip: raise it"),
    "retry_class": (lambda _payload: Retry, "returned Retry: raise it"),
    "reschedule": (lambda _payload: Reschedule(attempts=1), "returned Reschedule(run_at=None, attempts=1): raise it"),
    "generator": (lambda payload: generator(payload), "returned a generator"),
    "async_generator": (lambda payload: async_generator(payload), "returned an async generator"),
    "manager": (lambda payload: manager(payload), "returned a context manager"),
    "coroutines": (lambda payload: [work(payload), work(payload)], "returned a list of what was never awaited"),
    "map": (lambda payload: map(ran.append, [payload]), "returned a map, of which nothing ran"),
    "filter": (lambda payload: filter(ran.append, [payload]), "returned a filter, of which nothing ran"),
    "zip": (lambda payload: zip(map(ran.append, [payload]), [1], strict=True), "returned a zip, of which nothing ran"),
    "enumerate": (lambda payload: enumerate(generator(payload)), "returned an enumerate, of which nothing ran"),
    "starmap": (lambda payload: starmap(ran.append, [(payload,)]), "returned a starmap, of which nothing ran"),
    "exception": (lambda _payload: ValueError("no"), "returned ValueError('no'): raise it"),
    "exception_class": (lambda _payload: LookupError, "returned LookupError: raise it"),
    "panic": (lambda _payload: Panic("at all"), "returned Panic('at all'): raise it"),
    "dict": (lambda payload: {"a": 1, "b": work(payload)}, "returned a dict of what was never awaited"),
    "nested_list": (lambda payload: [1, [work(payload)]], "returned a list of what was never awaited"),
    "nested_dict": (lambda payload: {"a": [{"b": work(payload)}]}, "returned a dict of what was never awaited"),
    "frozenset": (lambda payload: frozenset([work(payload)]), "returned a frozenset of what was never awaited"),
    "async_generators": (lambda payload: [async_generator(payload)], "returned a list of what was never awaited"),
    "futures": (lambda _payload: {"a": Future()}, "returned a dict of what was never awaited"),
    "own_futures": (returns_pending, "returned a tuple of what was never awaited"),
}


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


def registry(handlers: dict[str, Callable[..., Any]]) -> TaskRegistry:
    tasks = TaskRegistry()
    for name, handler in handlers.items():
        tasks.add(handler, name)
    return tasks


async def in_a_worker(database: str, tasks: TaskRegistry) -> None:
    await Worker(database, tasks, concurrency=2).run_once()


async def in_drain(database: str, tasks: TaskRegistry) -> None:
    await drain(database, tasks)


RUNS = pytest.mark.parametrize("run", [in_a_worker, in_drain])


@RUNS
@pytest.mark.parametrize("name", AWAITABLE)
async def test_what_can_be_awaited_is_awaited(database: str, name: str, run: Callable[..., Any]) -> None:
    async with AsyncClient(database) as client:
        await client.add_job(name, {"n": 1})
        await run(database, registry({name: AWAITABLE[name]}))
        expected = "of the decorator" if name == "decorated_with_context" else {"n": 1}
        assert ran == [expected]
        left = [(job.task_identifier, job.last_error) for job in await client.list_jobs()]
        assert left == ([("other", None)] if name in {"adds", "decorated_with_context"} else [])


@RUNS
@pytest.mark.parametrize("name", DONE)
async def test_what_may_be_returned(database: str, name: str, run: Callable[..., Any]) -> None:
    async with AsyncClient(database) as client:
        await client.add_job(name, {"n": 1})
        await run(database, registry({name: DONE[name]}))
        assert [job.last_error for job in await client.list_jobs()] == []
    assert ran == [{"n": 1}]


@RUNS
@pytest.mark.parametrize("name", NOT_DONE)
async def test_what_says_that_nothing_ran_fails(database: str, name: str, run: Callable[..., Any]) -> None:
    handler, error = NOT_DONE[name]
    async with AsyncClient(database) as client:
        job = await client.add_job(name, {"n": 1})
        await run(database, registry({name: handler}))
        shown = await client.show_job(job.id)
        assert shown is not None, "the job counts as done"
        assert error in (shown.last_error or "").partition("\n")[0]
    assert ran == []


OBEYED: dict[str, tuple[Callable[..., Any], list[str | None]]] = {
    "skip": (returns_skip, []),
    "nested_skip": (logged(returns_skip), []),
    "proceed": (lambda _payload: Proceed(), []),
    "discard": (lambda _payload: Discard("not needed"), []),
    "fail": (lambda _payload: Fail("no"), ["no"]),
    "retry": (lambda _payload: Retry("later"), ["later"]),
    "snooze": (lambda _payload: Snooze(delay=timedelta(hours=1)), [None]),
}


@RUNS
@pytest.mark.parametrize("name", OBEYED)
async def test_a_decision_that_is_returned_is_obeyed(database: str, name: str, run: Callable[..., Any]) -> None:
    handler, errors = OBEYED[name]
    async with AsyncClient(database) as client:
        await client.add_job(name)
        await run(database, registry({name: handler}))
        left = await client.list_jobs()
        assert [job.last_error for job in left] == errors
        assert [job.attempts for job in left] == [0 if name == "snooze" else 1 for _ in errors]


@pytest.mark.parametrize("name", sorted(set(AWAITABLE) - {"adds", "future", "decorated_with_context"}))
async def test_run_task_awaits(name: str) -> None:
    assert await run_task(registry(AWAITABLE)[name], {"n": 1}) == "worked"
    assert ran == [{"n": 1}]


@pytest.mark.parametrize("name", NOT_DONE)
async def test_run_task_raises(name: str) -> None:
    handler, error = NOT_DONE[name]
    with pytest.raises(Exception, match=r"returned") as raised:
        await run_task(registry({name: handler})[name], {})
    assert error in str(raised.value)


async def test_a_cancelled_job_cancels_the_coroutine_that_its_thread_returned(database: str) -> None:
    ended = asyncio.Event()
    started = asyncio.Event()

    async def wait() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with AsyncClient(database) as client:
        job = await client.add_job("wait")
        worker = Worker(database, registry({"wait": lambda: wait()}))
        run = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            await started.wait()
            worker.stop(now=True)
            await run
        assert ended.is_set()
        shown = await client.show_job(job.id)
        assert shown is not None
        assert (shown.attempts, shown.locked_by) == (0, None)
