"""What the database refuses of a crontab: found entry by entry, and told with its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import psycopg

from .._basis.errors import PayloadError
from .._basis.log import logger
from .._basis.printable import printable, shorten
from .._calls.crontab_rows import ScheduledCrontab
from .._client.async_client import AsyncClient
from .._crontab.entry import Cron

_LONGEST = 500
"""Characters of a message that are told."""


class CronRefusals:
    """Schedules entries: all of them, or one by one when their statement can't even be sent, or committed. Those that
    the database refuses are told in the log, the first, second, fourth ... time."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()

    async def schedule(
        self, client: AsyncClient, tick: datetime, entries: Sequence[Cron], *, backfilled: bool
    ) -> list[tuple[Cron, int]]:
        """Returns the entries that got a job by this, each with the job's id."""
        try:
            found = await client.schedule_crontabs(tick, entries, backfilled=backfilled)
        except (psycopg.Error, PayloadError, UnicodeError) as error:
            if not _is_of_one(error):
                raise
            found = await self._schedule_each(client, tick, entries, backfilled=backfilled)
        due = {entry.id: entry for entry in entries}
        for row in found:
            if row.job_id is None:
                self._tell(due[row.identifier], ". ".join(filter(None, (row.error_message, row.error_hint))), tick)
        return [(due[row.identifier], row.job_id) for row in found if row.job_id is not None]

    async def _schedule_each(
        self, client: AsyncClient, tick: datetime, entries: Sequence[Cron], *, backfilled: bool
    ) -> list[ScheduledCrontab]:
        found = []
        for entry in entries:
            try:
                found += await client.schedule_crontabs(tick, [entry], backfilled=backfilled, escaped=True)
            except (psycopg.Error, PayloadError, UnicodeError) as error:
                if not _is_of_one(error):
                    raise
                self._tell(entry, str(error), tick)
        return found

    def _tell(self, entry: Cron, problem: str, tick: datetime) -> None:
        self._times[entry.id] += 1
        times = self._times[entry.id]
        # Told ever more rarely: the entry may be refused at every minute.
        if times & (times - 1) == 0:
            logger.warning(
                "crontab entry %s is left out at %s UTC (%d): %s",
                printable(f"{entry.id} ({entry.source})" if entry.source else entry.id),
                f"{tick:%Y-%m-%d %H:%M}",
                times,
                printable(" ".join(shorten(problem, _LONGEST).split())),
            )


def _is_of_one(error: Exception) -> bool:
    """Tells whether an error can be due to one entry alone: to a value, or a constraint or trigger at the commit."""
    if not isinstance(error, psycopg.Error) or error.sqlstate is None:
        return not isinstance(error, psycopg.Error) or isinstance(error, psycopg.DataError)
    return error.sqlstate[:2] in ("22", "23", "54", "P0")
