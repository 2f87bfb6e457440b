"""The loop that schedules what is due, and makes up for what was missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import isawaitable
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from .._basis.backoff import Backoff
from .._basis.error_text import describe
from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.own_tasks import must_end
from .._basis.printable import some_of
from .._basis.service import Service
from .._client.async_client import AsyncClient
from .._crontab.crontab import Crontab
from .._crontab.entry import Cron
from .._crontab.match import Match
from .._wire.connections import ConnectionSource
from .clock import Clock, SystemClock
from .cron_matches import CronMatches
from .cron_refusals import CronRefusals

_MINUTE = timedelta(minutes=1)

_PATIENCE = 60.0
"""Seconds that a call to the database may take."""

LATE = timedelta(minutes=5)
"""How late a tick may be that a running scheduler did not get to, for a slow database or a short outage, and still be
scheduled without `fill`. The server takes ticks as far in the future: a clock that is wrong by less skips none."""


@dataclass(frozen=True, slots=True)
class DueTick:
    """An instant at which entries were due, after the database was told. `due` are all of them, by whomever they were
    scheduled; `backfilled` says that this was made up for."""

    tick: datetime
    due: tuple[Cron, ...]
    backfilled: bool


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A job that this scheduler, and no other, has added for an entry."""

    entry: Cron
    job_id: int
    tick: datetime
    backfilled: bool


