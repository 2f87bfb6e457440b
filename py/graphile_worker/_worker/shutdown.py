"""Whether the worker is to stop, why, and how soon."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Shutdown:
    """What the parts of a worker share about its end: who wants an end says so here, who has to act looks here.

    >>> shutdown = Shutdown()
    >>> shutdown.request("signal")
    >>> shutdown.is_requested, shutdown.reason
    (True, 'signal')
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        """The reason of the first request."""
        self.caller: asyncio.Task[object] | None = None
        """The task that runs the worker."""
        self.is_announced = False
        """Whether a signal to stop has come, of which a blocked event loop has not heard yet."""
        self.left_running = 0
        """Handlers that would not be interrupted."""
        self._requested = asyncio.Event()
        self._urgent = asyncio.Event()

    @property
    def is_requested(self) -> bool:
        """Tells whether nothing more is to be claimed."""
        return self.reason is not None

    @property
    def is_urgent(self) -> bool:
        """Tells whether what runs has no grace period."""
        return self._urgent.is_set()

    @property
    def is_near(self) -> bool:
        """Tells whether the shutdown was requested, or is about to be: the task that called the worker was cancelled,
        which that task may not have heard of yet.
        """
        return self.reason is not None or (self.caller is not None and self.caller.cancelling() > 0)

    def announce(self) -> None:
        """Says that the shutdown will be requested, once the event loop goes on."""
        self.is_announced = True

    def request(self, reason: str, *, now: bool = False) -> None:
        """Requests the shutdown, on the worker's event loop; with `now` without a grace period. May be called again."""
        self.reason = self.reason or reason
        self._requested.set()
        if now:
            self._urgent.set()

    async def requested(self) -> None:
        """Waits until the shutdown is requested."""
        await self._requested.wait()

    async def grace(self, seconds: float) -> None:
        """Waits so many seconds, or until the shutdown is urgent."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._urgent.wait(), seconds)
