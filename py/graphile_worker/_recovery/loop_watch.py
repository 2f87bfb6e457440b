"""Notices that something blocks the event loop of the worker; from the thread of the heartbeats, which goes on then."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from .._basis.log import logger, tell_apart
from .._calls.job import Job
from .worker_loop import WorkerLoop

EXIT_CODE = 70
"""Of a process that was ended since its event loop was blocked; EX_SOFTWARE of sysexits.h."""
_LONGEST_PAUSE = 0.5
"""Seconds between two looks."""
_LOG_WITHIN = 1.0
"""Seconds that the log has; what blocks the event loop may be the log."""
_SLACK = 3.0
"""Seconds that a blocked loop has on top of the grace period; a signal ends the process before that."""
_DEBUGGERS = ("pdb", "bdb", "pydevd")
"""Modules that stand in the stack of what a debugger has stopped."""

JobOf = Callable[[asyncio.Task[Any]], Job | None]


class Limits(NamedTuple):
    """Seconds that the event loop may be blocked: until the log says so, and until the process ends; 0 for never.
    While the worker is being stopped, what it runs has the seconds of `grace` on top.
    """

    tell_after: float
    exit_after: float = 0.0
    grace: float = 0.0


class LoopWatch:
    """Says which job has blocked the loop, once per job, and ends the process when it goes on. `jobs_of` know who runs
    what.

    Who is idle is not disturbed: only while a task is in the middle of a step the loop is asked for an answer. Where
    the process may end it always is, as a callback blocks, too.
    """

    def __init__(
        self, worker_loop: WorkerLoop, jobs_of: list[JobOf], limits: Limits, is_stopping: Callable[[], bool]
    ) -> None:
        self._worker_loop = worker_loop
        self._jobs_of = jobs_of
        self._limits = limits
        self._is_stopping = is_stopping
        self._told: WeakKeyDictionary[asyncio.Task[Any], Job | None] = WeakKeyDictionary()
        """What each task ran when it was last told."""

    async def run(self) -> None:
        """Watches the loop until cancelled."""
        tell_after, exit_after, grace = self._limits
        pause = min(_LONGEST_PAUSE, *(limit / 2 for limit in (tell_after, exit_after) if limit))
        while True:
            await asyncio.sleep(pause)
            if not exit_after and self._worker_loop.current_task() is None:
                continue
            answer = self._worker_loop.ask()
            blocked = charged = 0.0
            looked_at, has_told = time.monotonic(), False
            while not answer.done() and not self._worker_loop.is_closed:
                await asyncio.sleep(pause)
                # Time in which this thread was halted as well, with its process or its machine, is nobody's fault.
                now = time.monotonic()
                passed, looked_at = min(now - looked_at, 2 * pause), now
                if answer.done():
                    break
                blocked += passed
                if tell_after and blocked >= tell_after and not has_told:
                    has_told = True
                    self._tell()
                # Nor is time in which somebody looks at the handler by a debugger.
                if exit_after and not self._worker_loop.is_in(_files(_DEBUGGERS)):
                    charged += passed
                    limit = exit_after + (grace + _SLACK if self._is_stopping() else 0.0)
                    if charged >= limit:
                        self._end(limit)

    def _tell(self) -> None:
        task = self._worker_loop.current_task()
        if task is None:
            return
        job = self._job_of(task)
        if task in self._told and self._told[task] is job:
            return
        self._told[task] = job
        message = (
            "%s has blocked the event loop for %g s, at %s: no other job of this worker goes on meanwhile;"
            " blocking calls belong into a plain function, which runs in a thread"
        )
        values = (_name(task, job), self._limits.tell_after, self._worker_loop.place())
        tell_apart(_LOG_WITHIN, logger.warning, message, *values, extra=None if job is None else job.log_fields())

    def _end(self, limit: float) -> None:
        stack = self._worker_loop.stack()
        task = self._worker_loop.current_task()
        job = None if task is None else self._job_of(task)
        message = (
            "%s has blocked the event loop for %g s: the process ends, exit code %d, and what it holds is left to"
            " recovery. The event loop is at\n%s"
        )
        values = (_name(task, job), limit, EXIT_CODE, "".join(stack.format()).rstrip())
        tell_apart(_LOG_WITHIN, logger.error, message, *values, extra=None if job is None else job.log_fields())
        os._exit(EXIT_CODE)

    def _job_of(self, task: asyncio.Task[Any]) -> Job | None:
        return next((job for job_of in self._jobs_of if (job := job_of(task)) is not None), None)


def _name(task: asyncio.Task[Any] | None, job: Job | None) -> str:
    if job is not None:
        return f"job {job.id} ({job.task_identifier})"
    return "a callback" if task is None else f"task {task.get_name()}"


def _files(modules: tuple[str, ...]) -> set[str | None]:
    return {getattr(sys.modules.get(name), "__file__", None) for name in modules}
