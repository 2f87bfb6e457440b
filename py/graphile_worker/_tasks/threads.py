"""Threads for handlers, which are replaced when they die."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from .elsewhere import Raised, has_to_be_awaited, settled_as_value
from .errors import TaskProcessError

_LOOK_INTERVAL = 1.0
"""Seconds between two looks at whether a thread has died."""


class Threads:
    """A pool of threads in which a call never gets lost.

    A time-out of the kind that raises an exception in another thread (PyThreadState_SetAsyncExc) may come when the
    handler has ended. The thread then dies between two calls, perhaps with the next one in its hands, and a
    ThreadPoolExecutor neither tells nor replaces it.
    """

    def __init__(self, concurrency: int, left: dict[asyncio.Task[Any], asyncio.Future[Any]] | None = None) -> None:
        """Makes a pool; calls that go on though the task that waited was cancelled are put into `left`: see Places."""
        self._concurrency = concurrency
        self._executor = self._new_executor()
        self._pending: dict[asyncio.Task[Any] | None, _Call] = {}
        self._left = {} if left is None else left
        self._left_calls: set[_Call] = set()
        self._look_later: asyncio.TimerHandle | None = None

    async def call(
        self, handler: Callable[..., Any], arguments: tuple[Any, ...], runner: asyncio.Task[Any] | None = None
    ) -> Any:
        """Calls a handler in a thread, and awaits what it returns where that can be awaited. Raises what it raises, but
        StopIteration as RuntimeError. `runner`: who waits for it in the end, if not the current task.
        """
        context = contextvars.copy_context()
        result = await self._run(runner or asyncio.current_task(), context.run, handler, *arguments)
        if isinstance(result, Raised):
            raise result.error
        if result is not None and has_to_be_awaited(result):
            # In the context in which the handler was called, as a decorator may have set something there.
            result = await asyncio.create_task(settled_as_value(result), context=context)
            if isinstance(result, Raised):
                raise result.error
        return result

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function in a thread, and returns what it returns, or a Raised."""
        return await self._run(asyncio.current_task(), function, *arguments)

    async def _run(self, task: asyncio.Task[Any] | None, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._look_later is None:
            self._look_later = asyncio.get_running_loop().call_later(_LOOK_INTERVAL, self._look)
        self._pending[task] = call = _Call(function, arguments)
        try:
            self._executor.submit(call.run)
            return await call.result
        except asyncio.CancelledError:
            if task is not None and call.result.cancelled() and not call.withdraw():
                self._left[task] = call.leave()
                self._left_calls.add(call)
                self._left[task].add_done_callback(lambda _: self._left_calls.discard(call))
            raise
        finally:
            del self._pending[task]

    def runs_for(self, task: asyncio.Task[Any]) -> bool:
        """Tells whether the call that a task waits for has begun; if not, it never will."""
        call = self._pending.get(task)
        return call is not None and not call.withdraw()

    def close(self) -> None:
        """Closes the pool without waiting for the threads that still run."""
        if self._look_later is not None:
            self._look_later.cancel()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> None:
        """Makes another pool when a thread of this one has died, and has it run what was lost."""
        self._look_later = asyncio.get_running_loop().call_later(_LOOK_INTERVAL, self._look)
        # There is no public way to ask for its threads.
        dead = {thread for thread in self._executor._threads if not thread.is_alive()}  # noqa: SLF001
        if not dead:
            return
        # Those that live go on with what they have begun, and with what else lies in its queue, and end.
        self._executor.shutdown(wait=False)
        self._executor = self._new_executor()
        for call in (*self._pending.values(), *self._left_calls):
            if call.thread is None:
                self._executor.submit(call.run)
            elif call.thread in dead:
                call.give_up()

    def _new_executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._concurrency, thread_name_prefix="graphile_worker")


class _Call:
    """A call that is made once, by whichever thread is the first to begin, and not once nobody waits for it."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._loop = asyncio.get_running_loop()
        self.result: asyncio.Future[Any] = self._loop.create_future()
        self.thread: threading.Thread | None = None
        self._function = function
        self._arguments = arguments
        self._beginning = threading.Lock()
        self._is_withdrawn = False
        self._late_result: asyncio.Future[Any] | None = None

    def run(self) -> None:
        # Never released: who comes second leaves it alone.
        if not self._beginning.acquire(blocking=False):
            return
        self.thread = threading.current_thread()
        value: Any = None
        if not self.result.cancelled():
            try:
                value = self._function(*self._arguments)
            # The thread is ours, and what a stranger's code raises is its job's failure.
            except BaseException as error:
                value = Raised(error)
        # A thread that nobody waits for may outlive the loop.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._deliver, value)

    def withdraw(self) -> bool:
        """Withdraws a call unless it has begun; returns whether it never will. On the event loop."""
        self._is_withdrawn = self._is_withdrawn or self._beginning.acquire(blocking=False)
        return self._is_withdrawn

    def leave(self) -> asyncio.Future[Any]:
        """Returns what comes of the call, for who waits for it no longer."""
        self._late_result = self._loop.create_future()
        return self._late_result

    def give_up(self) -> None:
        """Tells that the thread has died in the middle of it."""
        self._deliver(Raised(TaskProcessError("the thread that ran the job died")))

    def _deliver(self, value: Any) -> None:
        # It may have been cancelled, or given up.
        for result in (self.result, self._late_result):
            if result is not None and not result.done():
                result.set_result(value)
