"""A worker with a backlog claims from where it left off, and still finds what comes to stand before that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from graphile_worker import AsyncClient, JobSpec, TaskRegistry, Worker
from graphile_worker._calls.job import Job
from graphile_worker._worker.claim_hint import Position

HEAD = {"after_priority": None, "after_run_at": None, "after_id": None}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(job_id: int, queue_name: str | None = None) -> Job:
    return Job(job_id, "t", b"{}", queue_name, -3, NOON, 1, 25, NOON, None, None)


def test_a_full_claim_is_where_the_next_one_begins() -> None:
    position = Position(poll_interval=1000)
    assert position.params() == HEAD
    position.observe(job(7), is_full=True)
    assert position.params() == {"after_priority": -3, "after_run_at": NOON, "after_id": 7}
    # A named queue is a way of its own.
    position.observe(job(9, "q"), is_full=True)
    assert position.params()["after_id"] == 7
    position.observe(job(12), is_full=True)
    assert position.params()["after_id"] == 12


def test_a_claim_that_was_not_full_is_followed_by_a_look_at_the_head() -> None:
    position = Position(poll_interval=1000)
    position.params()
    position.observe(job(7), is_full=True)
    position.observe(job(8), is_full=False)
    assert position.params() == HEAD


def test_the_head_is_looked_at_once_per_poll_interval() -> None:
    position = Position(poll_interval=0)
    position.params()
    position.observe(job(7), is_full=True)
    assert position.params() == HEAD


async def test_a_job_committed_behind_the_position_does_not_wait_for_the_backlog(database: str) -> None:
    backlog = 20_000
    order: list[int] = []
    tasks = TaskRegistry()
    some_have_run = asyncio.Event()

    @tasks.task("t")
    async def run(payload: dict[str, Any]) -> None:
        await asyncio.sleep(0.001)
        order.append(payload["n"])
        if len(order) >= 500:
            some_have_run.set()

    async with AsyncClient(database) as client, await psycopg.AsyncConnection.connect(database) as late:
        # The first one makes the row of the task, for which others would wait until it is committed.
        await client.add_job("t", {"n": 0})
        # Its run_at is when its transaction began, before the others'.
        await late.execute("""select graphile_worker.add_job('t', '{"n": -1}')""")
        await client.add_jobs(JobSpec(identifier="t", payload={"n": n}) for n in range(1, backlog))
        worker = Worker(database, tasks, concurrency=10, poll_interval=timedelta(milliseconds=200))
        run_once = asyncio.create_task(worker.run_once())
        await some_have_run.wait()
        await late.commit()
        await run_once
    assert sorted(order) == list(range(-1, backlog))
    assert order.index(-1) < backlog // 2
