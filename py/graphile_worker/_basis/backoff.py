"""Delays between attempts."""

from __future__ import annotations

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
