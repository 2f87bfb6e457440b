"""Workers and limits: nothing limited is claimed ahead, and what has room again starts without a poll."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, LocalQueue, TaskRegistry, Worker
from tests.support import eventually

NEVER = timedelta(minutes=5)
"""A poll that a test does not live to see."""


@asynccontextmanager
async def working(url: str, tasks: TaskRegistry, **options: Any) -> AsyncIterator[None]:
    worker = Worker(url, tasks, **options)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


KINDS = pytest.mark.parametrize(
    "kind",
    [{}, {"local_queue": LocalQueue(size=50, ttl=timedelta(seconds=30))}, {"use_notifications": False}],
    ids=["default", "local", "unnotified"],
)


def _execute(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


@KINDS
async def test_a_limit_is_kept_busy_and_not_exceeded(shared_database: str, kind: dict[str, Any]) -> None:
    tasks = TaskRegistry()
    running = most = done = 0
    ended = asyncio.Event()

    @tasks.task("t")
    async def limited(_payload: object) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        done += 1
        if done == 20:
            ended.set()

    _execute(shared_database, "select graphile_worker.limit_task('t', 3)")
    with Client(shared_database) as client:
        client.add_jobs([tasks["t"].spec({}) for _ in range(20)])
    async with working(shared_database, tasks, concurrency=10, poll_interval=NEVER, **kind):
        await asyncio.wait_for(ended.wait(), 30)
    assert most == 3


@KINDS
async def test_a_rate_is_used_as_soon_as_there_is_room(shared_database: str, kind: dict[str, Any]) -> None:
    tasks = TaskRegistry()
    starts: list[float] = []
    ended = asyncio.Event()

    @tasks.task("t")
    async def limited(_payload: object) -> None:
        starts.append(time.monotonic())
        if len(starts) == 8:
            ended.set()

    _execute(shared_database, "select graphile_worker.limit_task('t', rate => 10, per => '1 second', burst => 2)")
    with Client(shared_database) as client:
        client.add_jobs([tasks["t"].spec({}) for _ in range(8)])
    async with working(shared_database, tasks, poll_interval=NEVER, **kind):
        await asyncio.wait_for(ended.wait(), 30)
    # Two at once, then one each 0.1 s.
    assert starts[7] - starts[0] > 0.5


async def test_what_is_limited_has_its_turn_beside_what_is_not(shared_database: str) -> None:
    tasks = TaskRegistry()
    held: list[int] = []
    ended = asyncio.Event()

    @tasks.task("free")
    async def free(_payload: object) -> None:
        await asyncio.sleep(0.001)

    @tasks.task("t")
    async def limited(_payload: object) -> None:
        query = """
            select count(*) from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            where j.locked_at is not null and t.identifier = 't'"""
        held.append((await asyncio.to_thread(_execute, shared_database, query))[0][0])
        if len(held) == 5:
            ended.set()

    _execute(shared_database, "select graphile_worker.limit_task('t', 5)")
    with Client(shared_database) as client:
        client.add_jobs([tasks["free"].spec({}, priority=-1) for _ in range(300)])
        client.add_jobs([tasks["t"].spec({}) for _ in range(5)])
        client.add_jobs([tasks["free"].spec({}, priority=1) for _ in range(3000)])
    queue = LocalQueue(size=100, ttl=timedelta(seconds=30))
    async with working(shared_database, tasks, concurrency=2, poll_interval=NEVER, local_queue=queue):
        await asyncio.wait_for(ended.wait(), 30)
    # No more than can run.
    assert max(held) <= 2


async def test_who_stops_after_a_job_of_a_wide_queue_wakes_others(shared_database: str) -> None:
    started: asyncio.Queue[str] = asyncio.Queue()
    gates = {name: asyncio.Event() for name in ("one", "other", "idle")}

    def starts(name: str) -> Worker:
        tasks = TaskRegistry()

        @tasks.task("t")
        async def limited(_payload: object) -> None:
            started.put_nowait(name)
            await gates[name].wait()

        @tasks.task(f"look of {name}")
        async def look(_payload: object) -> None:
            pass

        return Worker(shared_database, tasks, concurrency=1, poll_interval=NEVER)

    _execute(shared_database, "select graphile_worker.limit_queue('q', 2)")
    _execute(shared_database, "select graphile_worker.add_job('t', queue_name => 'q') from generate_series(1, 3)")
    workers = {name: starts(name) for name in gates}
    running = []
    try:
        for name in ("one", "other"):
            running.append(asyncio.create_task(workers[name].run()))
            assert await asyncio.wait_for(started.get(), 30) == name
        running.append(asyncio.create_task(workers["idle"].run()))
        # Once that is handed in, it has looked for more.
        _execute(shared_database, "select graphile_worker.add_job('look of idle')")
        await eventually(
            lambda: _execute(shared_database, "select count(*) from graphile_worker._private_jobs") == [(3,)]
        )
        # This one hands in its job, and claims nothing.
        workers["one"].stop()
        gates["one"].set()
        assert await asyncio.wait_for(started.get(), 30) == "idle"
    finally:
        for name, worker in workers.items():
            gates[name].set()
            worker.stop()
        await asyncio.gather(*running)
