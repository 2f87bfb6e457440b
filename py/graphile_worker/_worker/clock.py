"""The clock that the scheduler goes by; tests have one that runs as fast as they can."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> datetime:
        """The present instant, with a time zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns about so many seconds later; the clock may have been set meanwhile."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
