"""Limits on failed logins."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

TRIES = 10
SECONDS_PER_TRY = 6.0
TRIES_OF_ALL = 200
_REMEMBERED = 1000


class _Bucket:
    """Holds `size` tries, and gets one more every `seconds`."""

    __slots__ = ("_clock", "_seconds", "_size", "_tries", "_updated")

    def __init__(self, size: int, seconds: float, clock: Callable[[], float]) -> None:
        self._size = size
        self._seconds = seconds
        self._clock = clock
        self._tries = float(size)
        self._updated = clock()

    def _refill(self) -> None:
        now = self._clock()
        self._tries = min(self._size, self._tries + (now - self._updated) / self._seconds)
        self._updated = now

    @property
    def wait(self) -> float:
        """Seconds until there is another try."""
        self._refill()
        return max(0.0, 1.0 - self._tries) * self._seconds

    def take(self) -> None:
        self._refill()
        self._tries = max(0.0, self._tries - 1.0)


class Throttle:
    """Counts failed logins, per client and of all clients together.

    A client has 10, then one more every 6 seconds; all together have 200, and ten more every 6 seconds. The latter
    does not hold up those who have been let in before: by their address, or `known` by what they were given then.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _Bucket(TRIES_OF_ALL, SECONDS_PER_TRY / 10, clock)
        self._clients: OrderedDict[str, _Bucket] = OrderedDict()
        self._welcome: OrderedDict[str, None] = OrderedDict()

    def wait(self, client: str, *, known: bool = False) -> int:
        """Returns how many whole seconds this client has to wait before it may try again; 0 for none."""
        bucket = self._clients.get(client)
        longest = bucket.wait if bucket else 0.0
        if not known and client not in self._welcome:
            longest = max(longest, self._all.wait)
        return ceil(longest)

    def failed(self, client: str) -> None:
        bucket = self._clients.pop(client, None) or _Bucket(TRIES, SECONDS_PER_TRY, self._clock)
        bucket.take()
        self._clients[client] = bucket
        self._all.take()
        # Whoever has many addresses runs into the bound for all.
        while len(self._clients) > _REMEMBERED:
            self._clients.popitem(last=False)

    def succeeded(self, client: str) -> None:
        self._welcome[client] = None
        self._welcome.move_to_end(client)
        while len(self._welcome) > _REMEMBERED:
            self._welcome.popitem(last=False)
