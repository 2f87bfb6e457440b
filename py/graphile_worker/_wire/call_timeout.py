"""How long to wait for an answer of the database, and when to stop trying."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager

from .connections import AsyncConnection, cut

_LAST = 5.0
"""Seconds that a call may take once it is time to give up."""


class CallTimeout:
    """Cuts the connection of a call that gets no answer: the way to the server may be dead, and nobody says so.

    A call may take `first` seconds, and twice as long after each one that was cut, up to 16 times as long: a server
    that is only slow must get through some time.

    >>> timeout = CallTimeout(first=60)
    >>> timeout.has_ended
    False
    """

    def __init__(self, *, first: float = 60.0) -> None:
        self._first = first
        self._now = first
        self._gives_up_at = math.inf
        self._connection: AsyncConnection | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def has_ended(self) -> bool:
        """Tells whether what fails now is not to be tried again."""
        return self._gives_up_at < math.inf and asyncio.get_running_loop().time() >= self._gives_up_at

    def end_after(self, seconds: float) -> None:
        """Ends all tries after so many seconds; a call that goes on then has a few seconds left."""
        self._gives_up_at = asyncio.get_running_loop().time() + seconds
        if self._timer is not None:
            self._start()

    def reset(self) -> None:
        """Resets the time for an answer, as the server has given one."""
        self._now = self._first

    @contextmanager
    def during(self, connection: AsyncConnection) -> Iterator[None]:
        """Limits the time of a call on a connection."""
        self._connection = connection
        self._start()
        try:
            yield
        finally:
            self._stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops the clock for what takes time within the call, but not the server's."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        self._stop()
        loop = asyncio.get_running_loop()
        left = max(self._gives_up_at - loop.time(), 0) + _LAST
        self._timer = loop.call_later(min(self._now, left), self._lose)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _lose(self) -> None:
        self._now = min(2 * self._now, 16 * self._first)
        if self._connection is not None:
            cut(self._connection)
