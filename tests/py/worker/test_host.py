"""What the program around a worker has to do with its end: an awaitable, signals in `async with`, and its client."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, GraphileWorkerError, Hooks, InvalidArgument, TaskRegistry, Worker
from graphile_worker._hooks.events import WorkerShutdown, WorkerStart
from tests.support import eventually, scalar

PROGRAM = """
import asyncio, sys
from datetime import timedelta
from graphile_worker import TaskRegistry, Worker

tasks = TaskRegistry()

@tasks.task
async def slow(payload: dict):
    print("started", flush=True)
    await asyncio.sleep(payload["seconds"])
    print("finished", flush=True)

async def main():
    async with Worker(sys.argv[1], tasks, handle_signals=True, grace_period=timedelta(seconds=30)) as worker:
        await worker.client.add_job("slow", {"seconds": float(sys.argv[2])})
        try:
            await asyncio.Event().wait()
        finally:
            print("the body has ended", flush=True)
    print("after the block", flush=True)

asyncio.run(main())
"""


def nothing() -> TaskRegistry:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "nothing")
    return tasks


def told() -> tuple[Hooks, list[str], asyncio.Event]:
    hooks, reasons, has_started = Hooks(), [], asyncio.Event()
    hooks.on(WorkerShutdown)(lambda event: reasons.append(event.reason))
    hooks.on(WorkerStart)(lambda _: has_started.set())
    return hooks, reasons, has_started


@pytest.mark.parametrize(
    ("seconds", "signals", "said"), [(0.5, 1, ["finished"]), (3600, 2, [])], ids=["one signal", "a second one"]
)
def test_a_signal_ends_the_body_of_the_block_and_what_runs_has_its_grace(
    database: str, seconds: float, signals: int, said: list[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, database, str(seconds)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "the body has ended\n"
        if signals == 2:
            process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        assert output.splitlines() == [*said, "after the block"]
        assert process.returncode == 0
    left: Any = scalar(database, "select count(*) from graphile_worker.jobs where locked_by is not null")
    assert left == 0


async def test_a_body_that_ends_at_the_same_moment_goes_on_after_the_block(database: str) -> None:
    hooks, reasons, has_started = told()
    async with Worker(database, nothing(), handle_signals=True, hooks=hooks):
        await has_started.wait()
        os.kill(os.getpid(), signal.SIGTERM)
    assert reasons in (["signal"], ["stop"])
    task = asyncio.current_task()
    assert task is not None
    await asyncio.sleep(0)
    assert task.cancelling() == 0


async def test_a_signal_is_heard_from_the_first_moment_of_the_block(database: str) -> None:
    hooks, reasons, _ = told()
    async with Worker(database, nothing(), handle_signals=True, hooks=hooks):
        assert callable(signal.getsignal(signal.SIGTERM))
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()
    assert reasons == ["signal"]


async def test_a_cancellation_on_the_way_into_the_block_leaves_no_worker(database: str) -> None:
    hooks, reasons, _ = told()
    worker = Worker(database, nothing(), handle_signals=True, hooks=hooks)

    async def block() -> None:
        async with worker:
            pytest.fail("was entered")

    task = asyncio.create_task(block())
    while getattr(worker, "_background", None) is None:  # noqa: ASYNC110  # Seen at the moment it is set.
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert worker._background.done()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert reasons in (["stop"], ["cancelled"], [])


async def test_whoever_cancels_the_body_besides_is_heard(database: str) -> None:
    hooks, reasons, has_started = told()

    async def block() -> None:
        async with Worker(database, nothing(), handle_signals=True, hooks=hooks):
            await has_started.wait()
            current = asyncio.current_task()
            assert current is not None
            os.kill(os.getpid(), signal.SIGTERM)
            while not current.cancelling():
                # Without going to the loop's end: both cancellations are there before one is heard.
                await _step()
            current.cancel()
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reasons == ["signal"]


async def _step() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)


async def test_an_error_of_the_body_is_not_swallowed(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with Worker(database, nothing(), handle_signals=True):
            raise ZeroDivisionError


@pytest.mark.parametrize("kind", ["coroutine", "task", "cancelled task"])
@pytest.mark.parametrize("once", [False, True])
async def test_the_worker_stops_once_the_hosts_awaitable_is_done(database: str, kind: str, once: bool) -> None:
    hooks, reasons, _ = told()
    tasks = TaskRegistry()
    is_to_stop = asyncio.Event()
    has_stopped = asyncio.Event()
    count = 0

    @tasks.task
    async def again() -> None:
        nonlocal count
        count += 1
        # Without a stop it would go on for ever.
        await again.add()

    shutdown: Any = is_to_stop.wait()
    if kind != "coroutine":
        shutdown = asyncio.create_task(shutdown)
    async with AsyncClient(database) as client:
        await client.add_job("again")
    worker = Worker(database, tasks, shutdown=shutdown, hooks=hooks)

    async def run() -> None:
        await (worker.run_once() if once else worker.run())
        has_stopped.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(run())
        await eventually(lambda: count > 3)
        assert not has_stopped.is_set()
        if kind == "cancelled task":
            shutdown.cancel()
        else:
            is_to_stop.set()
    assert reasons == ["shutdown"]


async def test_a_second_run_is_refused_before_the_awaitable_is_touched(database: str) -> None:
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, failure: failures.append(failure))
    worker = Worker(database, nothing(), shutdown=asyncio.Event().wait())
    await worker.run_once()
    with pytest.raises(GraphileWorkerError, match="has run already"):
        await worker.run()
    await asyncio.sleep(0)
    gc.collect()
    assert failures == []


async def test_a_task_of_the_hosts_goes_on_when_the_worker_ends_before(database: str) -> None:
    is_to_stop = asyncio.Event()
    shutdown = asyncio.create_task(is_to_stop.wait())
    await Worker(database, nothing(), shutdown=shutdown).run_once()
    assert not shutdown.done()
    assert not shutdown.cancelling()
    is_to_stop.set()
    assert await shutdown


async def test_what_the_awaitable_raises_stops_the_worker_and_is_raised(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    hooks, reasons, _ = told()

    async def fail() -> None:
        raise ZeroDivisionError("the host is broken")

    with pytest.raises(ZeroDivisionError):
        await Worker(database, nothing(), shutdown=fail(), hooks=hooks).run()
    assert reasons == ["shutdown"]
    assert "what was given as shutdown has raised, stopping: ZeroDivisionError: the host is broken" in caplog.text


@pytest.mark.parametrize("given", [asyncio.Event, asyncio.Event().wait, 5], ids=["class", "function", "number"])
def test_what_is_no_awaitable_is_refused(given: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"bad shutdown .*asyncio.Event\(\).wait\(\)"):
        Worker("", nothing(), shutdown=given)


def test_handle_signals_is_true_or_false() -> None:
    with pytest.raises(InvalidArgument, match="bad handle_signals 1"):
        Worker("", nothing(), handle_signals=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["string", "factory"])
async def test_the_workers_client_adds_jobs_while_it_runs(database: str, kind: str) -> None:
    tasks = TaskRegistry()
    seen: list[str] = []

    @tasks.task
    async def note(payload: str) -> None:
        seen.append(payload)

    async def connect() -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(database, autocommit=True)

    async with Worker(database if kind == "string" else connect, tasks) as worker:
        assert worker.client.schema == "graphile_worker"
        await worker.client.add_job(note, "hello")
        await eventually(lambda: seen == ["hello"])
