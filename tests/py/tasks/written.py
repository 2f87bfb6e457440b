"""Handlers that write down their job in a transaction which completes it, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from graphile_worker import (
    Hooks,
    JobComplete,
    JobContext,
    JobFail,
    JobInterrupted,
    TaskRegistry,
)
from graphile_worker._tasks.context import ThreadContext
from tests.py.support.workers import fetch

NEVER = timedelta(minutes=10)
WRITE = "insert into written select * from unnest(%s::bigint[])"


async def written(url: str) -> list[int]:
    return [job_id for (job_id,) in await fetch(url, "select job_id from written order by 1")]


async def left(url: str) -> list[Any]:
    return [
        tuple(row)
        for row in await fetch(
            url,
            "select d.id, d.attempts, d.last_error from graphile_worker.list_jobs() as l,"
            " graphile_worker.show_job(l.id) as d order by 1",
        )
    ]


def told(hooks: Hooks) -> list[str]:
    """What the hooks are told of the ends of runs."""
    heard: list[str] = []
    for event in (JobComplete, JobFail, JobInterrupted):
        hooks.on(event)(lambda event: heard.append(type(event).__name__))
    return heard


def registry(
    kind: str, after: Callable[[], Any] = lambda: None, before: Callable[[], Any] = lambda: None
) -> TaskRegistry:
    """A task that writes down its job, on the event loop or in a thread, and does something within or `after` it."""
    tasks = TaskRegistry()

    async def on_the_loop(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute(WRITE, [[context.job.id]])
            before()
        after()

    def in_a_thread(context: ThreadContext) -> None:
        with context.transaction() as connection:
            assert isinstance(connection, psycopg.Connection)
            connection.execute(WRITE, [[context.job.id]])
            before()
        after()

    tasks.add(on_the_loop if kind == "loop" else in_a_thread, "write")
    return tasks


def fail() -> None:
    raise ZeroDivisionError
