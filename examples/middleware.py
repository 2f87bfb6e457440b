"""Middleware: a span around every handler, a tenant that each job sees; a renamed task, and payloads of two versions.

Run with DATABASE_URL set: python examples/middleware.py
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from graphile_worker import AsyncClient, Job, TaskRegistry, Worker, migrate

tasks = TaskRegistry()
tenant: ContextVar[str] = ContextVar("tenant", default="nobody")


@tasks.middleware
async def timed(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
    """Runs on the event loop, around handlers of every kind."""
    started = time.perf_counter()
    try:
        return await call()
    finally:
        print(f"{job.task_identifier} took {(time.perf_counter() - started) * 1000:.0f} ms")


@tasks.middleware
def in_tenant(job: Job, call: Callable[[], Any]) -> Any:
    """Runs in the thread of a plain handler."""
    tenant.set(job.payload.get("tenant", "a tenant of old"))
    return call()


async def forgives(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
    """Is around one task, and makes a failure of its handler a job that is done."""
    try:
        await call()
    except ConnectionError as error:
        print(f"{job.task_identifier} is not important: {error}")


@dataclass
class Mail:
    email: str
    tenant: str


def upgrade(payload: Any, version: int) -> Any:
    """Makes payloads of the release before, which said `to`, and no tenant, into those of today."""
    if version < 2:
        payload = {"email": payload["to"], "tenant": "the only one"}
    return payload


@tasks.task("send_mail", aliases=["mail"], version=2, upgrade=upgrade)
def send_mail(payload: Mail) -> None:
    print(f"to {payload.email}, of {tenant.get()}")


@tasks.task(middleware=[forgives])
async def report() -> None:
    raise ConnectionError("nobody listens")


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    async with AsyncClient(url) as client:
        await client.add_job(send_mail, Mail("ada@example.com", tenant="analytical"))
        # As the release before did.
        await client.add_job("mail", {"to": "grace@example.com"})
        await client.add_job(report)
    await Worker(url, tasks, concurrency=1).run_once()


if __name__ == "__main__":
    asyncio.run(main())
