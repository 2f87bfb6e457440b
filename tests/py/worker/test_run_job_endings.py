"""Jobs that end by the word of their handlers, or of hooks: Retry, Snooze, GiveUp, Discard."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    BeforeJobRun,
    Discard,
    GiveUp,
    Hooks,
    JobComplete,
    JobFail,
    JobPermanentlyFail,
    Retry,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker._hooks.endings import Ending
from graphile_worker.testing import drain

HOUR = timedelta(hours=1)
IN_2100 = datetime(2100, 1, 1, tzinfo=UTC)
ENDINGS: dict[str, Ending] = {
    "retry": Retry("closed", delay=HOUR),
    "retry_as_ever": Retry(),
    "snooze": Snooze(delay=HOUR),
    "snooze_until": Snooze("too early", until=IN_2100),
    "give_up": GiveUp("no such customer"),
    "discard": Discard("not needed"),
}


def retry_in_a_process() -> None:
    raise Retry("closed", delay=HOUR)


def raise_it(name: str) -> None:
    raise ENDINGS[name]


def return_it(name: str) -> Ending:
    return ENDINGS[name]


async def raise_it_on_the_loop(name: str) -> None:
    raise ENDINGS[name]


async def return_it_on_the_loop(name: str) -> Ending:
    return ENDINGS[name]


def raise_it_for_a_batch(names: list[str]) -> None:
    raise ENDINGS[names[0]]


async def return_it_for_a_batch(names: list[str]) -> Ending:
    return ENDINGS[names[0]]


def no_route() -> None:
    raise ConnectionError("no route to the bank")


def registry(way: str) -> TaskRegistry:
    """Each kind of ending, raised on the event loop, in a thread, or by hooks."""
    tasks = TaskRegistry()

    def handler(name: str) -> Callable[[], Any]:
        async def on_the_loop() -> None:
            if way == "loop":
                raise ENDINGS[name]

        def in_a_thread() -> None:
            raise ENDINGS[name]

        return in_a_thread if way == "thread" else on_the_loop

    for name in ENDINGS:
        tasks.add(handler(name), name)
    return tasks


def hooks_of(way: str) -> Hooks:
    hooks = Hooks()
    if way in ("before", "after"):

        @hooks.on(BeforeJobRun if way == "before" else AfterJobRun)
        def decide(event: Any) -> Ending:
            return ENDINGS[event.job.task_identifier]

    return hooks


@pytest.mark.parametrize("way", ["loop", "thread", "before", "after"])
@pytest.mark.parametrize("run", ["worker", "drain"])
async def test_jobs_end_as_they_say(database: str, way: str, run: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graphile_worker")
    tasks, hooks = registry(way), hooks_of(way)
    async with AsyncClient(database) as client:
        ids = {name: (await client.add_job(name)).id for name in ENDINGS}
        before = datetime.now(UTC)
        if run == "worker":
            await Worker(database, tasks, hooks=hooks, concurrency=2).run_once()
        else:
            drained = await drain(database, tasks, hooks=hooks)
            assert sorted(job.task_identifier for job in drained.snoozed) == ["snooze", "snooze_until"]
            assert drained.identifiers == ["discard"]
        jobs = {job.task_identifier: job for job in await client.list_jobs()}
    took = datetime.now(UTC) - before + timedelta(seconds=1)
    assert jobs.keys() == ENDINGS.keys() - {"discard"}
    shown = {name: (job.job_state, job.attempts, job.last_error) for name, job in jobs.items()}
    assert shown == {
        "retry": ("scheduled", 1, "closed"),
        "retry_as_ever": ("scheduled", 1, "The task wants to be tried again"),
        "snooze": ("scheduled", 0, None),
        "snooze_until": ("scheduled", 0, None),
        "give_up": ("failed", 25, "Given up: no such customer"),
    }
    for name in ("retry", "snooze"):
        assert timedelta(0) <= jobs[name].run_at - before - HOUR < took
    assert timedelta(seconds=2.7) < jobs["retry_as_ever"].run_at - before < took + timedelta(seconds=2.8)
    assert jobs["snooze_until"].run_at == IN_2100
    said = [record.getMessage() for record in caplog.records]
    assert f"job {ids['discard']} (discard): Discarded: not needed" in said
    assert any(text.startswith(f"job {ids['snooze']} (snooze): Put off by 1:00:00") for text in said)


async def test_hooks_are_told_what_the_database_made_of_it(database: str) -> None:
    told: list[tuple[str, str]] = []
    hooks = Hooks()
    for kind in (JobComplete, JobFail, JobPermanentlyFail, AfterJobRun):

        @hooks.on(kind)
        def tell(event: Any) -> None:
            told.append((event.job.task_identifier, type(event).__name__))

    async with AsyncClient(database) as client:
        for name in ENDINGS:
            await client.add_job(name)
        await Worker(database, registry("loop"), hooks=hooks).run_once()
    assert sorted(told) == sorted(
        [(name, "AfterJobRun") for name in ENDINGS]
        + [("discard", "JobComplete"), ("retry", "JobFail"), ("retry_as_ever", "JobFail")]
        + [("give_up", "JobFail"), ("give_up", "JobPermanentlyFail")]
    )


@pytest.mark.parametrize("run", ["worker", "drain"])
async def test_it_is_the_same_wherever_a_handler_says_so(database: str, run: str) -> None:
    tasks = TaskRegistry()
    tasks.add(raise_it, "raises in a thread")
    tasks.add(return_it, "returns in a thread")
    tasks.add(raise_it, "raises in a process", run_in="process")
    tasks.add(return_it, "returns in a process", run_in="process")
    tasks.add(raise_it_on_the_loop, "raises")
    tasks.add(return_it_on_the_loop, "returns")
    tasks.batch("raises for a batch")(raise_it_for_a_batch)
    tasks.batch("returns for a batch")(return_it_for_a_batch)
    async with AsyncClient(database) as client:
        ids = {}
        for task in tasks:
            # Without the one that may be due again before all have run.
            for name in ENDINGS.keys() - {"retry_as_ever"}:
                ids[(await client.add_job(task, [name] if "batch" in task else name)).id] = name
        before = datetime.now(UTC)
        if run == "worker":
            await Worker(database, tasks, concurrency=4).run_once()
        else:
            await drain(database, tasks)
        jobs = [job for id_ in ids if (job := await client.show_job(id_))]
    expected = {
        "retry": ("scheduled", 1, "closed", True),
        "snooze": ("scheduled", 0, None, True),
        "snooze_until": ("scheduled", 0, None, True),
        "give_up": ("failed", 25, "Given up: no such customer", False),
    }
    for job in jobs:
        in_an_hour = job.run_at - before > timedelta(minutes=59)
        found = (job.job_state, job.attempts, job.last_error, in_an_hour)
        assert found == expected[ids[job.id]], (job.task_identifier, ids[job.id])
    assert len(jobs) == len(expected) * len(tasks)


async def test_an_ending_comes_out_of_a_process(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(retry_in_a_process, "retry", run_in="process")
    async with AsyncClient(database) as client:
        added = await client.add_job("retry")
        await Worker(database, tasks).run_once()
        job = await client.show_job(added.id)
        assert job is not None
        assert (job.last_error, job.attempts) == ("closed", 1)
        assert job.run_at - added.run_at > timedelta(minutes=59)


async def test_the_cause_of_a_retry_stands_in_last_error(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def charge() -> None:
        try:
            no_route()
        except ConnectionError as error:
            raise Retry("the bank is closed", delay=HOUR) from error

    async with AsyncClient(database) as client:
        added = await client.add_job("charge", max_attempts=1)
        await Worker(database, tasks).run_once()
        job = await client.show_job(added.id)
    assert job is not None
    assert job.last_error is not None
    assert job.last_error.startswith("the bank is closed\nConnectionError: no route to the bank\n")
    # Out of attempts it has failed for good, whatever it wants.
    assert job.job_state == "failed"


async def test_a_queue_goes_on_behind_a_job_that_was_put_off(database: str) -> None:
    tasks = TaskRegistry()
    ran: list[str] = []

    @tasks.task
    async def step(name: str) -> None:
        ran.append(name)
        if name == "early":
            raise Snooze(delay=HOUR)

    async with AsyncClient(database) as client:
        await client.add_job("step", "early", queue_name="q")
        await client.add_job("step", "next", queue_name="q")
        await Worker(database, tasks).run_once()
        assert ran == ["early", "next"]
        assert [(job.attempts, job.locked_by) for job in await client.list_jobs()] == [(0, None)]


async def test_outcomes_of_all_kinds_go_into_one_round(database: str) -> None:
    """Each array has its own order: what is handed in for one must not reach another."""
    tasks = TaskRegistry()

    @tasks.task
    async def end(kind: str) -> None:
        if kind == "error":
            raise ValueError("plain")
        if kind in ENDINGS:
            raise ENDINGS[kind]

    kinds = ["done", "error", *ENDINGS] * 5
    async with AsyncClient(database) as client:
        ids = {(await client.add_job("end", kind)).id: kind for kind in kinds}
        before = datetime.now(UTC)
        await Worker(
            database, tasks, concurrency=len(kinds), complete_batch_delay=HOUR / 3600, fail_batch_delay=HOUR / 3600
        ).run_once()
        jobs = await client.list_jobs(limit=100)
    left = [kind for kind in kinds if kind not in ("done", "discard")]
    assert sorted(ids[job.id] for job in jobs) == sorted(left)
    for job in jobs:
        kind = ids[job.id]
        assert job.attempts == {"give_up": 25, "snooze": 0, "snooze_until": 0}.get(kind, 1), kind
        late = job.run_at - before > HOUR / 2
        assert late == (kind in ("retry", "snooze", "snooze_until")), kind
