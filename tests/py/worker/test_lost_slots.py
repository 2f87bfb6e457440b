"""Threads that go on when their job was stopped: its queue is free after the grace period, their slot when they end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Fixed,
    JobCancelled,
    LocalQueue,
    TaskRegistry,
    ThreadContext,
    Worker,
)
from tests.py.support.command import terminal
from tests.support import eventually

GRACE = timedelta(milliseconds=200)
TIMED_OUT = "Timed out after 0:00:00.300000, the time-out of its task's policy"


class Deaf:
    """A handler in a thread that looks at nothing until it is let go."""

    def __init__(self) -> None:
        self.tasks = TaskRegistry()
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.found: list[Any] = []
        self.done: list[int] = []
        self.both = asyncio.Barrier(2)
        retry = Fixed([timedelta(hours=1)])
        self.tasks.add(self.run, "deaf", retry=retry)
        self.tasks.add(self.run, "slow", retry=retry, timeout=timedelta(milliseconds=300))
        self.tasks.add(self.note, "next")
        self.tasks.add(self.meet, "meet")

    def run(self, _payload: Any, context: ThreadContext) -> str:
        self.entered.set()
        assert self.go_on.wait(60)
        self.found.append(context.is_cancelled)
        try:
            context.client.add_job("next", 99)
        except JobCancelled as error:
            self.found.append(error)
        return "late"

    async def note(self, number: int) -> None:
        self.done.append(number)

    async def meet(self) -> None:
        await self.both.wait()

    def worker(self, database: str, **options: Any) -> Worker:
        return Worker(database, self.tasks, grace_period=GRACE, **options)


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    deaf = Deaf()
    yield deaf
    deaf.go_on.set()


async def lost_slots(client: AsyncClient) -> list[int | None]:
    return [worker.metadata.get("lost_slots") for worker in await client.list_workers()]


async def states(client: AsyncClient, *job_ids: int) -> list[tuple[str, str | None] | None]:
    jobs = [await client.show_job(job_id) for job_id in job_ids]
    return [job and (job.job_state, job.last_error) for job in jobs]


@pytest.mark.parametrize("why", ["cancel", "timeout"])
async def test_its_queue_is_free_after_the_grace_period_and_its_slot_when_it_ends(
    database: str, deaf: Deaf, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncClient(database) as client, deaf.worker(database, concurrency=2) as worker:
        job = await client.add_job("deaf" if why == "cancel" else "slow", queue_name="q")
        await eventually(deaf.entered.is_set)
        await client.add_job("next", 1, queue_name="q")
        if why == "cancel":
            await client.cancel_jobs([job.id], "enough")
        await eventually(lambda: deaf.done == [1])
        expected = ("failed", "Cancelled: enough") if why == "cancel" else ("scheduled", TIMED_OUT)
        assert await states(client, job.id) == [expected]
        await eventually(lambda: lost_slots_are(client, [1]))
        shown = await asyncio.to_thread(terminal, "workers", url=database, columns=200)
        assert "alive, 1 slot lost" in shown.text
        # The other slot goes on; two at a time there are not.
        await client.add_job("meet")
        await eventually(lambda: deaf.both.n_waiting == 1)
        later = await client.add_job("meet")
        await client.add_job("next", 2, queue_name="q")
        await eventually(lambda: worker._lanes.all[0]._runners.idle_count == 0)
        await eventually(lambda: none_locked(client, [later.id]))
        before = await client.show_job(job.id)
        assert deaf.found == []
        deaf.go_on.set()
        # It came back, and both meet.
        await eventually(lambda: deaf.done == [1, 2])
        await eventually(lambda: lost_slots_are(client, [None]))
        assert worker.left_running == 0
        # What it came to is not handed in, and it was told until its end.
        assert await client.show_job(job.id) == before
        assert [type(found) for found in deaf.found] == [bool, JobCancelled]
        assert deaf.found[0] is True
    told = [record.getMessage() for record in caplog.records if "the thread of job" in record.getMessage()]
    assert len(told) == 2
    assert "its slot is lost until it ends" in told[0]
    assert "its slot is back; it came to a good end, of which nothing was recorded" in told[1]


async def lost_slots_are(client: AsyncClient, expected: list[int | None]) -> bool:
    return await lost_slots(client) == expected


@pytest.mark.parametrize("local_queue", [None, LocalQueue(size=5)])
async def test_without_slots_nothing_is_kept_from_others(
    database: str, deaf: Deaf, local_queue: LocalQueue | None
) -> None:
    async with AsyncClient(database) as client, deaf.worker(database, concurrency=1, local_queue=local_queue) as worker:
        job = await client.add_job("deaf")
        await eventually(deaf.entered.is_set)
        waiting = [(await client.add_job("next", number)).id for number in (1, 2, 3)]
        await eventually(lambda: local_queue is None or any_locked(client, waiting))
        await client.cancel_jobs([job.id])
        await eventually(lambda: worker._lanes.all[0].lost_slots == 1)
        await eventually(lambda: none_locked(client, waiting))
        # Another does them.
        async with deaf.worker(database, concurrency=1):
            await eventually(lambda: sorted(deaf.done) == [1, 2, 3])
        await client.add_job("next", 4)
        deaf.go_on.set()
        await eventually(lambda: sorted(deaf.done) == [1, 2, 3, 4])


async def any_locked(client: AsyncClient, job_ids: list[int]) -> bool:
    return any(state is not None and state[0] == "locked" for state in await states(client, *job_ids))


async def none_locked(client: AsyncClient, job_ids: list[int]) -> bool:
    return not await any_locked(client, job_ids)


async def test_one_that_is_left_when_the_worker_ends_is_counted(database: str, deaf: Deaf) -> None:
    async with AsyncClient(database) as client:
        job = await client.add_job("slow")
        await client.add_job("next", 1)
        worker = deaf.worker(database, concurrency=2)
        await worker.run_once()
        assert await states(client, job.id) == [("scheduled", TIMED_OUT)]
        assert deaf.done == [1]
        assert worker.left_running == 1


async def test_one_run_ends_without_slots(database: str, deaf: Deaf) -> None:
    """It can do nothing about what is due, and does not wait for a thread that may go on for ever."""
    async with AsyncClient(database) as client:
        job = await client.add_job("slow", priority=-1)
        left = await client.add_job("next", 1)
        worker = deaf.worker(database, concurrency=1)
        async with asyncio.timeout(20):
            await worker.run_once()
        assert await states(client, job.id, left.id) == [("scheduled", TIMED_OUT), ("ready", None)]
        assert worker.left_running == 1


async def test_a_job_that_was_taken_away_leaves_its_thread_too(database: str, deaf: Deaf) -> None:
    async with AsyncClient(database) as client, deaf.worker(database, concurrency=2) as worker:
        job = await client.add_job("deaf")
        await eventually(deaf.entered.is_set)
        [lane] = worker._lanes.all
        await client.force_unlock_workers([worker.id])
        await client.permanently_fail_jobs([job.id])
        lane._held.forget({job.id})
        await eventually(lambda: lane.lost_slots == 1)
        await client.add_job("next", 1)
        await eventually(lambda: deaf.done == [1])
        deaf.go_on.set()
        await eventually(lambda: lane.lost_slots == 0)
        assert deaf.found[0] is True
