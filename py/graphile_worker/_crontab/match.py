"""When an entry is due that asks a function, minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from inspect import isasyncgen, isawaitable, iscoroutine, iscoroutinefunction, isgenerator
from typing import Any

from .._basis.arguments import refuse
from .schedule import time_zone

MatchFunction = Callable[[datetime], object]
LONGEST_MATCHED_FILL = timedelta(days=31)
"""Each of its minutes is asked about when a worker starts."""
_LOOK_AHEAD = timedelta(days=62)
_MINUTE = timedelta(minutes=1)
_RULE = "It is a function of a datetime, not async, which says whether the entry is due at that minute"


@dataclass(frozen=True)
class Match:
    """The minutes to which a function says something true. It is given each as a datetime in the time zone `tz`.

    Stands where a Schedule stands, but nobody except Python can read it.

    >>> noon = Match(lambda minute: (minute.hour, minute.minute) == (12, 0))
    >>> noon.next(datetime(2030, 1, 1, tzinfo=UTC))
    datetime.datetime(2030, 1, 1, 12, 0, tzinfo=datetime.timezone.utc)
    """

    function: MatchFunction
    tz: str = "UTC"

    def __post_init__(self) -> None:
        given: Any = self.function
        if not callable(given) or iscoroutinefunction(given):
            refuse("match", given, _RULE)
        time_zone(self.tz)

    def is_due(self, minute: datetime) -> bool:
        """Asks the function about a minute. Raises what it raises."""
        answer = self.function(minute.astimezone(time_zone(self.tz)))
        # All of these would be true, always.
        if iscoroutine(answer) or isgenerator(answer):
            answer.close()
            refuse("match", self.function, _RULE)
        if isawaitable(answer) or isasyncgen(answer):
            refuse("match", self.function, _RULE)
        return bool(answer)

    def next(self, after: datetime) -> datetime | None:
        """Returns the first tick later than `after`, in UTC; None when there is none within 62 days."""
        return next(self.ticks(after, after + _LOOK_AHEAD), None)

    def ticks(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yields every tick later than `after` and not later than `until`, in UTC, in order."""
        return filter(self.is_due, minutes(after, until))

    def __str__(self) -> str:
        """Returns what stands in the place of the five fields: a parser refuses it."""
        name = getattr(self.function, "__qualname__", type(self.function).__qualname__)
        return f"<match {getattr(self.function, '__module__', '?')}.{name}>"


def minutes(after: datetime, until: datetime) -> Iterator[datetime]:
    """Yields every full minute later than `after` and not later than `until`, in UTC."""
    minute = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    while minute <= until:
        yield minute
        minute += _MINUTE
