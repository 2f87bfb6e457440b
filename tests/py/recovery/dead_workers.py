"""Workers that died, and those that look for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import Hooks, Recovery, TaskRegistry, Worker
from graphile_worker._recovery.heartbeat import Heartbeat

NEVER = timedelta(minutes=10)
SOON = timedelta(milliseconds=300)


def die(connection: psycopg.Connection[Any], worker_ids: list[str], *, each: int) -> None:
    """Workers that claimed jobs and were not heard of for an hour."""
    for worker_id in worker_ids:
        connection.execute("select worker_heartbeat(%s)", [worker_id])
        if each:
            claimed = connection.execute("select id from get_jobs(%s, max_jobs => %s)", [worker_id, each]).fetchall()
            assert len(claimed) == each
    connection.execute("update _private_workers set last_heartbeat_at = now() - interval '1 hour'")


def worker_with(url: Any, hooks: Hooks | None = None, **options: Any) -> Worker:
    """A worker that runs no job of the tests, and looks soon for others that died."""
    tasks = TaskRegistry()
    tasks.add(lambda payload: None, "something else")
    recovery = Recovery(**{"heartbeat_interval": SOON, "sweep_interval": SOON, "sweep_threshold": 4 * SOON, **options})
    return Worker(url, tasks, hooks=hooks, recovery=recovery)


@contextmanager
def counted_looks() -> Iterator[list[tuple[float, set[str]]]]:
    """When each look for lost connections in this process was, and whom it found dead."""
    looks: list[tuple[float, set[str]]] = []
    call = Heartbeat.call

    async def counted(self: Heartbeat, connection: Any, statement: str, **params: Any) -> list[Any]:
        rows = await call(self, connection, statement, **params)
        if statement == "watch_workers":
            looks.append((time.monotonic(), {worker_id for worker_id, _, dead_in in rows if not dead_in}))
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Heartbeat, "call", counted)
        yield looks
