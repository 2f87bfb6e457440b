"""Middleware: around handlers of every kind, in a worker, in drain and in run_task."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Discard,
    GiveUp,
    Hooks,
    Job,
    JobCancel,
    JobContext,
    Retry,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker.testing import drain, run_task
from tests import support
from tests.py.tasks import surrounded

Call = Callable[[], Awaitable[Any]]
PlainCall = Callable[[], Any]
AROUND = {
    "loop": ["async here", "handler nobody", "end async"],
    "batch": ["async here", "handler nobody", "end async"],
    "thread": ["async here", "plain here", "own", "handler tenant of {}", "end plain", "end async"],
    "process": ["async here", "plain there", "own", "handler tenant of {}", "end plain", "end async"],
    "process_batch": ["async here", "plain there", "handler tenant of {}", "end plain", "end async"],
}


def payload_of(name: str, path: Path) -> Any:
    return [{"path": str(path)}] if "batch" in name else {"path": str(path)}


@pytest.mark.parametrize("name", AROUND)
async def test_around_a_handler_of_every_kind(name: str, database: str, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    payload = payload_of(name, path)
    async with AsyncClient(database) as client:
        job = await client.add_job(name, payload)
        await Worker(database, surrounded.tasks, concurrency=1).run_once()
        assert surrounded.lines(path) == [line.format(job.id) for line in AROUND[name]]
        assert (await client.stats()).total == 0
        job = await client.add_job(name, payload)
    assert (await drain(database, surrounded.tasks)).check().identifiers == [name]
    assert surrounded.lines(path) == [line.format(job.id) for line in AROUND[name]]
    result = await run_task(surrounded.tasks[name], payload)
    assert result == ([None] if "batch" in name else "result")
    assert surrounded.lines(path) == [line.format(1) for line in AROUND[name]]


async def test_a_cancel_interrupts_it_too(database: str) -> None:
    tasks, hooks = TaskRegistry(), Hooks()
    started, cleaned_up = asyncio.Event(), asyncio.Event()
    cancelled: list[int] = []
    hooks.on(JobCancel)(lambda event: cancelled.append(event.job.id))

    @tasks.middleware
    async def around(job: Job, call: Call) -> Any:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned_up.set()

    @tasks.task
    def in_thread() -> None:
        raise AssertionError

    async with AsyncClient(database) as client, Worker(database, tasks, hooks=hooks):
        job = await client.add_job(in_thread)
        await asyncio.wait_for(started.wait(), 20)
        assert [one.outcome for one in await client.cancel_jobs([job.id])] == ["asked"]
        await asyncio.wait_for(cleaned_up.wait(), 20)
        await support.eventually(lambda: cancelled)
    assert cancelled == [job.id]


async def test_around_a_program_is_what_is_async(database: str, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    tasks = TaskRegistry()
    told: list[str] = []

    @tasks.middleware
    async def around(job: Job, call: Call) -> Any:
        with pytest.raises(Exception, match="exit code 3"):
            await call()
        told.append(job.task_identifier)

    @tasks.middleware
    def plain(job: Job, call: PlainCall) -> Any:
        raise AssertionError

    tasks.executable("program", program)
    async with AsyncClient(database) as client:
        await client.add_job("program")
        await Worker(database, tasks).run_once()
        assert (told, (await client.stats()).total) == (["program"], 0)


@pytest.mark.parametrize("name", ["batch", "process_batch"])
async def test_items_of_a_batch_that_failed_are_kept(name: str, database: str, tmp_path: Path) -> None:
    item = {"path": str(tmp_path / "lines")}
    async with AsyncClient(database) as client:
        job = await client.add_job(name, [item, {**item, "error": "no such item"}])
        await Worker(database, surrounded.tasks).run_once()
        shown = await client.show_job(job.id)
        assert shown is not None
        assert [one["error"] for one in shown.payload] == ["no such item"]


async def test_what_is_set_is_seen_by_the_handler_and_by_no_other_job(database: str) -> None:
    var: ContextVar[int | None] = ContextVar("var", default=None)
    tasks = TaskRegistry()
    seen: dict[int, set[int | None]] = {}
    both = threading.Barrier(2)
    together = asyncio.Barrier(2)

    @tasks.middleware
    async def around(job: Job, call: Call) -> Any:
        seen[job.id] = {var.get()}
        var.set(job.id)
        return await call()

    @tasks.task
    async def on_loop(context: JobContext) -> None:
        await together.wait()
        seen[context.job.id].add(await asyncio.create_task(asyncio.sleep(0, var.get())))
        seen[context.job.id].add(var.get())

    @tasks.task
    def in_thread(context: JobContext) -> None:
        both.wait(20)
        seen[context.job.id].add(var.get())

    async with AsyncClient(database) as client:
        ids = [(await client.add_job(task)).id for task in (on_loop, in_thread) for _ in range(4)]
        # Two jobs at a time, which wait for each other.
        await Worker(database, tasks, concurrency=2).run_once()
    assert seen == {job_id: {None, job_id} for job_id in ids}


async def test_the_first_registered_is_outermost_and_those_of_the_task_are_within(database: str) -> None:
    tasks = TaskRegistry()
    order: list[str] = []

    def named(name: str) -> Callable[[Job, Call], Awaitable[Any]]:
        async def around(job: Job, call: Call) -> Any:
            order.append(name)
            result = await call()
            order.append(f"end {name}")
            return f"{name}({result})"

        return around

    tasks.middleware(named("first"))

    @tasks.task(middleware=[named("own"), named("inner")])
    async def one() -> str:
        return "one"

    @tasks.task
    async def other() -> str:
        return "other"

    tasks.middleware(named("second"))
    assert await run_task(one) == "first(second(own(inner(one))))"
    assert await run_task(other) == "first(second(other))"
    assert order[:8] == ["first", "second", "own", "inner", "end inner", "end own", "end second", "end first"]


@pytest.mark.parametrize("kind", ["loop", "thread"])
async def test_what_it_makes_of_a_job_counts(kind: str, database: str) -> None:
    tasks = TaskRegistry()
    ran: list[str] = []

    async def on_loop(job: Job, call: Call) -> Any:
        return await made_of(job, await _caught(call))

    def in_place(job: Job, call: PlainCall) -> Any:
        try:
            call()
        except ValueError as error:
            return _decide(job, error)
        return None

    def _decide(job: Job, error: Exception | None) -> Any:
        match job.payload:
            case "swallow":
                return None
            case "replace":
                raise KeyError("another") from error
            case "snooze":
                return Snooze(delay=timedelta(hours=1))
            case "give up":
                raise GiveUp("enough") from error
            case "discard":
                raise Discard
            case "retry":
                raise Retry("later") from error
        raise AssertionError

    async def made_of(job: Job, error: Exception | None) -> Any:
        return _decide(job, error)

    async def _caught(call: Call) -> Exception | None:
        try:
            await call()
        except ValueError as error:
            return error
        return None

    def handler(payload: str) -> None:
        ran.append(payload)
        raise ValueError("of the handler")

    async def async_handler(payload: str) -> None:
        handler(payload)

    if kind == "loop":
        tasks.add(async_handler, "it", middleware=[on_loop])
    else:
        tasks.add(handler, "it", middleware=[in_place])
    words = ["swallow", "replace", "snooze", "give up", "discard", "retry"]
    async with AsyncClient(database) as client:
        ids = {word: (await client.add_job("it", word)).id for word in words}
        await Worker(database, tasks).run_once()
        left = {word: job for word, id_ in ids.items() if (job := await client.show_job(id_))}
    assert sorted(ran) == sorted(words)
    assert set(left) == {"replace", "snooze", "give up", "retry"}
    assert (left["replace"].last_error or "").startswith("KeyError: 'another'")
    assert (left["snooze"].attempts, left["snooze"].last_error) == (0, None)
    assert left["give up"].job_state == "failed"
    assert (left["retry"].last_error or "").startswith("later\n")
    assert left["retry"].job_state == "scheduled"
