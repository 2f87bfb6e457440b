"""How many may do something at a time, with asyncio."""

from __future__ import annotations

import asyncio
from collections import deque


class Permits:
    """So many permits, first come, first served. Unlike those of asyncio, it serves one event loop after the other."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, seconds: float | None) -> bool:
        """Takes a permit, and waits for one so many seconds, or without end. Tells whether there was one."""
        if self._free:
            self._free -= 1
            return True
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as error:
            turn.cancel()
            if not turn.cancelled():
                # The permit was given at this very instant.
                self.give()
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def give(self) -> None:
        """Gives a permit back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done() and not turn.get_loop().is_closed():
                turn.set_result(None)
                return
        self._free += 1
