"""Slots of a task: no more of its jobs run at a time in one worker, and everything else goes on."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient, Hooks, InvalidArgument, JobFetch, JobSpec, LocalQueue, TaskRegistry, Worker
from graphile_worker._worker.buffer import Buffer
from graphile_worker._worker.held_jobs import HeldJobs
from graphile_worker._worker.slots import Slots
from graphile_worker._worker.work_signal import WorkSignal
from tests.support import eventually

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)
MODES: dict[str, dict[str, Any]] = {
    "default": {},
    "local queue": {"local_queue": LocalQueue(size=20)},
    "local queues": {"local_queue": LocalQueue(size=20, queue_count=3)},
    "no notifications": {"use_notifications": False},
}


class Gauge:
    """How many run at a time, and how many ever did."""

    def __init__(self) -> None:
        self.running = self.most = self.done = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.running -= 1
            self.done += 1


@pytest.mark.parametrize("run_in", ["loop", "thread"])
@pytest.mark.parametrize("mode", MODES)
async def test_no_more_run_than_there_are_slots_and_others_go_on(database: str, mode: str, run_in: str) -> None:
    slow, quick = Gauge(), Gauge()
    tasks = TaskRegistry()

    async def on_loop() -> None:
        with slow:
            await asyncio.sleep(0.01)

    def in_thread() -> None:
        with slow:
            time.sleep(0.01)

    async def count() -> None:
        with quick:
            await asyncio.sleep(0)

    tasks.add(on_loop if run_in == "loop" else in_thread, "slow", slots=2)
    tasks.add(count, "quick")
    async with AsyncClient(database) as client:
        # All of those with slots come first, some in queues.
        await client.add_jobs(
            [
                *(JobSpec(identifier="slow", queue_name=f"q{n}" if n % 3 == 0 else None) for n in range(50)),
                *(JobSpec(identifier="quick") for _ in range(200)),
            ]
        )
        async with Worker(database, tasks, concurrency=10, poll_interval=NEVER, **MODES[mode]):
            await eventually(lambda: quick.done == 200)
            assert slow.done < 50
            await eventually(lambda: slow.done == 50)
        assert not await client.list_jobs()
    assert slow.most == 2


async def test_others_start_while_all_slots_are_taken(database: str) -> None:
    gate = asyncio.Event()
    gauge = Gauge()
    tasks = TaskRegistry()

    @tasks.task(slots=2)
    async def wait() -> None:
        with gauge:
            await gate.wait()

    @tasks.task
    async def pass_by() -> None:
        passed.append(gauge.running)

    passed: list[int] = []
    fetched: list[int] = []
    hooks = Hooks()
    hooks.on(JobFetch)(lambda event: fetched.append(sum(job.task_identifier == "wait" for job in event.jobs)))
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="wait") for _ in range(30))
        async with Worker(database, tasks, concurrency=5, poll_interval=NEVER, hooks=hooks):
            await eventually(lambda: gauge.running == 2)
            await client.add_job("pass_by")
            await eventually(lambda: passed)
            # What waits is nobody's: another worker may take it.
            locked = await client.list_jobs(state="locked")
            assert len([job for job in locked if job.task_identifier == "wait"]) == 2
            gate.set()
            await eventually(lambda: gauge.done == 30)
    assert (passed, gauge.most) == ([2], 2)
    # None was claimed ahead, and given back.
    assert (sum(fetched), max(fetched)) == (30, 2)


async def test_run_once_ends_when_all_is_done(database: str) -> None:
    gauge = Gauge()
    tasks = TaskRegistry()

    @tasks.task(slots=1)
    async def alone() -> None:
        with gauge:
            await asyncio.sleep(0)

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="alone") for _ in range(20))
        await Worker(database, tasks, concurrency=4, local_queue=LocalQueue(queue_count=2)).run_once()
        assert not await client.list_jobs()
    assert (gauge.done, gauge.most) == (20, 1)


async def test_former_names_of_a_task_share_its_slots(database: str) -> None:
    gauge = Gauge()
    tasks = TaskRegistry()

    @tasks.task("new", aliases=["old", "older"], slots=2)
    async def work() -> None:
        with gauge:
            await asyncio.sleep(0.005)

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier=name) for _ in range(10) for name in ("new", "old", "older"))
        await Worker(database, tasks, concurrency=8).run_once()
        assert not await client.list_jobs()
    assert (gauge.done, gauge.most) == (30, 2)


async def test_more_slots_than_the_worker_has_change_nothing(database: str) -> None:
    gauge = Gauge()
    tasks = TaskRegistry()

    @tasks.task(slots=1000)
    async def work() -> None:
        with gauge:
            await asyncio.sleep(0.01)

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="work") for _ in range(20))
        await Worker(database, tasks, concurrency=4).run_once()
    assert (gauge.done, gauge.most) == (20, 4)


@pytest.mark.parametrize("slots", [0, -1, True, 1.5, "2"])
def test_bad_slots_are_refused_when_the_task_is_registered(slots: Any) -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match=f"bad slots {slots!r}"):
        tasks.task("t", slots=slots)(lambda: None)
    assert not len(tasks)


async def test_a_claim_keeps_its_slots_from_others_until_it_has_ended() -> None:
    tasks = TaskRegistry()
    for name, slots in (("free", None), ("two", 2)):
        tasks.add(lambda: None, name, slots=slots)
    slots = Slots(tasks)
    works = [WorkSignal(), WorkSignal()]
    for work in works:
        slots.share(Buffer(), HeldJobs("w", None), work)  # type: ignore[arg-type]
        work.may_find_more = False
    first, second = slots.begin(), slots.begin()
    assert (first.array, second.array) == ("{null,2}", "{null,0}")
    second.end()
    assert [work.may_find_more for work in works] == [False, False]
    # It was full of others: those that went without are asked.
    first.end(is_full=True)
    assert [work.may_find_more for work in works] == [True, True]
    third = slots.begin()
    assert third.array == "{null,2}"
    for work in works:
        work.may_find_more = False
    # There are no more of these jobs: one that ends makes room for none.
    third.end()
    slots.free("two")
    assert [work.may_find_more for work in works] == [False, False]
