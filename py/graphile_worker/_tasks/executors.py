"""The places where a handler can run besides the event loop: a thread, a process, a program of its own."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .task import Task

if TYPE_CHECKING:
    from .._calls.job import Job
    from .guard import Guard
    from .processes import Processes
    from .program import Program
    from .threads import Threads


class Places:
    """Threads and processes, made when the first handler needs them."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._threads: Threads | None = None
        self._processes: Processes | None = None
        self._guard: Guard | None = None
        self.left: dict[asyncio.Task[Any], asyncio.Future[Any]] = {}
        """Of tasks that were cancelled while a handler of theirs ran in a thread: what comes of it after all."""

    def is_in_thread(self, task: asyncio.Task[Any]) -> bool:
        """Tells whether a handler that this task waits for runs in a thread; one that has not begun there never does
        once this was asked.
        """
        return self._threads is not None and self._threads.runs_for(task)

    async def run(
        self,
        task: Task[Any],
        arguments: tuple[Any, ...],
        job: Job | None = None,
        runner: asyncio.Task[Any] | None = None,
    ) -> Any:
        """Calls a handler that is not async, and raises what it raises, or TaskProcessError.

        `job` is for the plain middleware of the task. `runner`: who waits for it in the end, if not the current task.
        """
        if task.run_in == "executable":
            return await cast("Program", task.handler).run(arguments[0], self._only_guard())
        if task.run_in == "process":
            return await self._run_in_process(task, arguments, job)
        if self._threads is None:
            from .threads import Threads

            self._threads = Threads(self._concurrency, self.left)
        if job is None or task.middleware is None or not task.middleware.in_place:
            return await self._threads.call(task.handler, arguments, runner)
        from .middleware import call_in_place, call_plain

        innermost = partial(call_plain, task.handler, arguments)
        inner = (task.middleware.in_place, job, task.is_batch, innermost)
        return await self._threads.call(call_in_place, inner, runner)

    async def _run_in_process(self, task: Task[Any], arguments: tuple[Any, ...], job: Job | None) -> Any:
        from .processes import Processes

        if self._processes is None:
            self._processes = Processes(min(self._concurrency, os.cpu_count() or 1), self._only_guard())
        return await self._processes.run(task, arguments, job)

    def _only_guard(self) -> Guard:
        from .guard import Guard

        self._guard = self._guard or Guard()
        return self._guard

    def close(self) -> None:
        """Closes the places without waiting: a thread that still runs can't be stopped, a process is told to stop."""
        for place in (self._threads, self._processes, self._guard):
            if place is not None:
                place.close()
