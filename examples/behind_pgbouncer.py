"""Client and worker as they are set up behind PgBouncer in transaction mode; they run without one, too.

Run with DATABASE_URL set: python examples/behind_pgbouncer.py
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

from graphile_worker import AsyncClient, TaskRegistry, Worker, migrate

tasks = TaskRegistry()
done = asyncio.Event()


@tasks.task
async def hello() -> None:
    print("hello from the other side")
    done.set()


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    worker = Worker(
        url,
        tasks,
        use_notifications=False,
        prepare_statements=False,
        # How long a job waits for an idle worker, now that nobody is notified.
        poll_interval=timedelta(milliseconds=200),
    )
    async with AsyncClient(url, prepare_statements=False) as client, worker:
        await client.add_job("hello")
        await done.wait()


if __name__ == "__main__":
    asyncio.run(main())
