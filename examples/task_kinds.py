"""Where tasks run: on the event loop, in a thread, in a process; and a batch with partial failure.

Run with DATABASE_URL set: python examples/task_kinds.py
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from graphile_worker import AsyncClient, JobContext, TaskRegistry, Worker, migrate

tasks = TaskRegistry()


@dataclass
class Greeting:
    """A typed payload."""

    name: str


@tasks.task
async def greet(payload: Greeting, context: JobContext) -> None:
    print(f"job {context.job.id}, on the event loop: hello, {payload.name}")
    await count_primes.add(100)


@tasks.task
def block(payload: Greeting) -> None:
    print(f"in a thread: hello, {payload.name}")


@tasks.task(run_in="process")
def count_primes(payload: int) -> None:
    primes = sum(all(n % d for d in range(2, n)) for n in range(2, payload))
    print(f"in a process of its own: {primes} primes below {payload}", flush=True)


@tasks.batch("index")
async def index(items: list[int]) -> list[str | None]:
    print("a batch:", items)
    return [None if item < 3 else f"no document {item}" for item in items]


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    async with AsyncClient(url) as client:
        tasks.use(client)
        await greet.add(Greeting("Ada"))
        await block.add(Greeting("Grace"))
        await client.add_batch_job("index", [1, 2], job_key="index")
        job = await client.add_batch_job("index", [3], job_key="index")
        await Worker(url, tasks, concurrency=2).run_once()
        left = await client.show_job(job.id)
        print("left of the batch for its retry:", left and left.payload)
        await client.remove_job("index")


if __name__ == "__main__":
    asyncio.run(main())
