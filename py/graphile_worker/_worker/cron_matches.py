"""Ticks of crontab entries that ask a function: one that raises is left out for that minute, and told in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from .._basis.error_text import describe
from .._basis.log import logger
from .._basis.own_tasks import must_end
from .._basis.printable import printable
from .._crontab.entry import Cron
from .._crontab.match import Match, minutes


class CronMatches:
    """Finds the ticks of entries, of whichever kind."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()

    def ticks(self, entry: Cron, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yields the ticks of an entry later than `after` and not later than `until`, in UTC, in order."""
        if not isinstance(entry.schedule, Match):
            return entry.schedule.ticks(after, until)
        return (minute for minute in minutes(after, until) if self._is_due(entry, entry.schedule, minute))

    def _is_due(self, entry: Cron, match: Match, minute: datetime) -> bool:
        try:
            return match.is_due(minute)
        except BaseException as error:
            # A stranger's code may raise anything.
            if must_end(error):
                raise
            self._failures[entry.id] += 1
            times = self._failures[entry.id]
            # Told ever more rarely: it may be raised at every minute.
            if times & (times - 1) == 0:
                message = "crontab entry %s is left out at %s UTC (%d), its match raised: %s"
                logger.warning(message, printable(entry.id), f"{minute:%Y-%m-%d %H:%M}", times, describe(error))
            return False
