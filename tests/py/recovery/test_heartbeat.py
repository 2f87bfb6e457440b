"""Heartbeats: of several ids, and no longer than there is somebody to beat for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from graphile_worker import AsyncClient, Hooks, LocalQueue, Recovery, TaskRegistry, Worker, WorkerOptions
from graphile_worker._calls.job import Job
from graphile_worker._calls.worker_statements import WorkerStatements
from graphile_worker._recovery.alarm import Alarm
from graphile_worker._recovery.lifeline import Lifeline
from graphile_worker._recovery.loop_watch import Limits
from graphile_worker._wire.connections import ConnectionSource
from tests import support
from tests.py.support.sessions import connect
from tests.support import eventually

MISSING = "select worker_id from list_missing_workers()"
QUICK = Recovery(heartbeat_interval=timedelta(milliseconds=200))


async def test_a_lock_that_could_not_be_had_at_once_is_waited_for_when_another_id_is_replaced(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda payload: None, "t")
    options = WorkerOptions(concurrency=2, local_queue=LocalQueue(queue_count=2), recovery=QUICK)
    worker = Worker(database, tasks, options=options)
    former_id = worker.id
    with connect(database) as connection, connect(database) as other:
        # As an earlier connection does that the server does not know to be dead yet.
        other.execute("select hold_worker_locks(array[%s])", [f"{former_id}_1"])
        async with worker:
            await eventually(lambda: connection.execute("select from _private_workers having count(*) = 2").fetchall())
            connection.execute(
                """update _private_workers set metadata = metadata || '{"swept": true}' where id = %s""", [former_id]
            )
            await eventually(lambda: worker.id != former_id)
            connection.execute("delete from _private_workers where id = %s", [former_id])
            assert connection.execute(MISSING).fetchall() == []
            other.close()
            pids: Any = "select count(*), count(distinct pid) from pg_locks where locktype = 'advisory' and granted"
            await eventually(lambda: connection.execute(pids).fetchone() == (3, 1))
            assert connection.execute(MISSING).fetchall() == []


class Lane:
    """A lane that holds nothing, and is never taken for dead."""

    id = "w"
    lost_slots = 0

    def job_of(self, task: asyncio.Task[Any]) -> Job | None:
        raise NotImplementedError

    def rename(self, lane_id: str) -> int:
        raise NotImplementedError

    def hear(self, job_count: int) -> None:
        raise NotImplementedError


def lifeline(url: str) -> Lifeline:
    return Lifeline(
        ConnectionSource(url),
        WorkerStatements("graphile_worker"),
        QUICK,
        hooks=Hooks(),
        lanes=[Lane()],
        client=AsyncClient(url),
        alarm=Alarm(),
        sweep=False,
        blocked=Limits(tell_after=0),
        is_stopping=lambda: False,
    )


def test_it_ends_with_the_event_loop_of_its_worker(database: str) -> None:
    """A program may close its loop without stopping the worker, and live on: others are to find the worker dead."""
    recovery = lifeline(database)
    with connect(database) as connection:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(recovery.start())
        assert connection.execute(MISSING).fetchall() == []
        thread = recovery.thread
        assert thread is not None
        loop.close()
        thread.join(30)
        assert not thread.is_alive()
        support.wait_until(lambda: connection.execute(MISSING).fetchall() == [("w",)])


async def test_a_start_that_nobody_waits_for_any_more_may_fail_in_peace() -> None:
    """As anywhere else in the tests, an exception that a thread does not handle would be an error."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    recovery = lifeline(f"postgresql://nobody@{host}:{port}/nothing")
    async with server:
        starting = asyncio.create_task(recovery.start())
        await support.eventually(lambda: writers)
        starting.cancel()
        await asyncio.wait([starting])
        thread = recovery.thread
        assert thread is not None
        assert thread.is_alive()
        writers[0].close()
        await asyncio.to_thread(thread.join, 30)
    assert not thread.is_alive()
