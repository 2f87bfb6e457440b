"""The suspicion that this worker was taken for dead."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Alarm:
    """An alarm that whoever misses jobs rings, in any thread, and the heartbeat hears: it asks the database at once.

    Nobody hears it without recovery, and before `attach`.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung: asyncio.Event

    def attach(self) -> None:
        """Makes the running event loop the one that hears the alarm."""
        self._rung = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def ring(self) -> None:
        """Rings the alarm. May be called from any thread."""
        # The loop may have ended already, at a failure to start.
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._rung.set)

    @property
    def is_rung(self) -> bool:
        return self._rung.is_set()

    def silence(self) -> None:
        self._rung.clear()

    async def wait(self, seconds: float) -> None:
        """Waits until the alarm rings, `seconds` at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
