"""The loop that schedules what is due: what the database has, and what stands in the worker's crontab."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.errors import GraphileWorkerError
from .._basis.retries import Retries
from .._basis.service import Service
from .._calls import scheduling
from .._client.async_client import AsyncClient
from .._hooks.hooks import Hooks

if TYPE_CHECKING:
    from .clock import Clock
    from .crontab_publisher import CrontabPublisher

_LONGEST = 60.0
"""Seconds between looks. Not every worker listens, and a notification may be lost."""
_HELD = 1.0
"""Seconds until the next look at what is overdue and in somebody else's hands, who schedules it or dies."""
_PATIENCE = 60.0
"""Seconds that a look may take, with all that is due."""


class Schedules(Service):
    """Asks when a schedule is due next, sleeps until then, and has the database add its job: with any number of others,
    as the database sees to it that each tick has one.

    `hear` says that a schedule may have changed. With a `publisher` the entries of a crontab are made schedules first,
    and again after every fault. The server's clock says what time it is; `clock` is one for tests.
    """

    name = "schedules"

    def __init__(
        self, client: AsyncClient, hooks: Hooks, publisher: CrontabPublisher | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__()
        self._client = client
        self._hooks = hooks
        self._publisher = publisher
        self._clock = clock
        self._is_published = publisher is None
        self._changed = asyncio.Event()
        self.hear: Callable[[], None] = self._changed.set
        """Looks at once."""
        self._teller: Any = None
        self._awaited: datetime | None = None
        """The tick until which it sleeps."""

    def publish_first(self, publisher: CrontabPublisher) -> None:
        """Publishes the entries of a crontab before the first look. It is called before `start`."""
        self._publisher = publisher
        self._is_published = False

    async def _run(self) -> None:
        retries = Retries("schedules are not looked at", longest=_LONGEST)
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    delay = await self._look()
                retries.succeeded("schedules are looked at again")
            except (psycopg.Error, PoolTimeout, GraphileWorkerError, OSError) as error:
                self._is_published = self._publisher is None
                delay = retries.failed(error)
            await self._sleep(delay)

    async def _sleep(self, seconds: float) -> None:
        if self._clock is not None:
            await self._clock.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()

    async def _look(self) -> float:
        """Schedules what is due; returns in how many seconds to look again."""
        now = self._clock.now() if self._clock is not None else None
        run = self._client._run  # noqa: SLF001
        if self._publisher is not None and not self._is_published:
            await self._publisher.publish(self._client, now)
            self._is_published = True
        entries = self._publisher.identifiers if self._publisher is not None else ()
        last: scheduling.Coming | None = None
        while coming := await run(scheduling.next_schedule(entries, now)):
            awaited, self._awaited = self._awaited, None
            if awaited is not None and awaited <= coming.tick - coming.due_in and awaited < coming.tick:
                # Others were quicker.
                await self._tell(awaited, [])
            if (seconds := coming.due_in.total_seconds()) > 0:
                self._awaited = coming.tick
                return min(seconds, _LONGEST)
            if last is not None and last[:2] == coming[:2]:
                return _HELD
            last = coming
            found = await run(scheduling.schedule_due_jobs(entries, now))
            await self._tell(coming.tick, found)
        return _LONGEST

    async def _tell(self, reached: datetime, found: list[scheduling.Scheduled]) -> None:
        if self._teller is None:
            # Where nothing is ever due, nothing of it is needed.
            from .schedule_teller import ScheduleTeller

            self._teller = ScheduleTeller(self._hooks, self._client, self._publisher)
        await self._teller.tell(reached, found)
