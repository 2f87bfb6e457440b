"""What handlers raise and return in threads and processes, and what is left of their pool afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from graphile_worker import AsyncClient, Discard, TaskRegistry, Worker
from graphile_worker._tasks.errors import TaskProcessError
from graphile_worker._tasks.executors import Places
from graphile_worker._tasks.results import ResultError
from tests.py.support import process_tasks

RunIn = Literal["thread", "process"]


def registry(run_in: RunIn) -> TaskRegistry:
    tasks = TaskRegistry()
    for handler in (
        process_tasks.raise_error,
        process_tasks.return_what_raises,
        process_tasks.pid_of_process,
        process_tasks.return_a_coroutine,
        process_tasks.return_a_generator,
        process_tasks.return_a_lock,
        process_tasks.return_what_can_be_read_nowhere,
        process_tasks.return_skip,
    ):
        tasks.add(handler, handler.__name__, run_in=run_in)
    tasks.add(process_tasks.return_a_lock, "batch", run_in=run_in, is_batch=True)
    return tasks


@pytest.fixture
def places() -> Iterator[Places]:
    places = Places(1)
    yield places
    places.close()


@pytest.mark.parametrize("name", ["raise_error", "return_what_raises"])
@pytest.mark.parametrize("run_in", ["thread", "process"])
async def test_whatever_is_raised_comes_back_and_the_pool_stays(places: Places, run_in: RunIn, name: str) -> None:
    tasks = registry(run_in)
    pid = await places.run(tasks["pid_of_process"], ())
    assert (pid == os.getpid()) == (run_in == "thread")
    replaced = {"unpicklable", "unreadable_elsewhere", "pytest_fail", "100_mb", "deep"}
    for kind, make in process_tasks.ERRORS.items():
        expected = type(make())
        with pytest.raises(BaseException) as raised:  # All there are.
            await places.run(tasks[name], (kind,))
        if expected is StopIteration:
            expected = RuntimeError
        if run_in == "process" and kind in replaced:
            text = str(raised.value)
            assert expected.__name__ in text, kind
            assert len(text) <= 20_000
            assert isinstance(raised.value, TaskProcessError), kind
        else:
            assert raised.type is expected, kind
        assert await places.run(tasks["pid_of_process"], ()) == pid, f"{kind} has broken the pool"


async def test_what_a_process_returns(places: Places) -> None:
    tasks = registry("process")
    pid = await places.run(tasks["pid_of_process"], ())
    # It is run there to its end.
    assert await places.run(tasks["return_a_coroutine"], ()) == pid
    assert await places.run(tasks["return_a_lock"], ()) is None
    assert await places.run(tasks["return_what_can_be_read_nowhere"], ()) is None
    with pytest.raises(TypeError, match="pickle"):
        await places.run(tasks["batch"], ())
    with pytest.raises(ResultError, match="returned a generator"):
        await places.run(tasks["return_a_generator"], ())
    with pytest.raises(Discard):
        await places.run(tasks["return_skip"], ())
    assert await places.run(tasks["pid_of_process"], ()) == pid


async def test_an_argument_that_can_not_be_sent_fails_its_job_alone(places: Places) -> None:
    tasks = registry("process")
    pid = await places.run(tasks["pid_of_process"], ())
    for argument in (process_tasks.Unpicklable(), process_tasks.UnreadableElsewhere()):
        with pytest.raises(process_tasks.Panic):
            await places.run(tasks["raise_error"], (argument,))
    assert await places.run(tasks["pid_of_process"], ()) == pid


async def test_jobs_in_processes_that_never_ran_are_not_done(database: str) -> None:
    tasks = registry("process")
    async with AsyncClient(database) as client:
        expected: dict[int, str | None] = {}
        for name, error in {"return_a_generator": "generator"}.items():
            expected[(await client.add_job(name)).id] = error
        await client.add_job("return_a_coroutine")
        # A decision: done, by the handler's own word.
        await client.add_job("return_skip")
        await Worker(database, tasks, concurrency=2).run_once()
        left: dict[int, Any] = {job.id: job.last_error for job in await client.list_jobs()}
        assert left.keys() == expected.keys()
        for id_, error in expected.items():
            assert error is not None
            assert error in left[id_]
