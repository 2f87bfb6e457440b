"""A worker process of the fault suite: runs what is due, and writes down when each handler was entered and left.

    python -m tools.faults.worker URL JOURNAL OPTIONS

OPTIONS are those of a worker, as JSON; durations in seconds.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphile_worker import Hooks, JobContext, Recovery, TaskRegistry, Worker, WorkerStart

from .journal import Ended, Journal, Ready, Started

tasks = TaskRegistry()
hooks = Hooks()
# Another process may have had this one's number.
_TOKEN = secrets.token_hex(4)
_numbers = itertools.count()
_journal: Journal


class Planned(Exception):
    """A failure that the payload asks for."""


def _enter(payload: dict[str, Any], context: JobContext) -> str:
    job = context.job
    run = f"{_TOKEN}:{next(_numbers)}"
    _journal.write(
        Started(
            run=run,
            job=payload["job"],
            queue=job.queue_name,
            worker=context.worker_id,
            pid=os.getpid(),
            at=time.monotonic_ns(),
            late=job.run_at <= datetime.now(UTC),
        )
    )
    return run


def _leave(run: str, payload: dict[str, Any], context: JobContext) -> None:
    if context.job.attempts <= payload["failures"]:
        _journal.write(Ended(run, "failed", time.monotonic_ns()))
        raise Planned
    _journal.write(Ended(run, "done", time.monotonic_ns()))


@tasks.task
async def wait(payload: dict[str, Any], context: JobContext) -> None:
    run = _enter(payload, context)
    try:
        await asyncio.sleep(payload["seconds"])
    except asyncio.CancelledError:
        _journal.write(Ended(run, "interrupted", time.monotonic_ns()))
        raise
    _leave(run, payload, context)


@tasks.task
def block(payload: dict[str, Any], context: JobContext) -> None:
    """Blocks in a thread; goes on when the worker is told to give the job up."""
    run = _enter(payload, context)
    # time.sleep is refused by some versions of libfaketime.
    threading.Event().wait(payload["seconds"])
    _leave(run, payload, context)


@tasks.task
async def compute(payload: dict[str, Any], context: JobContext) -> None:
    """Computes on the event loop: nothing else of this worker runs meanwhile."""
    run = _enter(payload, context)
    for call in (_loop, _power, _match):
        _spend(payload["seconds"] / 3, call)
    _leave(run, payload, context)


def _spend(seconds: float, call: Callable[[int], object]) -> None:
    """Makes calls of about half a second each; those in C let nobody else have the interpreter before they end."""
    size = 1 << 12
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        call(size)
        if time.monotonic() - began < 0.25:
            size *= 2


def _loop(size: int) -> None:
    for _ in range(size):
        pass


def _power(size: int) -> None:
    pow(7, size)


def _match(size: int) -> None:
    # Each letter more takes twice as long.
    re.match("(a+)+b", "a" * size.bit_length())


@hooks.on(WorkerStart)
def say(_event: WorkerStart) -> None:
    _journal.write(Ready(os.getpid(), time.monotonic_ns()))


def options(text: str) -> dict[str, Any]:
    """Returns keyword arguments for a worker: numbers with a fraction are durations."""

    def decoded(values: dict[str, Any]) -> dict[str, Any]:
        return {name: timedelta(seconds=value) if isinstance(value, float) else value for name, value in values.items()}

    given = json.loads(text)
    recovery = given.pop("recovery", None)
    keywords = decoded(given)
    if recovery is not None:
        keywords["recovery"] = Recovery(**decoded(recovery))
    return keywords


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    _journal = Journal(Path(sys.argv[2]))
    asyncio.run(Worker(sys.argv[1], tasks, hooks=hooks, **options(sys.argv[3])).run(handle_signals=True))
