"""A worker process for the soak test: async and plain tasks that note what they have completed.

python tests/py/faults/soak_worker.py URL FILE
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

from graphile_worker import Hooks, JobComplete, TaskRegistry, Worker, WorkerStart

tasks = TaskRegistry()
hooks = Hooks()
done: list[int] = []


@tasks.task("async")
async def wait(payload: int) -> None:
    await asyncio.sleep(random.random() * 0.02)


@tasks.task("thread")
def block(payload: int) -> None:
    time.sleep(random.random() * 0.02)


@hooks.on(WorkerStart)
def say(_event: WorkerStart) -> None:
    print("started", flush=True)


@hooks.on(JobComplete)
def note(event: JobComplete) -> None:
    done.append(event.job.payload)


if __name__ == "__main__":
    # The grace period ends in the middle of jobs.
    worker = Worker(sys.argv[1], tasks, concurrency=8, grace_period=timedelta(milliseconds=5), hooks=hooks)
    asyncio.run(worker.run(handle_signals=True))
    Path(sys.argv[2]).write_text(json.dumps(done))
