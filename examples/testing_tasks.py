"""What tests of an application do: a task by itself, a queue drained, time travel. With pytest, each is a test.

Run with DATABASE_URL set: python examples/testing_tasks.py
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from graphile_worker import AsyncClient, JobContext, TaskRegistry, migrate
from graphile_worker.testing import RecordingClient, drain, jobs_of, run_task

tasks = TaskRegistry()
sent: list[str] = []


@dataclass
class User:
    email: str


@tasks.task
async def welcome(payload: User, context: JobContext) -> None:
    sent.append(f"welcome, {payload.email}")
    await context.client.add_job("remind", payload, run_at=datetime.now(UTC) + timedelta(days=3))


@tasks.task
def remind(payload: User) -> None:
    sent.append(f"are you still there, {payload.email}?")


async def test_a_task_by_itself() -> None:
    client = RecordingClient()
    await run_task(welcome, User("ada@example.com"), client=client)
    [job] = client.jobs
    assert (job.identifier, job.payload) == ("remind", {"email": "ada@example.com"})


async def test_the_queue_in_a_transaction(url: str) -> None:
    """Nothing of it is ever committed."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await AsyncClient(connection).add_job("welcome", User("grace@example.com"))
        assert (await drain(connection, tasks)).check().identifiers == ["welcome"]
        [job] = await jobs_of(connection, remind)
        assert job.payload == {"email": "grace@example.com"}

        in_a_week = datetime.now(UTC) + timedelta(weeks=1)
        assert (await drain(connection, tasks, now=in_a_week)).check().identifiers == ["remind"]
        await connection.rollback()


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    await test_a_task_by_itself()
    await test_the_queue_in_a_transaction(url)
    print("\n".join(sent))


if __name__ == "__main__":
    asyncio.run(main())
