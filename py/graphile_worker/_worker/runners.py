"""Takes claimed jobs from the buffer and runs them, so many at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from .._calls.job import Job
from .._client.async_client import AsyncClient
from .._hooks import events
from .._hooks.hooks import Hooks
from .._tasks.context import JobContext
from .._tasks.executors import Places
from .._tasks.own_context import in_own_context
from .._tasks.registry import TaskRegistry
from .buffer import Buffer
from .held_jobs import HeldJobs
from .outcomes import Failure, Outcomes
from .run_job import run_job
from .work_signal import WorkSignal

logger = logging.getLogger("graphile_worker")

ABANDON_AFTER = 1.0
"""Seconds that a cancelled handler has to come to an end."""


class Runners:
    """No task per job: each of `concurrency` runners takes one after the other, and puts what came of it into
    `outcomes`.
    """

    def __init__(
        self,
        concurrency: int,
        held: HeldJobs,
        buffer: Buffer,
        outcomes: Outcomes,
        work: WorkSignal,
        *,
        tasks: TaskRegistry,
        hooks: Hooks,
        client: AsyncClient,
        state: Mapping[str, Any],
    ) -> None:
        self.worked_from = self.worked_until = 0.0
        """Between these jobs have been running since somebody last looked; instants of time.monotonic()."""
        self._concurrency = concurrency
        self._held = held
        self._buffer = buffer
        self._outcomes = outcomes
        self._work = work
        self._tasks = tasks
        self._hooks = hooks
        self._client = client
        self._state = state
        self._runners: list[asyncio.Task[None]] = []

    @property
    def idle_count(self) -> int:
        return self._concurrency - len(self._held.running)

    def start(self, places: Places) -> None:
        self._runners = [asyncio.create_task(self._run(places)) for _ in range(self._concurrency)]

    async def stop(self) -> None:
        """Cancels what still runs, and waits a little for it."""
        for runner in self._runners:
            runner.cancel()
        await asyncio.wait(self._runners, timeout=ABANDON_AFTER)

    def abandon(self) -> None:
        """Waits no longer for handlers that won't be cancelled: their jobs go back."""
        for job in self._held.running.values():
            if self._held.holds(job):
                logger.warning(
                    "job %d (%s) can't be interrupted; it is returned all the same", job.id, job.task_identifier
                )
                self._outcomes.interrupted.append(job)
        self._held.running.clear()
        self._work.wake()

    async def _run(self, places: Places) -> None:
        held, outcomes = self._held, self._outcomes
        runner = asyncio.current_task()
        assert runner is not None
        while True:
            job = await self._buffer.next()
            if not held.holds(job):
                continue
            held.running[runner] = job
            result: Failure | None = None
            interrupted = False
            task = self._tasks[job.task_identifier]
            try:
                context = self._context(job) if task.takes_context else None
                result = await in_own_context(run_job(task, job, context, places, self._hooks, held.worker_id))
            except asyncio.CancelledError:
                interrupted = runner.cancelling() > 0
                if not interrupted:
                    result = Failure(job, "CancelledError: the task cancelled itself", time.monotonic())
            self.worked_until = time.monotonic()
            if held.running.pop(runner, None) is not None and held.holds(job):
                if interrupted:
                    outcomes.interrupted.append(job)
                elif result is None:
                    outcomes.complete(job)
                else:
                    outcomes.failed.append(result)
            self._work.wake()
            if interrupted:
                lost = held.was_robbed(runner)
                reason = "lost" if lost else "shutdown"
                await self._hooks.emit(events.JobInterrupted(worker_id=held.worker_id, job=job, reason=reason))
                if not lost or runner.cancelling():
                    return
            else:
                # It came to an end just as it was cancelled.
                held.was_robbed(runner)

    def _context(self, job: Job) -> JobContext:
        return JobContext(job, self._held.worker_id, self._client, self._state, partial(self._held.is_cut_off, job))
