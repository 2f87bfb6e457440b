"""What wakes a lane that waits: there may be jobs to claim, or something else to do."""

from __future__ import annotations

import asyncio


class WorkSignal:
    """A signal that a lane shares with whatever has news for the lane. On the event loop of the worker.

    >>> signal = WorkSignal()
    >>> signal.may_find_more
    True
    """

    def __init__(self) -> None:
        self.may_find_more = True
        """Whether a claim may bring more than was seen last time."""
        self._woken = asyncio.Event()
        self.wake = self._woken.set
        """Wakes the lane to hand in, or to stop. Not a method: it is called for every job."""
        self._later: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Wakes the lane, as there may be more to claim."""
        self.may_find_more = True
        self._woken.set()

    def ask_in(self, seconds: float | None, *, at_most: float) -> None:
        """Asks in so many seconds, and not when it was to be before; not at all if that is `at_most`, or null."""
        if self._later:
            self._later.cancel()
            self._later = None
        if seconds is not None and seconds < at_most:
            self._later = asyncio.get_running_loop().call_later(max(seconds, 0.001), self.ask)

    def clear(self) -> None:
        """Clears the signal: what comes from now on wakes the lane again."""
        self._woken.clear()

    async def wait(self) -> None:
        await self._woken.wait()
