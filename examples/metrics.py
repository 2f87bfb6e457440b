"""Prometheus: a worker that serves /metrics, and who reads them.

Run with DATABASE_URL set: python examples/metrics.py
"""

from __future__ import annotations

import asyncio
import os
import urllib.request

from graphile_worker import AsyncClient, JobSpec, TaskRegistry, Worker, migrate
from graphile_worker.contrib.prometheus import Prometheus

tasks = TaskRegistry()
metrics = Prometheus(port=0)  # Any free port; in production say which: Prometheus(port=9187).


@tasks.task
async def work(payload: int) -> None: ...


@tasks.task
def look() -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics") as page:
        lines = page.read().decode().splitlines()
    print("\n".join(line for line in lines if line.startswith("graphile_worker_jobs_")))


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    async with AsyncClient(url) as client:
        await client.add_jobs(JobSpec(identifier="work", payload=n) for n in range(10))
        await client.add_job("look", priority=1)
    await Worker(url, tasks, concurrency=1, plugins=[metrics]).run_once()


if __name__ == "__main__":
    asyncio.run(main())
