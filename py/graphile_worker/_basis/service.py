"""What goes on in the background, started and stopped once for all, and watched."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

from .error_text import describe
from .log import logger
from .own_tasks import begin, cancel, must_end, shake_off
from .retries import Retries

_LASTING = 60.0
"""Seconds that a loop has run, after which its end is an event of its own."""


class Service(ABC):
    """A loop in the background. `start` does nothing while it runs, `stop` does nothing while it does not.

    Whatever it dies of, it is told in the log and started again.

    >>> class Clock(Service):
    ...     name = "clock"
    ...
    ...     async def _run(self) -> None:
    ...         while True:
    ...             await asyncio.sleep(1)
    """

    name: str
    """What the task of asyncio is called, behind `graphile_worker`."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts the loop; returns at once."""
        if self._task is None:
            self._task = watched(self._run, self.name)

    async def stop(self) -> None:
        """Cancels the loop, and waits until it has ended."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    @abstractmethod
    async def _run(self) -> None:
        """Runs the loop until it is cancelled; it may also return when there is nothing left to do."""


def watched(run: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[None]:
    """Runs a loop in a task of its own until it returns or `end` is called; one that dies is started again."""
    return begin(_keep_running(run, name), f"graphile_worker {name}", outlives_starter=False)


async def end(task: asyncio.Task[None]) -> None:
    """Cancels a background task until it has ended; raises what the task raised.

    Once is not always enough: psycopg answers a cancellation in the middle of a query by waiting for the query's end,
    which may have come already.
    """
    while not task.done():
        cancel(task)
        await asyncio.wait({task}, timeout=0.5)
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error


async def _keep_running(run: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    task = asyncio.current_task()
    assert task is not None
    died = f"the background task {name!r} has died"
    retries = Retries(died, then="starting it again", longest=10, tell=logger.error, explain=describe)
    delay = 0.0
    while True:
        began = time.monotonic()
        try:
            if delay:
                await asyncio.sleep(delay)
            return await run()
        # It calls what strangers have written, a connection factory or a log filter; and anybody can cancel a task.
        except BaseException as error:
            if must_end(error):
                raise
            if time.monotonic() - began > _LASTING:
                retries.reset()
            delay = retries.failed(error)
            await shake_off(task)
