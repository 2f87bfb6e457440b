"""Hooks: a plugin that counts, and an interceptor that refuses.

Run with DATABASE_URL set: python examples/hooks.py
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter

from graphile_worker import (
    AsyncClient,
    BeforeJobRun,
    Fail,
    Hooks,
    JobComplete,
    JobFail,
    JobSpec,
    TaskRegistry,
    Worker,
    migrate,
)

tasks = TaskRegistry()


@tasks.task
async def work(payload: int) -> None: ...


class Count:
    """A plugin registers several hooks at once."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()

    def register(self, hooks: Hooks) -> None:
        for event in (JobComplete, JobFail):
            hooks.on(event)(lambda told: self.events.update([type(told).__name__]))


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    hooks = Hooks()
    count = Count()

    @hooks.on(BeforeJobRun)
    async def no_sevens(event: BeforeJobRun) -> Fail | None:
        return Fail("no sevens, please") if event.job.payload == 7 else None

    async with AsyncClient(url) as client:
        ids = await client.add_jobs(JobSpec(identifier="work", payload=n, max_attempts=1) for n in range(10))
        await Worker(url, tasks, hooks=hooks, plugins=[count]).run_once()
        print(dict(count.events))
        await client.complete_jobs(ids)


if __name__ == "__main__":
    asyncio.run(main())
