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

    def claimed(self, is_full: bool, *, again_in: float | None) -> None:
        """Hears of a claim: whether it brought all that was wanted, and in how many seconds there is more, if it knows.

        One that knows nothing takes nothing back: after a look that saw nothing the next ones do not look.
        """
        self.may_find_more = self.may_find_more or is_full
        if again_in is not None:
            if self._later:
                self._later.cancel()
            self._later = asyncio.get_running_loop().call_later(max(again_in, 0.001), self.ask)

    def clear(self) -> None:
        """Clears the signal: what comes from now on wakes the lane again."""
        self._woken.clear()

    async def wait(self) -> None:
        await self._woken.wait()
