"""Background loops, and the end of background tasks."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod


class Service(ABC):
    """A loop in the background. `start` does nothing while it runs, `stop` does nothing while it does not.

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
            self._task = asyncio.create_task(self._run(), name=f"graphile_worker {self.name}")

    async def stop(self) -> None:
        """Cancels the loop, and waits until it has ended. Raises what the loop raised."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    @abstractmethod
    async def _run(self) -> None:
        """Runs the loop until it is cancelled."""


async def end(task: asyncio.Task[None]) -> None:
    """Cancels a background task until it has ended; raises what the task raised.

    Once is not always enough: psycopg answers a cancellation in the middle of a query by waiting for the query's end,
    which may have come already.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
