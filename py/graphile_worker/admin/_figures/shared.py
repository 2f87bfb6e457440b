"""A cache of answers, for all viewers of the page."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")
_KEPT = 64


class _Entry:
    __slots__ = ("error", "lock", "until", "value")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.until = float("-inf")
        self.value: Any = None
        self.error: Exception | None = None


class Shared:
    """Keeps answers of the database for a moment: however many viewers ask, the database is asked once.

    Nothing runs while nobody asks. An error is kept too, so that a database that is down is not asked by each of them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def get(self, key: Hashable, seconds: float, load: Callable[[], Awaitable[T]]) -> T:
        """Returns what `load` returned at most `seconds` ago; the first caller calls it, the others wait."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
            while len(self._entries) > _KEPT:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        async with entry.lock:
            if self._clock() >= entry.until:
                entry.value, entry.error = None, None
                try:
                    entry.value = await load()
                except Exception as error:
                    entry.error = error
                entry.until = self._clock() + seconds
            if entry.error is not None:
                # Each time anew: a traceback grows with every raise.
                raise entry.error.with_traceback(None)
            return cast(T, entry.value)

    def clear(self) -> None:
        """Forgets all answers, as something was changed. One under way goes only to those who wait for it already."""
        self._entries.clear()
