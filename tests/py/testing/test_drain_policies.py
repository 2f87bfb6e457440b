"""Policies, time-outs, cancels and decisions of handlers in `drain` and `run_task`: as in a worker."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Discard,
    Fixed,
    GiveUp,
    Hooks,
    JobCancel,
    JobContext,
    JobFail,
    JobSpec,
    Retry,
    Skip,
    Snooze,
    TaskRegistry,
)
from graphile_worker._hooks.endings import Ending
from graphile_worker.testing import drain, jobs_of, make_context, run_task

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
SHORT = timedelta(milliseconds=200)
HOUR = timedelta(hours=1)


async def waits() -> None:
    await asyncio.Event().wait()


async def cleans_up() -> None:
    try:
        await waits()
    except asyncio.CancelledError:
        raise ValueError("half done") from None


async def ends_well() -> str:
    try:
        await waits()
    except asyncio.CancelledError:
        return "done"


def looks(_payload: object, context: JobContext) -> None:
    until = time.monotonic() + 20
    while not context.is_cancelled and time.monotonic() < until:
        time.sleep(0.01)
    raise RuntimeError("stopped half way")


def asks(_payload: object, context: JobContext) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        context.raise_if_cancelled()
        time.sleep(0.01)


def hands_over(_payload: object, _context: JobContext) -> Any:
    """It begins in a thread, and goes on where it can be interrupted."""
    return waits()


def hands_over_late(_payload: object, context: JobContext) -> Any:
    """It is told in its thread, and goes on all the same."""
    until = time.monotonic() + 20
    while not context.is_cancelled and time.monotonic() < until:
        time.sleep(0.01)
    return waits()


def program(folder: Path) -> Path:
    path = folder / "wait"
    path.write_text("#!/bin/sh\nexec sleep 600\n")
    path.chmod(0o755)
    return path


def stoppable(folder: Path, **options: Any) -> TaskRegistry:
    tasks = TaskRegistry()
    for handler in (waits, cleans_up, ends_well, looks, asks, hands_over, hands_over_late):
        tasks.add(handler, handler.__name__, **options)
    tasks.executable("program", program(folder), **options)
    return tasks


STOPPED = ["waits", "cleans_up", "looks", "asks", "hands_over", "hands_over_late", "program"]


async def test_retries_are_planned_as_the_code_says(database: str) -> None:
    tasks = TaskRegistry()

    def doubled(attempts: int, _error: BaseException) -> timedelta:
        return attempts * HOUR

    @tasks.task(retry=Fixed([HOUR]))
    async def fixed() -> None:
        raise ValueError("bad luck")

    @tasks.task(retry=doubled)
    async def by_function() -> None:
        raise ValueError("bad luck")

    with Client(database) as client:
        client.add_jobs([JobSpec(identifier=name, run_at=NOW) for name in tasks])
    assert len((await drain(database, tasks, now=NOW)).failed) == 2
    assert [job.run_at for job in jobs_of(database)] == [NOW + HOUR, NOW + HOUR]
    assert len((await drain(database, tasks, now=NOW + HOUR)).failed) == 2
    assert [job.run_at for job in jobs_of(database)] == [NOW + 2 * HOUR, NOW + 3 * HOUR]


async def test_an_error_to_give_up_on(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task(give_up_on=LookupError)
    async def gives_up() -> None:
        raise KeyError("customer")

    @tasks.task(retry_on=OSError)
    async def not_to_be_retried() -> None:
        raise ValueError("bad luck")

    @tasks.task(retry_on=OSError)
    async def to_be_retried() -> None:
        raise ConnectionError("no route")

    @tasks.task(bad_payload="fail")
    async def typed(_payload: int) -> None: ...

    with Client(database) as client:
        for name in tasks:
            client.add_job(name, "text")
    done = await drain(database, tasks)
    will_retry = {failed.job.task_identifier: failed.will_retry for failed in done.failed}
    assert will_retry == {"gives_up": False, "not_to_be_retried": False, "to_be_retried": True, "typed": False}
    # By itself a handler's error is what it raises; what becomes of the job is for `drain` to say.
    with pytest.raises(KeyError):
        await run_task(tasks["gives_up"])


@pytest.mark.parametrize("committed", [True, False], ids=["by url", "in a transaction"])
async def test_attempts_and_expiry(database: str, committed: bool) -> None:
    tasks, ran = TaskRegistry(), []

    @tasks.task(expires_after=HOUR, max_attempts=3)
    async def soon(name: str) -> None:
        ran.append(name)

    async with await psycopg.AsyncConnection.connect(database, autocommit=committed) as connection:
        target = database if committed else connection
        # A worker, or an earlier one of these, has published it.
        await drain(target, tasks)
        async with AsyncClient(connection) as client:
            late = await client.add_job("soon", "late", run_at=NOW - 2 * HOUR)
            await client.add_job("soon", "in time", run_at=NOW - HOUR / 2)
            done = await drain(target, tasks, now=NOW)
            assert (ran, len(done)) == (["in time"], 1)
            [expired] = await jobs_of(connection)
        assert (expired.id, expired.job_state, expired.max_attempts) == (late.id, "failed", 3)
        assert expired.last_error == "Expired: not started in time"


async def test_a_time_out(database: str, tmp_path: Path) -> None:
    tasks, hooks, told = stoppable(tmp_path, timeout=SHORT), Hooks(), []
    hooks.on(JobFail)(lambda event: told.append(event.timed_out))
    with Client(database) as client:
        for name in tasks:
            client.add_job(name)
    done = await drain(database, tasks, hooks=hooks)
    assert done.identifiers == ["ends_well"]
    errors = {failed.job.task_identifier: failed.error.splitlines() for failed in done.failed}
    assert list(errors) == STOPPED
    assert {lines[0] for lines in errors.values()} == {
        "Timed out after 0:00:00.200000, the time-out of its task's policy"
    }
    assert errors["cleans_up"][1] == "ValueError: half done"
    assert errors["asks"][1].startswith("JobCancelled: ")
    assert told == [True] * len(STOPPED)
    for name in STOPPED:
        with pytest.raises(TimeoutError, match=r"timeout of 0:00:00\.200000 is over"):
            await run_task(tasks[name])
    assert await run_task(tasks["ends_well"]) == "done"


async def test_an_operator_s_time_out_comes_before_that_of_the_code(database: str, tmp_path: Path) -> None:
    tasks = stoppable(tmp_path, timeout=HOUR)
    with Client(database) as client:
        client.set_task_policy("waits", timeout=SHORT)
        client.add_job("waits")
    [failed] = (await drain(database, tasks)).failed
    assert failed.will_retry


@pytest.mark.parametrize("name", STOPPED)
@pytest.mark.parametrize("remove", [False, True])
async def test_a_job_is_cancelled_while_it_runs(database: str, tmp_path: Path, name: str, remove: bool) -> None:
    tasks, hooks, told = stoppable(tmp_path), Hooks(), []
    hooks.on(JobCancel)(lambda event: told.append((event.job.id, event.reason, event.was_started)))
    async with AsyncClient(database) as client:
        job = await client.add_job(name)
        draining = asyncio.create_task(drain(database, tasks, hooks=hooks))
        async with asyncio.timeout(20):
            while (await client.show_job(job.id)).job_state != "locked":  # type: ignore[union-attr]  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await client.cancel_jobs([job.id], "wrong file", remove=remove)
            done = await draining
        assert [cancelled.id for cancelled in done.cancelled] == [job.id]
        assert len(done) == 1
        done.check()
        shown = [(left.job_state, left.last_error) for left in await client.list_jobs()]
    assert shown == ([] if remove else [("failed", "Cancelled: wrong file")])
    assert told == [(job.id, "wrong file", True)]


async def test_a_job_that_cancels_itself_in_a_transaction(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def cancels(_payload: object, context: JobContext) -> None:
        await context.client.cancel_jobs([context.job.id], "not mine")
        raise ValueError("and fails")

    async with await psycopg.AsyncConnection.connect(database) as connection:
        async with AsyncClient(connection) as client:
            await client.add_job("cancels")
        assert len((await drain(connection, tasks)).cancelled) == 1
        [job] = await jobs_of(connection)
        assert (job.job_state, job.last_error) == ("failed", "Cancelled: not mine")


async def test_whoever_cancels_drain_or_run_task_is_heard(database: str, tmp_path: Path) -> None:
    tasks = stoppable(tmp_path, timeout=HOUR)
    with Client(database) as client:
        client.add_job("waits")
    for call in (drain(database, tasks), run_task(tasks["waits"])):
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(1):
                await call  # type: ignore[misc]
        assert str(caught.value) == ""


async def test_a_thread_in_a_test_is_told_by_the_test(tmp_path: Path) -> None:
    stop = threading.Event()
    running = asyncio.create_task(
        run_task(stoppable(tmp_path)["looks"], context=make_context(is_cancelled=stop.is_set))
    )
    await asyncio.sleep(0)
    stop.set()
    with pytest.raises(RuntimeError, match="stopped half way"):
        await running
    assert not make_context().is_cancelled


@pytest.mark.parametrize(
    "make",
    [lambda: Retry("closed", delay=HOUR), lambda: Snooze(delay=HOUR), lambda: GiveUp("no"), lambda: Discard("no")],
)
@pytest.mark.parametrize("returned", [True, False])
async def test_run_task_raises_how_a_job_ends(make: Callable[[], Ending], returned: bool) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def ends() -> Any:
        if returned:
            return make()
        raise make()

    with pytest.raises(Ending) as caught:
        await run_task(tasks["ends"])
    assert type(caught.value) is type(make())
    assert vars(caught.value) == vars(make())


async def test_a_decision_of_hooks_is_an_end_in_run_task_too() -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def skips() -> Skip:
        return Skip()

    with pytest.raises(Discard):
        await run_task(tasks["skips"])
