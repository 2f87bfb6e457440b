"""BeforeJobSchedule sees all that a job is to be added with, and may change each of it; on either client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    Hooks,
    InvalidJob,
    JobSpec,
    Proceed,
    TaskRegistry,
    Unique,
    Worker,
)
from graphile_worker.testing import RecordingClient, jobs_of

AT = datetime(2100, 1, 1, tzinfo=UTC)
FULL = JobSpec(
    identifier="x",
    payload={"n": 1},
    queue_name="q",
    run_at=AT,
    max_attempts=3,
    job_key="k",
    priority=7,
    flags=["a"],
)
OPTIONS: dict[str, Any] = {
    "queue_name": "q", "run_at": AT, "max_attempts": 3, "job_key": "k", "priority": 7, "flags": ["a"],
}  # fmt: skip

Call = Callable[..., Any]
both = pytest.mark.parametrize("kind", ["plain", "async"])


def hooks_of(*interceptors: Callable[[BeforeJobSchedule], Any]) -> Hooks:
    hooks = Hooks()
    for interceptor in interceptors:
        hooks.on(BeforeJobSchedule)(interceptor)
    return hooks


async def call(kind: str, url: str, hooks: Hooks, name: str, *args: Any, **options: Any) -> Any:
    """A call of a client of its own."""
    if kind == "plain":
        with Client(url, hooks=hooks) as client:
            return await asyncio.to_thread(getattr(client, name), *args, **options)
    async with AsyncClient(url, hooks=hooks) as client:
        return await getattr(client, name)(*args, **options)


@both
async def test_it_sees_everything(database: str, kind: str) -> None:
    seen: list[BeforeJobSchedule] = []
    hooks = hooks_of(seen.append)
    await call(kind, database, hooks, "add_job", "x", {"n": 1}, **OPTIONS, job_key_mode="preserve_run_at")
    await call(kind, database, hooks, "add_jobs", [FULL], job_key_preserve_run_at=True)
    await call(kind, database, hooks, "add_job", "y", delay=timedelta(hours=1), flags=iter(["b"]))
    await call(kind, database, hooks, "add_batch_job", "z", [1, 2])
    unique = Unique()
    await call(kind, database, hooks, "add_unique_jobs", [JobSpec(identifier="u")], unique)
    assert [(event.spec, event.job_key_mode, event.unique) for event in seen] == [
        (FULL, "preserve_run_at", None),
        (FULL, "preserve_run_at", None),
        (JobSpec(identifier="y", delay=timedelta(hours=1), flags=["b"]), "replace", None),
        (JobSpec(identifier="z", payload=[1, 2]), "replace", None),
        (JobSpec(identifier="u"), "replace", unique),
    ]
    assert (seen[0].identifier, seen[0].payload) == ("x", {"n": 1})
    # Looked at, they arrive as ever.
    jobs = {job.task_identifier: job for job in jobs_of(database)}
    assert set(jobs) == {"x", "y", "z", "u"}
    assert jobs["y"].flags == {"b": True}


@both
async def test_it_changes_each_of_it(database: str, kind: str) -> None:
    change = Proceed(
        {"n": 2},
        identifier="other",
        queue_name="slow",
        run_at=AT,
        max_attempts=2,
        job_key="mine",
        priority=-3,
        flags=["careful"],
    )
    seen: list[JobSpec] = []
    hooks = hooks_of(lambda event: change if event.identifier == "x" else None, lambda event: seen.append(event.spec))
    await call(kind, database, hooks, "add_job", "x", {"n": 1}, delay=timedelta(hours=1))
    await call(kind, database, hooks, "add_jobs", [JobSpec(identifier="x"), JobSpec(identifier="y", priority=1)])
    first, second = sorted(jobs_of(database), key=lambda job: job.task_identifier)
    assert (first.task_identifier, first.payload, first.queue_name, first.run_at) == ("other", {"n": 2}, "slow", AT)
    assert (first.max_attempts, first.key, first.priority, first.flags) == (2, "mine", -3, {"careful": True})
    assert (second.task_identifier, second.priority) == ("y", 1)
    changed = JobSpec(**change.changes())
    assert seen == [changed, changed, JobSpec(identifier="y", priority=1)]


@both
async def test_none_takes_something_away(database: str, kind: str) -> None:
    hooks = hooks_of(lambda _event: Proceed(queue_name=None, run_at=None, job_key=None, flags=None, priority=None))
    job = await call(kind, database, hooks, "add_job", "x", {"n": 1}, **OPTIONS)
    assert (job.payload, job.key, job.flags, job.priority, job.max_attempts) == ({"n": 1}, None, None, 0, 3)
    assert job.run_at < AT
    assert job.job_queue_id is None


@pytest.mark.parametrize(
    ("given", "answer", "expected"),
    [
        ({"delay": timedelta(hours=1)}, Proceed(run_at=AT), (AT, None)),
        ({"run_at": AT}, Proceed(delay=timedelta(hours=1)), (None, timedelta(hours=1))),
        ({"run_at": AT}, Proceed(delay=None), (AT, None)),
        ({"delay": timedelta(hours=1)}, Proceed(priority=1), (None, timedelta(hours=1))),
    ],
)
async def test_what_says_when_takes_the_place_of_what_said_so_before(given: Any, answer: Any, expected: Any) -> None:
    client = RecordingClient(hooks=hooks_of(lambda _event: answer))
    await client.add_job("x", **given)
    await client.add_jobs([JobSpec(identifier="x", **given)])
    assert [(job.run_at, job.delay) for job in client.jobs] == [expected] * 2


@both
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Proceed(priority="high"), "bad priority 'high'"),  # type: ignore[arg-type]
        (Proceed(flags="careful"), "bad flags 'careful'"),
        (Proceed(run_at=AT, delay=timedelta(1)), "The job has a run_at"),
        (Proceed(identifier=None), "bad task identifier None"),  # type: ignore[arg-type]
        (Proceed(queue_name="x" * 200), "queue name"),
    ],
)
async def test_a_bad_value_adds_nothing(database: str, kind: str, answer: Proceed, complaint: str) -> None:
    hooks = hooks_of(lambda _event: answer)
    with pytest.raises(InvalidJob, match=complaint):
        await call(kind, database, hooks, "add_job", "x")
    with pytest.raises(InvalidJob, match=complaint):
        await call(kind, database, hooks, "add_jobs", [JobSpec(identifier="x")])
    assert jobs_of(database) == []


async def test_a_misspelt_name_is_logged_and_changes_nothing(database: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = hooks_of(lambda _event: Proceed(prio=1))  # type: ignore[call-arg]
    assert (await call("async", database, hooks, "add_job", "x", priority=2)).priority == 2
    assert "unexpected keyword argument 'prio'" in caplog.text


async def test_a_handler_in_a_thread_asks_on_the_loop_of_its_worker(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    def plain(payload: Any, context: Any) -> None:
        context.client.add_job("later", {"n": 1}, queue_name="q")
        context.client.add_jobs([JobSpec(identifier="later", priority=3)])

    loops: list[asyncio.AbstractEventLoop] = []

    async def decide(event: BeforeJobSchedule) -> Proceed:
        loops.append(asyncio.get_running_loop())
        return Proceed(max_attempts=4, run_at=AT)

    async with AsyncClient(database) as client:
        await client.add_job("plain")
    await Worker(database, tasks, hooks=hooks_of(decide)).run_once()
    assert [(job.task_identifier, job.max_attempts, job.run_at) for job in jobs_of(database)] == [("later", 4, AT)] * 2
    assert loops == [asyncio.get_running_loop()] * 2
