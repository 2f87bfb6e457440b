"""When an entry is due: from its fields and its time zone to instants, found day by day and not minute by minute."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import chain
from typing import Self
from zoneinfo import ZoneInfo

from .fields import DAY, FIELDS, HOUR, MINUTE, MONTH, WEEKDAY
from .problems import CronValueError

_DAY = timedelta(days=1)
# No zone is, or has been, further from UTC; none has ever skipped or repeated more than a day.
_SLACK = timedelta(days=1)
_REMEMBERED_DAYS = 8


@dataclass(frozen=True)
class Schedule:
    """A cron pattern with its time zone: the minutes at which an entry is due.

    All fields must allow a minute, except that of the two day fields one is enough when both are restricted, that is
    when neither has all its values. Weekdays count from Sunday, 0.

    In UTC that is all. In a zone with daylight saving time, an entry for certain hours is due once for every minute
    that it names: at the first of two when the hour is repeated; and, when the hour does not exist, at the instant
    it would have been had the clock not been changed (02:30 becomes 03:30). An entry for every hour follows the time
    that passes: it is due in both of two repeated hours, and not in one that does not exist.

    >>> from datetime import datetime, UTC
    >>> leap = Schedule.parse("0 12 29 2 *")
    >>> leap.next(datetime(2025, 1, 1, tzinfo=UTC))
    datetime.datetime(2028, 2, 29, 12, 0, tzinfo=datetime.timezone.utc)
    """

    minutes: frozenset[int] = MINUTE.all
    hours: frozenset[int] = HOUR.all
    days: frozenset[int] = DAY.all
    months: frozenset[int] = MONTH.all
    weekdays: frozenset[int] = WEEKDAY.all
    tz: str = "UTC"

    def __post_init__(self) -> None:
        for field, values in zip(FIELDS, self._sets, strict=True):
            field.check(values)
        time_zone(self.tz)
        if self._day_fields_are_alternatives:
            return
        # A leap year has every day that there ever is.
        if not any(day <= monthrange(2000, month)[1] for month in self.months for day in self.days):
            raise CronValueError(
                f"there is no day {DAY.format(self.days)} in month {MONTH.format(self.months)}",
                "Name a day that the month has",
            )

    @classmethod
    def parse(cls, pattern: str, tz: str = "UTC") -> Self:
        """Makes a schedule from the text of the five fields. Raises CronValueError."""
        texts = pattern.split()
        if len(texts) != len(FIELDS):
            raise CronValueError(
                f"{pattern!r} has {len(texts)} fields",
                "Write five: minute, hour, day of the month, month, day of the week",
            )
        return cls.of((field.parse(text) for field, text in zip(FIELDS, texts, strict=True)), tz)

    @classmethod
    def of(cls, sets: Iterable[frozenset[int]], tz: str = "UTC") -> Self:
        """Makes a schedule from the values of the five fields, in their order. Raises CronValueError."""
        minutes, hours, days, months, weekdays = sets
        return cls(minutes, hours, days, months, weekdays, tz)

    def __str__(self) -> str:
        return " ".join(field.format(values) for field, values in zip(FIELDS, self._sets, strict=True))

    def next(self, after: datetime) -> datetime | None:
        """Returns the first tick later than `after`, in UTC; None when the calendar ends before."""
        return next(self._ticks(after), None)

    def ticks(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yields every tick later than `after` and not later than `until`, in UTC, in order."""
        for tick in self._ticks(after):
            if tick > until:
                return
            yield tick

    @property
    def _sets(self) -> tuple[frozenset[int], ...]:
        return self.minutes, self.hours, self.days, self.months, self.weekdays

    @property
    def _day_fields_are_alternatives(self) -> bool:
        return self.days != DAY.all and self.weekdays != WEEKDAY.all

    @cached_property
    def _by_day(self) -> dict[date, list[datetime]]:
        return {}

    def _ticks(self, after: datetime) -> Iterator[datetime]:
        after = after.astimezone(UTC)
        zone = time_zone(self.tz)
        # What a day gives may lie in the next one when a clock was changed, so ticks wait until no earlier can come.
        slack = timedelta(0) if zone is UTC else _SLACK
        waiting: list[datetime] = []
        for day in self._days((after - 2 * slack).date()):
            midnight = datetime.combine(day, time(), zone).astimezone(UTC) if waiting else None
            if midnight is not None:
                ready = bisect_right(waiting, midnight - slack)
                yield from waiting[:ready]
                del waiting[:ready]
            found = self._instants(day, zone)
            found = found[bisect_right(found, after) :]
            if not waiting and slack == timedelta(0):
                yield from found
            elif found:
                waiting = sorted({*waiting, *found})
        yield from waiting

    def _days(self, first: date) -> Iterator[date]:
        """Yields the local dates from `first` on that the day fields allow."""
        year, month = first.year, first.month
        while year <= date.max.year:
            if month in self.months:
                start = first.day if (year, month) == (first.year, first.month) else 1
                weekday, length = monthrange(year, month)
                for day in range(start, length + 1):
                    # monthrange counts weekdays from Monday, crontabs count them from Sunday.
                    in_days, in_weekdays = day in self.days, (weekday + day) % 7 in self.weekdays
                    if in_days or in_weekdays if self._day_fields_are_alternatives else in_days and in_weekdays:
                        yield date(year, month, day)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)

    def _instants(self, day: date, zone: tzinfo) -> list[datetime]:
        """Returns the ticks that a local date gives, in UTC, in order."""
        known = self._by_day.get(day)
        if known is not None:
            return known
        instants: set[datetime] = set()
        follows_elapsed_time = self.hours == HOUR.all
        for hour in self.hours:
            start = datetime.combine(day, time(hour), zone)
            ends = (start, start.replace(minute=59))
            offsets = {moment.replace(fold=fold).utcoffset() for moment in ends for fold in (0, 1)}
            local = (start.replace(minute=minute) for minute in self.minutes)
            if len(offsets) == 1:
                # No clock is changed in this hour.
                start_in_utc = start.astimezone(UTC)
                instants.update(start_in_utc + timedelta(minutes=minute) for minute in self.minutes)
            elif follows_elapsed_time:
                both = chain.from_iterable((moment, moment.replace(fold=1)) for moment in local)
                instants.update(moment.astimezone(UTC) for moment in both if _exists(moment))
            else:
                instants.update(moment.astimezone(UTC) for moment in local)
        found = sorted(instants)
        while len(self._by_day) >= _REMEMBERED_DAYS:
            del self._by_day[next(iter(self._by_day))]
        self._by_day[day] = found
        return found


def time_zone(name: str) -> tzinfo:
    """Returns the time zone of a name. Raises CronValueError when none is known."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CronValueError(
            f"no time zone {name!r} is known here",
            "Write it as in tz=Europe/Paris; where the system has no time zones, pip install 'graphile-worker[cron]'",
        ) from None


def _exists(moment: datetime) -> bool:
    """Tells whether a local time is one that the clocks there show."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)
