"""A producer: adds jobs of every kind, and writes down what the client said became of each."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psycopg

from graphile_worker import AsyncClient, GraphileWorkerError, JobSpec, OutcomeUnknown

from .journal import Added, Journal

PAUSE = 0.05
"""Seconds between two calls."""
BATCH = 5
QUEUES = 5


class Producer:
    """Adds jobs until it is stopped: some alone, some many at once; some in queues, some later, some that fail once.

    `with_retries` off leaves out those that fail: their retry takes seconds.
    """

    def __init__(self, url: str, journal: Path, *, with_retries: bool = True) -> None:
        self._client = AsyncClient(url, max_pool_size=2)
        self._journal = Journal(journal)
        self._with_retries = with_retries
        self._numbers = itertools.count()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Waits for the call that is under way: what became of it has to be known. May be called twice."""
        self._stopping.set()
        task, self._task = self._task, None
        if task is not None:
            await task
        await self._client.close()

    async def _run(self) -> None:
        for turn in itertools.count():
            now = datetime.now(UTC)
            await self.add([self._spec(next(self._numbers), now) for _ in range(1 if turn % 2 else BATCH)])
            try:
                await asyncio.wait_for(self._stopping.wait(), PAUSE)
            except TimeoutError:
                continue
            return

    async def add(self, specs: Sequence[JobSpec]) -> None:
        """Adds these jobs, whose payloads are those of the tasks in worker.py, in one call."""
        now, at = datetime.now(UTC), time.monotonic_ns()
        outcome: Literal["committed", "unknown", "refused"] = "committed"
        try:
            if len(specs) == 1:
                await self._client.add_job(
                    specs[0].identifier, specs[0].payload, queue_name=specs[0].queue_name, run_at=specs[0].run_at
                )
            else:
                await self._client.add_jobs(specs)
        except OutcomeUnknown:
            outcome = "unknown"
        except (psycopg.Error, GraphileWorkerError):
            outcome = "refused"
        for spec in specs:
            # The clock and the time of day are read one after the other.
            delay = max((spec.run_at - now) // timedelta(microseconds=1) * 1000, 0) if spec.run_at else 0
            self._journal.write(Added(spec.payload["job"], spec.queue_name, at + delay, outcome, time.monotonic_ns()))

    def _spec(self, number: int, now: datetime) -> JobSpec:
        return JobSpec(
            identifier="block" if number % 10 == 3 else "wait",
            payload={
                "job": number,
                # Whenever a fault strikes, some are running.
                "seconds": 0.2 if number % 4 == 2 else 0.01,
                "failures": int(self._with_retries and number % 40 == 7),
            },
            queue_name=f"q{number % QUEUES}" if number % 3 == 0 else None,
            run_at=now + timedelta(milliseconds=500 + number % 7 * 100) if number % 4 == 1 else None,
        )
