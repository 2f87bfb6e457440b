"""How many may do something at a time: for threads."""

from __future__ import annotations

from queue import Empty, SimpleQueue


class Permits:
    """A number of permits, for threads."""

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
