"""What a worker needs connections for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import InvalidArgument, LocalQueue, TaskRegistry, Worker
from tests.support import eventually

POLL = timedelta(milliseconds=20)


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({}, 3),
        ({"use_notifications": False}, 2),
        ({"concurrency": 4, "local_queue": LocalQueue(queue_count=3)}, 5),
    ],
    ids=["plain", "no notifications", "local queues"],
)
async def test_a_pool_that_is_too_small_is_refused_with_the_size_it_needs(
    database: str, options: dict[str, Any], needed: int
) -> None:
    seen: list[Any] = []
    tasks = TaskRegistry()
    tasks.add(seen.append, "note")
    async with AsyncConnectionPool(database, min_size=0, max_size=needed - 1, open=False) as pool:
        with pytest.raises(InvalidArgument, match=f"needs {needed}:"):
            await Worker(pool, tasks, poll_interval=POLL, **options).run()
    async with (
        AsyncConnectionPool(database, min_size=0, max_size=needed, open=False, timeout=5) as pool,
        Worker(pool, tasks, poll_interval=POLL, **options) as worker,
    ):
        await worker._client.add_job("note", 1)
        await eventually(lambda: seen)
