"""A worker process of the counters: each job adds 1 to two rows, in the transaction that completes it.

    python -m tools.faults.exactly_once_worker URL NUMBER [--broken]

NUMBER picks how it works. With --broken what is written is committed by itself, and the worker hands in the completion.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from graphile_worker import Fixed, JobContext, JobLost, LocalQueue, Recovery, TaskRegistry, Worker, WorkerStart
from graphile_worker._tasks.context import ThreadContext
from graphile_worker.contrib.sqlalchemy import transaction_for

RECOVERY = Recovery(
    max_crashes=None,
    heartbeat_interval=timedelta(seconds=0.5),
    sweep_interval=timedelta(seconds=0.5),
    sweep_threshold=timedelta(seconds=2),
    recovery_delay=timedelta(0),
)
KINDS: list[dict[str, Any]] = [
    {"concurrency": 6},
    {"concurrency": 4, "local_queue": LocalQueue(size=20, ttl=timedelta(seconds=30))},
    {"concurrency": 4, "read_ahead": timedelta(seconds=0.2)},
    {"concurrency": 6, "use_notifications": False},
]
NOTE = "insert into runs values (%s, %s)"
# In the order of all others: the one that nobody can pass last, and for as short as can be.
ADD = "update counters set n = n + 1 where name = %s"
SLOW = 0.02
"""Seconds before a job writes, so that kills meet it there; and a tenth of it once it has."""
SOON = Fixed([timedelta(seconds=0.5)])

tasks = TaskRegistry()
broken = "--broken" in sys.argv


async def note(context: JobContext, *, lost: bool) -> None:
    async with context.connection() as connection:
        await connection.execute(NOTE, [context.job.id, lost])


@tasks.task(retry=SOON)
async def on_the_loop(payload: dict[str, int], context: JobContext) -> None:
    await note(context, lost=False)
    await asyncio.sleep(SLOW)
    if broken:
        async with context.connection() as connection, connection.transaction():
            for counter in (payload["counter"], 0):
                await connection.execute(ADD, [counter])
        await asyncio.sleep(SLOW)
        return
    try:
        async with context.transaction() as connection:
            for counter in (payload["counter"], 0):
                await connection.execute(ADD, [counter])
            await asyncio.sleep(SLOW / 10)
    except JobLost:
        await note(context, lost=True)
        raise


@tasks.task(retry=SOON)
def in_a_thread(payload: dict[str, int], context: ThreadContext) -> None:
    with context.connection() as connection:
        connection.execute(NOTE, [context.job.id, False])
    threading.Event().wait(SLOW)
    if broken:
        with context.connection() as connection, connection.transaction():
            for counter in (payload["counter"], 0):
                connection.execute(ADD, [counter])
        threading.Event().wait(SLOW)
        return
    try:
        with context.transaction() as connection:
            for counter in (payload["counter"], 0):
                connection.execute(ADD, [counter])
            threading.Event().wait(SLOW / 10)
    except JobLost:
        with context.connection() as connection:
            connection.execute(NOTE, [context.job.id, True])
        raise


@tasks.task(retry=SOON)
async def by_sqlalchemy(payload: dict[str, int], context: JobContext) -> None:
    await note(context, lost=False)
    await asyncio.sleep(SLOW)
    statement = text(ADD.replace("%s", ":counter"))
    async with AsyncSession(context.state["engine"]) as session:
        if broken:
            for counter in (payload["counter"], 0):
                await session.execute(statement, {"counter": counter})
            await session.commit()
            await asyncio.sleep(SLOW)
            return
        try:
            async with transaction_for(context, session):
                for counter in (payload["counter"], 0):
                    await session.execute(statement, {"counter": counter})
        except JobLost:
            await note(context, lost=True)
            raise


async def main(url: str, kind: dict[str, Any]) -> None:
    name = urlsplit(url)._replace(scheme="postgresql+psycopg").geturl()
    engine = create_async_engine(name, connect_args={"application_name": "graphile-worker handler"})
    try:
        poll = timedelta(seconds=0.3)
        worker = Worker(url, tasks, poll_interval=poll, recovery=RECOVERY, state={"engine": engine}, **kind)
        worker.hooks.on(WorkerStart)(lambda _event: print("has begun", flush=True))
        await worker.run(handle_signals=True)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    asyncio.run(main(sys.argv[1], KINDS[int(sys.argv[2]) % len(KINDS)]))
