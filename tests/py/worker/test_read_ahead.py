"""Claiming ahead: what will start soon, and no more than that."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from graphile_worker import AsyncClient, Hooks, JobFetch, JobSpec, TaskRegistry, Worker
from graphile_worker._worker.read_ahead import Supply
from tests.py.support.sessions import connect
from tests.support import eventually

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)


def test_nothing_is_claimed_ahead_while_something_limited_waits_for_a_slot() -> None:
    supply = Supply(horizon=1.0)
    supply.observe(finished=100, elapsed=1.0)
    assert supply.to_claim(idle=2, buffered=0) > 2
    assert supply.idle == 2
    supply.heed(waits_for_limit=True, waits_for_slot=True)
    assert [supply.to_claim(2, buffered) for buffered in (0, 1, 5)] == [2, 1, 0]
    assert supply.idle == 0
    supply.heed(waits_for_limit=True, waits_for_slot=False)
    assert supply.to_claim(2, 0) > 2


async def test_what_was_claimed_too_early_goes_back_and_stays_there(database: str) -> None:
    """Jobs that take long after ones that took no time: none is claimed before it can start, nor again and again."""
    tasks = TaskRegistry()
    may_end = asyncio.Semaphore(0)
    hooks = Hooks()
    started: list[int] = []
    claimed: list[int] = []

    @tasks.task
    async def short() -> None: ...

    @tasks.task
    async def long() -> None:
        started.append(1)
        await may_end.acquire()

    @hooks.on(JobFetch)
    def count(event: JobFetch) -> None:
        claimed.append(len(event.jobs))

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier=identifier) for identifier in ["short"] * 500 + ["long"] * 500)
        with connect(database) as connection:
            locked: Any = "select count(*) from _private_jobs where locked_at is not null"
            async with Worker(
                database, tasks, concurrency=1, poll_interval=NEVER, hooks=hooks, grace_period=timedelta(0)
            ):
                await eventually(lambda: started)
                await eventually(lambda: connection.execute(locked).fetchone() == (1,))
                # More than one at once: it has read ahead.
                assert max(claimed) > 1
                claimed.clear()
                for number in range(2, 7):
                    may_end.release()
                    await eventually(lambda number=number: len(started) == number)  # type: ignore[misc]
                # One each, and some more, as these were quicker; not all that it would read ahead of short ones.
                assert 5 <= sum(claimed) < 250
