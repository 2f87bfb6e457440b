"""How long to wait before the next try, and how to end what tries for ever."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """Doubling delays with jitter, so that many workers do not come back at the same instant. Seconds.

    >>> 0.05 <= Backoff(first=0.1, longest=5).next() <= 0.1
    True
    """

    def __init__(self, *, first: float = 0.1, longest: float = 5.0) -> None:
        self._first = first
        self._longest = longest
        self.failures = 0

    def next(self) -> float:
        delay = min(self._longest, self._first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return delay * random.uniform(0.5, 1.0)  # noqa: S311

    def reset(self) -> None:
        self.failures = 0


async def end(task: asyncio.Task[None]) -> None:
    """Cancels a background task until it has ended; raises what it raised.

    Once is not always enough: psycopg answers a cancellation in the middle of a query by waiting for the query's end,
    which may have come already.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
