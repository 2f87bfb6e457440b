"""How many may do something at a time: for asyncio, and for threads."""

from __future__ import annotations

import asyncio
from collections import deque
from queue import Empty, SimpleQueue


class AsyncPermits:
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


class Permits:
    """A number of permits, like AsyncPermits, for threads."""

    def __init__(self, count: int) -> None:
        # A SimpleQueue is written in C, which threading.Semaphore is not.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)

    def take(self, seconds: float | None) -> bool:
        """Takes a permit, and waits for one so many seconds, or without end. Tells whether there was one."""
        try:
            self._free.get(timeout=seconds)
        except Empty:
            return False
        return True

    def give(self) -> None:
        """Gives a permit back."""
        self._free.put(None)
