"""Slots whose claims overlap, or that a thread has kept beyond its job's end: what waits for them is claimed."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

from graphile_worker import AsyncClient, Fixed, JobSpec, LocalQueue, TaskRegistry, Worker
from graphile_worker._worker.buffer import Buffer
from graphile_worker._worker.held_jobs import HeldJobs
from graphile_worker._worker.slots import Slots
from graphile_worker._worker.work_signal import WorkSignal
from graphile_worker.testing import make_context
from tests.support import eventually

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)
LATER = Fixed([timedelta(hours=1)])


async def test_a_claim_keeps_no_slots_that_it_has_not_filled() -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "two", slots=2)
    slots = Slots(tasks)
    slots.share(Buffer(), HeldJobs("w", None), WorkSignal())  # type: ignore[arg-type]
    first = slots.begin()
    # It is answered, and not taken in before the next one.
    first.hear([make_context("two").job])
    assert slots.begin().array == "{1}"


async def test_what_comes_behind_short_jobs_is_claimed_with_the_last_of_them(database: str) -> None:
    tasks = TaskRegistry()
    done: list[int] = []

    @tasks.task
    async def quick(n: int) -> None:
        # Some end while the next are being claimed.
        await asyncio.sleep(0.0005 * (n % 7))

    @tasks.task(slots=2)
    async def slotted(n: int) -> None:
        done.append(n)

    async with AsyncClient(database) as client:
        for plain in range(10, 40, 3):
            done.clear()
            await client.add_jobs(JobSpec(identifier="quick", payload=n) for n in range(plain))
            await client.add_jobs(JobSpec(identifier="slotted", payload=n, priority=1) for n in range(3))
            async with Worker(database, tasks, concurrency=4, poll_interval=NEVER, use_notifications=False):
                await eventually(lambda: len(done) == 3)


async def test_a_slot_that_a_deaf_thread_has_kept_is_free_to_all_lanes(database: str) -> None:
    tasks = TaskRegistry()
    go_on, entered, done = threading.Event(), threading.Event(), list[int]()

    def deaf(n: int) -> None:
        if n == 0:
            entered.set()
            assert go_on.wait(60)
        done.append(n)

    tasks.add(deaf, "deaf", slots=1, timeout=timedelta(milliseconds=100), retry=LATER)
    worker = Worker(
        database, tasks, concurrency=2, poll_interval=NEVER, use_notifications=False,
        grace_period=timedelta(milliseconds=100), local_queue=LocalQueue(size=5, queue_count=2, ttl=NEVER),
    )  # fmt: skip
    async with AsyncClient(database) as client:
        await client.add_job("deaf", 0)
        try:
            async with worker:
                await eventually(lambda: any(lane.lost_slots for lane in worker._lanes.all))
                [one] = [lane for lane in worker._lanes.all if lane.lost_slots]
                [other] = [lane for lane in worker._lanes.all if lane is not one]
                await client.add_job("deaf", 1)
                # The other has asked in vain, and the slot's own lane has enough to do.
                other.hear(1)
                await eventually(lambda: not other._work.may_find_more)
                one._supply.wanted = lambda idle, buffered: 0  # type: ignore[method-assign]
                go_on.set()
                await eventually(lambda: done == [0, 1])
        finally:
            go_on.set()
