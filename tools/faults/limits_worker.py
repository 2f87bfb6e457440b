"""A worker process of the limits: each handler writes down when it started and when it ended.

    python -m tools.faults.limits_worker URL JOURNAL KIND

KIND is `default` or `local`. A line of the journal is `start` or `end`, the job, what limits it, and the instant, by
the clock of the machine that all its processes share.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import sys
import time
from datetime import timedelta
from typing import Any

from graphile_worker import JobContext, LocalQueue, Recovery, TaskRegistry, Worker, WorkerStart

LIMITS = range(1, 8)
"""How many jobs of each limited task may run at once, which is its name, too."""
RECOVERY = Recovery(
    max_crashes=None,
    heartbeat_interval=timedelta(seconds=0.5),
    sweep_interval=timedelta(seconds=0.5),
    sweep_threshold=timedelta(seconds=2),
    recovery_delay=timedelta(0),
)
SLOTS = 40
"""Of each process: also with some killed or frozen there are more than all limits together, so each can be reached."""
KINDS: dict[str, dict[str, Any]] = {
    "default": {"concurrency": SLOTS},
    "local": {"concurrency": SLOTS, "local_queue": LocalQueue(size=50, ttl=timedelta(seconds=30))},
}
SHORTEST, LONGEST = 0.2, 0.8
"""Seconds that a job takes."""

tasks = TaskRegistry()


class Journal:
    """A file that is written line by line, so that a kill takes nothing back."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, what: str, job_id: int, limit: str) -> None:
        os.write(self._file, f"{what} {job_id} {limit} {time.clock_gettime(time.CLOCK_MONOTONIC):.6f}\n".encode())


async def run(_payload: object, context: JobContext) -> None:
    journal: Journal = context.state["journal"]
    limit = context.job.queue_name or context.job.task_identifier
    journal.write("start", context.job.id, limit)
    try:
        await asyncio.sleep(random.uniform(SHORTEST, LONGEST))
    finally:
        journal.write("end", context.job.id, limit)


for name in ("free", "queued", *(f"limited_{limit}" for limit in LIMITS)):
    tasks.add(run, name)


async def main(url: str, journal: str, kind: str) -> None:
    worker = Worker(
        *(url, tasks),
        poll_interval=timedelta(seconds=0.5),
        recovery=RECOVERY,
        state={"journal": Journal(journal)},
        **KINDS[kind],
    )
    worker.hooks.on(WorkerStart)(lambda _event: print("has begun", flush=True))
    await worker.run(handle_signals=True)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    asyncio.run(main(*sys.argv[1:4]))
