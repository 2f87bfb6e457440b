"""A worker for tests, of this release or an earlier one: it uses only names that graphile_worker had in 0.1.0.

python tests/releases/worker.py URL SCHEMA CONCURRENCY TASK...

A JSON line for each job that has ended: what it was, who ran it, and from when to when on the clock that the processes
of a machine share. What to do stands in the payload: `{"until": FILE}` waits for a file to be there, `{"fail": TEXT}`
raises, with `{"times": NUMBER}` in so many attempts only.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphile_worker import JobContext, TaskRegistry, Worker, __version__


def run(payload: Any, context: JobContext) -> None:
    start = time.monotonic_ns()
    todo = payload if isinstance(payload, dict) else {}
    say({"started": context.job.id})
    try:
        while "until" in todo and not Path(todo["until"]).exists():
            time.sleep(0.005)
        if "fail" in todo and context.job.attempts <= todo.get("times", context.job.attempts):
            raise RuntimeError(todo["fail"])
    finally:
        job = context.job
        record = {"job": job.id, "task": job.task_identifier, "queue": job.queue_name, "attempt": job.attempts}
        say({**record, "worker": context.worker_id, "start": start, "end": time.monotonic_ns(), "version": __version__})


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def main(url: str, schema: str, concurrency: str, *identifiers: str) -> None:
    tasks = TaskRegistry()
    for identifier in identifiers:
        tasks.add(run, identifier)
    # Nothing is claimed beyond what runs, so that a job that waits for a file keeps no other from the other workers.
    await Worker(
        url, tasks, schema=schema, concurrency=int(concurrency), read_ahead=timedelta(0),
        poll_interval=timedelta(milliseconds=100),
    ).run(handle_signals=True)  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
