"""A worker process for tests, to be killed, stopped and continued: appends what happens to each job to a file.

python tests/py/faults/recovering_worker.py URL FILE [OPTIONS]

OPTIONS are those of Recovery, as JSON, durations in seconds. A line of the file is a JSON
object: job, event, worker, pid.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphile_worker import Hooks, JobContext, JobInterrupted, Recovery, TaskRegistry, Worker, WorkerSwept

tasks = TaskRegistry()
hooks = Hooks()
history = Path(sys.argv[2])


def note(event: str, job: int | None, worker: str) -> None:
    with history.open("a") as file:
        file.write(json.dumps({"event": event, "job": job, "worker": worker, "pid": os.getpid()}) + "\n")


@tasks.task
async def nap(payload: dict[str, Any], context: JobContext) -> None:
    note("start", context.job.id, context.worker_id)
    await asyncio.sleep(payload["seconds"])
    note("end", context.job.id, context.worker_id)


@tasks.task
async def spin(payload: dict[str, Any], context: JobContext) -> None:
    """Blocks the event loop."""
    note("start", context.job.id, context.worker_id)
    until = time.monotonic() + payload["seconds"]
    while time.monotonic() < until:
        pass
    note("end", context.job.id, context.worker_id)


@tasks.task
async def die(_payload: Any, context: JobContext) -> None:
    note("start", context.job.id, context.worker_id)
    # Others get far enough to be there when it happens.
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)


@hooks.on(WorkerSwept)
def swept(event: WorkerSwept) -> None:
    note(f"swept {event.former_id}", None, event.worker_id)


@hooks.on(JobInterrupted)
def interrupted(event: JobInterrupted) -> None:
    note(event.reason, event.job.id, event.worker_id)


def recovery(options: dict[str, Any]) -> Recovery:
    return Recovery(
        **{
            name: timedelta(seconds=value)
            if name.endswith(("_interval", "_threshold", "_delay", "_grace")) and value is not None
            else value
            for name, value in options.items()
        }
    )


if __name__ == "__main__":
    options = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    worker = Worker(
        sys.argv[1],
        tasks,
        concurrency=options.pop("concurrency", 10),
        poll_interval=timedelta(milliseconds=100),
        hooks=hooks,
        recovery=recovery(options),
    )
    asyncio.run(worker.run(handle_signals=True))
