"""A clock for many schedulers that stands still while one of them works, and jumps to when the first one wakes up."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count


class World:
    """The time that all clocks of a test share."""

    def __init__(self, start: str) -> None:
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()
        self._changed = asyncio.Event()

    async def sleep_until(self, moment: datetime) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (moment, next(self._order), future))
        self._changed.set()
        await future

    async def until_asleep(self, sleepers: int) -> None:
        """Waits until so many sleep: then nobody does anything."""
        while self._asleep() < sleepers:
            self._changed.clear()
            await self._changed.wait()

    def _asleep(self) -> int:
        return sum(not future.done() for _, _, future in self._sleepers)

    def wake_next(self, limit: datetime) -> bool:
        """Goes to when the next ones wake up, and wakes them; False when that is later than `limit`."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers or self._sleepers[0][0] > limit:
            self.now = max(self.now, limit)
            return False
        self.now = max(self.now, self._sleepers[0][0])
        while self._sleepers and self._sleepers[0][0] <= self.now:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
        return True

    async def run(self, duration: timedelta, sleepers: Callable[[], int]) -> None:
        """Lets so much time pass, `sleepers` being how many are there to sleep."""
        limit = self.now + duration
        await self.until_asleep(sleepers())
        while self.wake_next(limit):
            await self.until_asleep(sleepers())


class SimulatedClock:
    """A machine's clock in that world; `offset` is by how much it is wrong."""

    def __init__(self, world: World, offset: timedelta = timedelta(0)) -> None:
        self.world = world
        self.offset = offset

    def now(self) -> datetime:
        return self.world.now + self.offset

    async def sleep(self, seconds: float) -> None:
        await self.world.sleep_until(self.world.now + timedelta(seconds=seconds))