class CronScheduler(Service):
    """Adds the jobs of a crontab when they are due, together with any number of others that have the same crontab.

    `target` is a connection string or a psycopg pool; there is a connection only while there is something to schedule.
    Which of them adds a job is up to the database, so it does not matter that several try, that one is killed in
    between, or that a clock goes back. Faults of the database are got over, however long they last. `on_tick` and
    `on_scheduled`, functions or async functions, are told what happens; what they raise is logged.

    >>> scheduler = CronScheduler("postgresql://localhost/app", Crontab.read("crontab"))  # doctest: +SKIP
    >>> await scheduler.start()  # doctest: +SKIP
    """

    name = "cron"

    def __init__(
        self,
        target: str | AsyncConnectionPool[Any],
        crontab: Crontab,
        *,
        schema: str = "graphile_worker",
        clock: Clock | None = None,
        on_tick: Callable[[DueTick], object] | None = None,
        on_scheduled: Callable[[ScheduledJob], object] | None = None,
    ) -> None:
        super().__init__()
        self._source = ConnectionSource(target)
        self._schema = schema
        self._crontab = crontab
        self._clock = clock or SystemClock()
        self.on_tick = on_tick
        self.on_scheduled = on_scheduled
        self._done = self._clock.now()
        """The instant up to which every tick is dealt with: scheduled by somebody, or too late."""
        self._idle_until: datetime | None = None
        """No entry is due between `_done` and then; None when that is not known."""
        self._backoff = Backoff(first=0.2, longest=60)
        self._refusals = CronRefusals()
        self._matches = CronMatches()
        self._may_be_idle = not any(isinstance(entry.schedule, Match) for entry in crontab)
        """Whether it can be known when the next entry is due: a function may say so of any minute."""

    async def start(self) -> None:
        """Starts scheduling in the background; returns at once."""
        if len(self._crontab):
            await super().start()

    # `stop` cuts off a call to the database that is under way: it has happened, or it has not, and whoever comes next
    # finds out.

    async def _run(self) -> None:
        while True:
            try:
                await self._catch_up()
                while True:
                    await self._until_next_minute()
                    await self._schedule_due()
            except (psycopg.Error, GraphileWorkerError, OSError) as error:
                delay = self._backoff.next()
                # Once, then ever more rarely: an outage is not to fill the log.
                if self._backoff.failures & (self._backoff.failures - 1) == 0:
                    logger.warning("cron failed, trying again (%d): %s", self._backoff.failures, error)
            except Exception as error:
                delay = self._backoff.next()
                logger.error("cron failed in a way that is not the database's; trying again: %s", describe(error))
            await self._clock.sleep(delay)

    async def _until_next_minute(self) -> None:
        # The minute after the last one dealt with may have passed meanwhile. No longer than a minute if it is far off,
        # which it is when the clock was set back.
        next_minute = self._done.replace(second=0, microsecond=0) + _MINUTE
        left = next_minute - self._clock.now()
        await self._clock.sleep(min(max(left, timedelta(0)), _MINUTE).total_seconds())

    async def _catch_up(self) -> None:
        """Registers the entries, and schedules what nobody did while this scheduler was away, as far as `fill` goes."""
        now = self._clock.now()
        async with self._connected() as client, asyncio.timeout(None) as limit:
            _extend(limit)
            known = await client.register_crontabs([entry.id for entry in self._crontab], seen_at=now)
            since = {row.identifier: row.last_execution or row.known_since for row in known}
            if new := [row.identifier for row in known if row.known_since == now]:
                logger.info("new crontab entries: %s", some_of(new))
            await self._schedule(client, self._due(since, now), limit)
        self._finish(now)

    async def _schedule_due(self) -> None:
        now = self._clock.now()
        if now < self._done - _MINUTE:
            # The clock was set back. What was scheduled for the time that comes again is known to the database.
            logger.warning("the clock went back from %s to %s", self._done, now)
            self._done = now
            self._idle_until = None
        elif self._idle_until is not None and self._done < now < self._idle_until:
            self._done = now
        elif now > self._done:
            # Others may have scheduled part of it; that, too, is known to the database.
            if due := self._due({entry.id: self._done for entry in self._crontab}, now):
                async with self._connected() as client, asyncio.timeout(None) as limit:
                    await self._schedule(client, due, limit)
            self._finish(now)

    def _due(self, since: dict[str, datetime], now: datetime) -> list[DueTick]:
        """Returns the ticks up to `now` in order: of each entry those after its instant in `since`, unless too late."""
        on_time = max(min(self._done, now), now - LATE)
        due: dict[datetime, list[Cron]] = {}
        for entry in self._crontab:
            oldest = min(on_time, now - entry.fill)
            for tick in self._matches.ticks(entry, max(since[entry.id], oldest), now):
                due.setdefault(tick, []).append(entry)
        return [DueTick(tick, tuple(due[tick]), backfilled=tick <= on_time) for tick in sorted(due)]

    async def _schedule(self, client: AsyncClient, due: list[DueTick], limit: asyncio.Timeout) -> None:
        for tick in due:
            _extend(limit)
            scheduled = await self._refusals.schedule(client, tick.tick, tick.due, backfilled=tick.backfilled)
            self._done = max(self._done, tick.tick)
            for entry, job_id in scheduled:
                logger.debug("job %d of %s is scheduled for %s", job_id, entry.task, tick.tick)
                await self._tell(self.on_scheduled, ScheduledJob(entry, job_id, tick.tick, tick.backfilled))
            await self._tell(self.on_tick, tick)

    def _finish(self, now: datetime) -> None:
        self._done = now
        if self._may_be_idle:
            self._idle_until = min((tick for entry in self._crontab if (tick := entry.next(now))), default=None)
        if self._backoff.failures:
            logger.info("cron goes on after %d failed tries", self._backoff.failures)
            self._backoff.reset()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncClient]:
        connection = await self._source.open("graphile-worker cron")
        try:
            yield AsyncClient(connection, schema=self._schema)
        except BaseException:
            # In whatever state the connection is: a pool replaces one that is closed.
            await connection.close()
            raise
        finally:
            await self._source.close(connection)

    async def _tell(self, observer: Callable[..., object] | None, event: object) -> None:
        if observer is not None:
            try:
                if isawaitable(answer := observer(event)):
                    await answer
            # A stranger's code may raise anything.
            except BaseException as error:
                if must_end(error):
                    raise
                logger.error("%r raised; cron goes on: %s", observer, describe(error))


def _extend(limit: asyncio.Timeout) -> None:
    """Gives the next call its time: a call that waits for a lock or a dead network for ever would skip what follows."""
    limit.reschedule(asyncio.get_running_loop().time() + _PATIENCE)
