"""Tasks of every kind with middleware around them, at the top of a module, where a process of its own finds them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from graphile_worker import Job, TaskRegistry

tenant: ContextVar[str] = ContextVar("tenant", default="nobody")


def note(job: Job, what: str) -> None:
    """Adds a line to the file that a job's payload names; of a batch the first item does."""
    payload = job.payload
    with Path((payload[0] if isinstance(payload, list) else payload)["path"]).open("a") as file:
        print(what, file=file)


async def on_loop(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
    note(job, f"async {os.getpid()}")
    try:
        return await call()
    finally:
        note(job, "end async")


def in_place(job: Job, call: Callable[[], Any]) -> Any:
    tenant.set(f"tenant of {job.id}")
    note(job, f"plain {os.getpid()}")
    try:
        return call()
    finally:
        note(job, "end plain")


def own(job: Job, call: Callable[[], Any]) -> Any:
    note(job, "own")
    return call()


tasks = TaskRegistry()
tasks.middleware(on_loop)


@tasks.task
async def loop(payload: dict[str, str]) -> str:
    return handled(payload)


@tasks.task(middleware=[own])
def thread(payload: dict[str, str]) -> str:
    return handled(payload)


@tasks.task(run_in="process", middleware=[own])
def process(payload: dict[str, str]) -> str:
    return handled(payload)


@tasks.batch
async def batch(payload: list[dict[str, str]]) -> list[str | None]:
    handled(payload[0])
    return [item.get("error") for item in payload]


@tasks.batch(run_in="process")
def process_batch(payload: list[dict[str, str]]) -> list[str | None]:
    handled(payload[0])
    return [item.get("error") for item in payload]


# After the tasks, and yet around them.
tasks.middleware(in_place)


def handled(payload: dict[str, str]) -> str:
    with Path(payload["path"]).open("a") as file:
        print(f"handler {tenant.get()}", file=file)
    return "result"


def lines(path: Path) -> list[str]:
    """What was noted, with `here` for the id of this process and `there` for another; and removes it."""
    found = [line.split() for line in path.read_text().splitlines()]
    path.unlink()
    for words in found:
        if words[0] in ("async", "plain"):
            words[1] = "here" if words[1] == str(os.getpid()) else "there"
    return [" ".join(words) for words in found]
