"""A worker process for tests: runs what is due, and writes when each job started and ended, as a JSON list, to a file.

python tests/py/concurrency/recording_worker.py URL CONCURRENCY FILE
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphile_worker import JobContext, TaskRegistry, Worker

tasks = TaskRegistry()
records: list[dict[str, Any]] = []


@tasks.task
async def record(payload: Any, context: JobContext) -> None:
    # One clock for all processes of a machine.
    start = time.monotonic_ns()
    # Lets other jobs of this worker start before this one ends.
    await asyncio.sleep(0)
    job = context.job
    records.append(
        {
            "job": job.id,
            "queue": job.queue_name,
            "worker": context.worker_id,
            "start": start,
            "end": time.monotonic_ns(),
        }
    )


async def main(url: str, concurrency: str) -> None:
    await Worker(url, tasks, concurrency=int(concurrency), poll_interval=timedelta(milliseconds=100)).run(
        handle_signals=True
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
    Path(sys.argv[3]).write_text(json.dumps(records))
