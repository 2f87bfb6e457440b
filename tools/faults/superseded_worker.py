"""A worker process of the history of keyed adds: writes down when what it runs was claimed, started and done.

    python -m tools.faults.superseded_worker URL JOURNAL NUMBER

NUMBER picks how it works: with a local queue, with one that gives back soon, reading ahead, or handing in late.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from psycopg_pool import AsyncConnectionPool

from graphile_worker import JobContext, LocalQueue, Recovery, TaskRegistry, Worker

from .superseded_history import Journal, Run

KINDS: list[dict[str, Any]] = [
    {"concurrency": 3, "local_queue": LocalQueue(size=20, ttl=timedelta(seconds=30))},
    {"concurrency": 1, "local_queue": LocalQueue(size=20, ttl=timedelta(seconds=0.3))},
    {"concurrency": 4, "read_ahead": timedelta(seconds=0.5)},
    {"concurrency": 2, "complete_batch_delay": timedelta(seconds=0.1), "use_notifications": False},
]
LOCKED_AT = "select extract(epoch from locked_at) * 1e9 from graphile_worker.jobs where id = %s"

tasks = TaskRegistry()
journal: Journal
pool: AsyncConnectionPool[Any]


class Planned(Exception):
    """A failure that the payload asks for."""


@tasks.task
async def keyed(payload: dict[str, Any], context: JobContext) -> None:
    started = time.time_ns()
    async with pool.connection() as connection:
        row = await (await connection.execute(LOCKED_AT, [context.job.id])).fetchone()
    # Gone: taken from this worker between its claim and now. Not claimed after it was superseded, then.
    claimed = int(row[0]) if row and row[0] is not None else 0
    run = Run(payload["key"], payload["version"], context.worker_id, claimed, started, is_done=False)
    journal.write(run)
    await asyncio.sleep(payload["seconds"])
    if payload["fails"]:
        raise Planned
    journal.write(Run(run.key, run.version, run.worker, claimed, started, is_done=True))


async def main(url: str, kind: dict[str, Any]) -> None:
    global pool
    async with AsyncConnectionPool(url, min_size=1, max_size=4, kwargs={"autocommit": True}) as pool:
        recovery = Recovery(max_crashes=None)
        worker = Worker(url, tasks, poll_interval=timedelta(seconds=0.3), recovery=recovery, **kind)
        await worker.run(handle_signals=True)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    journal = Journal(Path(sys.argv[2]))
    asyncio.run(main(sys.argv[1], KINDS[int(sys.argv[3]) % len(KINDS)]))
