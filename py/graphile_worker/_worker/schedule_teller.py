"""Tells what was scheduled: the hooks, and the log of what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .._basis.log import logger
from .._basis.printable import printable, shorten
from .._calls.scheduling import Scheduled
from .._client.async_client import AsyncClient
from .._hooks import events
from .._hooks.hooks import Hooks

if TYPE_CHECKING:
    from .._crontab.entry import Cron
    from .crontab_publisher import CrontabPublisher

_INSTANT = timedelta(microseconds=1)
CODE = "code"
"""Where entries stand that were read from nowhere."""
LONGEST = 500
"""Characters of a message that are told."""


class ScheduleTeller:
    """Passes on what became of ticks. A refusal is told the first, second, fourth ... time."""

    def __init__(self, hooks: Hooks, client: AsyncClient, publisher: CrontabPublisher | None) -> None:
        self._hooks = hooks
        self._client = client
        self._entries = {entry.id: entry for entry in publisher.crontab} if publisher is not None else {}
        self._timed = [self._entries[name] for name in publisher.identifiers] if publisher is not None else []
        self._refusals: Counter[str] = Counter()

    async def tell(self, reached: datetime, scheduled: Sequence[Scheduled]) -> None:
        """Tells of a tick that was `reached`, by whomever it was scheduled, and of those that this worker scheduled."""
        for tick in sorted({reached, *(row.tick for row in scheduled)}):
            for row in scheduled:
                if row.tick == tick:
                    await self._tell(row)
            if self._hooks.wants(events.CronTick):
                due = [entry for entry in self._timed if entry.ticks(tick - _INSTANT, tick)]
                backfilled = any(row.backfilled for row in scheduled if row.tick == tick)
                await self._hooks.emit(
                    events.CronTick(worker_id=self._client.worker_id, tick=tick, due=due, backfilled=backfilled)
                )

    async def _tell(self, row: Scheduled) -> None:
        if row.job_id is not None:
            logger.debug("job %d of schedule %s is added for %s", row.job_id, printable(row.identifier), row.tick)
            if self._hooks.wants(events.CronJobScheduled):
                await self._hooks.emit(
                    events.CronJobScheduled(
                        worker_id=self._client.worker_id,
                        tick=row.tick,
                        identifier=row.identifier,
                        entry=self._entries.get(row.identifier),
                        job_id=row.job_id,
                        backfilled=row.backfilled,
                    )
                )
        elif row.error is not None:
            self._refusals[row.identifier] += 1
            times = self._refusals[row.identifier]
            # Ever more rarely: it may be refused at every tick.
            if times & (times - 1) == 0:
                logger.warning(
                    "%s is left out at %s UTC (%d): %s",
                    name_of(row.identifier, source_of(self._entries.get(row.identifier))),
                    f"{row.tick.astimezone(UTC):%Y-%m-%d %H:%M}",
                    times,
                    printable(" ".join(shorten(row.error, LONGEST).split())),
                )


def source_of(entry: Cron | None) -> str | None:
    """Returns where an entry stands; None for a schedule that is no entry."""
    return None if entry is None else entry.source or CODE


def name_of(identifier: str, source: str | None) -> str:
    """Returns what the log calls a schedule, or an entry of a crontab with its line."""
    if source is None:
        return f"schedule {printable(identifier)}"
    return f"crontab entry {printable(f'{identifier} ({source})')}"
