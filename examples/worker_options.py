"""A worker with a local queue in a host application that decides itself when to stop.

Run with DATABASE_URL set: python examples/worker_options.py
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

from graphile_worker import AsyncClient, JobContext, JobSpec, LocalQueue, TaskRegistry, Worker, migrate

tasks = TaskRegistry()


@tasks.task
async def count(payload: int, context: JobContext) -> None:
    context.state["seen"].append(payload)


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    seen: list[int] = []
    worker = Worker(
        url,
        tasks,
        concurrency=10,
        poll_interval=timedelta(seconds=2),
        local_queue=LocalQueue(size=500),
        state={"seen": seen},
    )
    print(worker.options)
    async with AsyncClient(url) as client, worker:
        await client.add_jobs(JobSpec(identifier="count", payload=n) for n in range(1000))
        while len(seen) < 1000:  # noqa: ASYNC110  # An example: a real host has better to do.
            await asyncio.sleep(0.01)
    print(f"{len(seen)} jobs done")


if __name__ == "__main__":
    asyncio.run(main())
