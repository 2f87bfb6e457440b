"""The places where a handler can run besides the event loop: a thread, a process, a program of its own."""

from __future__ import annotations

import asyncio
import contextvars
import os
from typing import TYPE_CHECKING, Any

from .errors import Raised, TaskProcessError
from .registry import Task
from .results import has_to_be_awaited, settled_as_value
from .threads import Threads

if TYPE_CHECKING:
    from .guard import Guard
    from .processes import Processes

__all__ = ["Places", "TaskProcessError"]


class Places:
    """Threads and processes, made when the first handler needs them."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._threads = Threads(concurrency)
        self._processes: Processes | None = None
        self._guard: Guard | None = None

    async def run(self, task: Task[Any], arguments: tuple[Any, ...]) -> Any:
        """Calls a handler that is not async, and awaits what it returns where that can be awaited.

        Raises what it raises, but StopIteration as RuntimeError.
        """
        if task.run_in == "executable":
            # Who has no executables needs nothing of the module.
            from .program import run_program

            return await run_program(task, arguments[0], self._only_guard())
        if task.run_in == "process":
            return await self._run_in_process(task, arguments)
        context = contextvars.copy_context()
        result = await self._threads.run(context.run, task.handler, *arguments)
        if isinstance(result, Raised):
            raise result.error
        if result is not None and has_to_be_awaited(result):
            # In the context in which the handler was called, as a decorator may have set something there.
            result = await asyncio.create_task(settled_as_value(result), context=context)
            if isinstance(result, Raised):
                raise result.error
        return result

    async def _run_in_process(self, task: Task[Any], arguments: tuple[Any, ...]) -> Any:
        from .processes import Processes

        if self._processes is None or self._processes.is_broken:
            self._processes = Processes(min(self._concurrency, os.cpu_count() or 1), self._only_guard())
        return await self._processes.run(task, arguments)

    def _only_guard(self) -> Guard:
        from .guard import Guard

        self._guard = self._guard or Guard()
        return self._guard

    def close(self) -> None:
        """Closes the places without waiting: a thread that still runs can't be stopped, a process is told to stop."""
        self._threads.close()
        if self._processes is not None:
            self._processes.close()
        if self._guard is not None:
            self._guard.close()
