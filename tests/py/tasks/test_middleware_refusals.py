"""Middleware that is refused where it is registered: what can't be called, and what would never run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import InvalidArgument, Job, TaskRegistry
from tests.py.tasks import surrounded

Call = Callable[[], Awaitable[Any]]
PlainCall = Callable[[], Any]


class _Object:
    async def __call__(self, job: Job, call: Call) -> Any:
        return await call()


async def _returns_it(job: Job, call: Call) -> Any:
    return call()


def _generator(job: Job, call: PlainCall) -> Any:
    yield call()


@contextmanager
def _context_manager(job: Job, call: PlainCall) -> Any:
    yield call()


@asynccontextmanager
async def _async_context_manager(job: Job, call: Call) -> Any:
    yield await call()


class _GeneratorObject:
    def __call__(self, job: Job, call: PlainCall) -> Any:
        yield call()


def _of_one(job: Job) -> None: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_generator, "is a generator"),
        (_context_manager, "is a generator"),
        (_async_context_manager, "is a generator"),
        (_GeneratorObject(), "is a generator"),
        (_of_one, r"_of_one\(job.*can't be given"),
        (_Object, "is no middleware"),
        ("surrounded", "is no middleware"),
    ],
)
def test_what_is_refused(function: Any, message: str) -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match=message):
        tasks.middleware(function)
    with pytest.raises(InvalidArgument, match=message):
        tasks.task("it", middleware=[function])(surrounded.handled)


def test_refused_where_it_would_never_run(tmp_path: Path) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def on_loop() -> None: ...

    with pytest.raises(InvalidArgument, match="is plain, and task 'it' is an async function"):
        tasks.add(on_loop, "it", middleware=[surrounded.own])
    with pytest.raises(InvalidArgument, match="is plain, and task 'sh' is a program"):
        tasks.executable("sh", "/bin/sh", middleware=[surrounded.own])
    with pytest.raises(InvalidArgument, match="It is a list"):
        tasks.add(on_loop, "it", middleware=_returns_it)  # type: ignore[arg-type]
    assert list(tasks) == ["on_loop"]
    tasks.add(surrounded.handled, "process", run_in="process")
    with pytest.raises(InvalidArgument, match="'process' runs in a process, which can't find"):
        tasks.middleware(lambda job, call: call())
    assert tasks["process"].middleware is None
    tasks.middleware(surrounded.own)
    with pytest.raises(InvalidArgument, match="can't find"):
        tasks.task("other", run_in="process", middleware=[lambda job, call: call()])(surrounded.handled)
    assert list(tasks) == ["on_loop", "process"]


def test_refused_as_a_whole() -> None:
    tasks = TaskRegistry()
    for name, run_in in (("thread", "thread"), ("process", "process")):
        tasks.add(surrounded.handled, name, run_in=run_in)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="can't find"):
        tasks.middleware(lambda job, call: call())
    tasks.add(surrounded.handled, "later")
    assert [tasks[name].middleware for name in tasks] == [None, None, None]
