"""The clock that the scheduler goes by; tests have one that runs as fast as they can."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A clock to tell the time and to wait by."""

    def now(self) -> datetime:
        """Returns the present instant, with a time zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits about so many seconds; the clock may have been set meanwhile."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
