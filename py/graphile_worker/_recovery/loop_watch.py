"""Notices that something blocks the event loop of the worker; from the thread of the heartbeats, which goes on then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from .._basis.log import logger
from .._calls.job import Job
from .worker_loop import WorkerLoop

_LONGEST_PAUSE = 0.5
"""Seconds between two looks."""

JobOf = Callable[[asyncio.Task[Any]], Job | None]


class LoopWatch:
    """Says which job has blocked the loop for longer than `limit` seconds, once per job. `jobs_of` know who runs what.

    Who is idle is not disturbed: only while a task is in the middle of a step the loop is asked for an answer.
    """

    def __init__(self, worker_loop: WorkerLoop, jobs_of: list[JobOf], limit: float) -> None:
        self._worker_loop = worker_loop
        self._jobs_of = jobs_of
        self._limit = limit
        self._told: WeakKeyDictionary[asyncio.Task[Any], Job | None] = WeakKeyDictionary()
        """What each task ran when it was last told."""

    async def run(self) -> None:
        """Watches the loop until cancelled."""
        pause = min(_LONGEST_PAUSE, self._limit / 2)
        while True:
            await asyncio.sleep(pause)
            if self._worker_loop.current_task() is None:
                continue
            asked_at = time.monotonic()
            answer = self._worker_loop.ask()
            has_told = False
            while not answer.done() and not self._worker_loop.is_closed:
                await asyncio.sleep(pause)
                if not has_told and time.monotonic() - asked_at >= self._limit and not answer.done():
                    has_told = True
                    self._tell()

    def _tell(self) -> None:
        task = self._worker_loop.current_task()
        if task is None:
            return
        job = next((job for job_of in self._jobs_of if (job := job_of(task)) is not None), None)
        if task in self._told and self._told[task] is job:
            return
        self._told[task] = job
        who = f"task {task.get_name()}" if job is None else f"job {job.id} ({job.task_identifier})"
        logger.warning(
            "%s has blocked the event loop for %g s, at %s: no other job of this worker goes on meanwhile;"
            " blocking calls belong into a plain function, which runs in a thread",
            *(who, self._limit, self._worker_loop.place()),
            extra=None if job is None else job.log_fields(),
        )
