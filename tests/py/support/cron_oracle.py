"""What is due when, told by trying every minute, and patterns to try it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)

# Changes of whole and half hours, at midnight, in the south, none at all, and half an hour off UTC.
ZONES = [
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
    "America/Asuncion",
]


def expand(text: str, first: int, last: int) -> set[int]:
    """The values of a field, told in another way than by the package: which of all values does some part allow?"""

    def allows(part: str, value: int) -> bool:
        if part.startswith("*"):
            return (value - first) % int(part[2:] or 1) == 0
        low, _, high = part.partition("-")
        return int(low) <= value <= int(high or low)

    return {value for value in range(first, last + 1) if any(allows(part, value) for part in text.split(","))}


def shown(moment: datetime) -> datetime:
    """What the clocks there show at an instant; something else than `moment` when they skip that."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None)


def oracle(pattern: str, tz: str, after: datetime, until: datetime) -> list[datetime]:
    """Every minute of the span is looked at; nothing is skipped over."""
    minutes, hours, days, months, weekdays = (
        expand(text, first, last)
        for text, first, last in zip(pattern.split(), (0, 0, 1, 1, 0), (59, 23, 31, 12, 7), strict=True)
    )
    if 7 in weekdays:
        weekdays = weekdays - {7} | {0}
    both_restricted = len(days) < 31 and len(weekdays) < 7
    zone = ZoneInfo(tz)

    def named(local: datetime) -> bool:
        by_day, by_weekday = local.day in days, local.isoweekday() % 7 in weekdays
        day_matches = (by_day or by_weekday) if both_restricted else (by_day and by_weekday)
        return local.minute in minutes and local.hour in hours and local.month in months and day_matches

    def due(minute: datetime) -> bool:
        local = minute.astimezone(zone)
        if len(hours) == 24:
            return named(local)
        if named(local) and local.fold == 0:
            return True
        # The wall clock as it would be here, had it not been put forward in the last day.
        for back in range(30, 181, 30):
            before = (minute - timedelta(minutes=back)).astimezone(zone)
            skipped = minute.replace(tzinfo=None) + before.utcoffset()
            if named(skipped) and shown(skipped.replace(tzinfo=zone)) != skipped:
                return True
        return False

    count = int((until - after) / MINUTE)
    start = after.replace(second=0, microsecond=0) + MINUTE
    return [m for m in (start + n * MINUTE for n in range(count + 1)) if m <= until and due(m)]


def fields(first: int, last: int) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    part = st.one_of(
        st.just("*"),
        st.integers(1, last - first).map("*/{}".format),
        number.map(str),
        st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}"),
    )
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


patterns = st.tuples(fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), fields(0, 7)).map(" ".join)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001

# Two days around the changes of 2024 and 2025, when most zones above have one.
changes = st.sampled_from(
    [
        datetime(2024, month, day, tzinfo=UTC)
        for month, day in ((3, 9), (3, 23), (3, 30), (4, 6), (4, 25), (10, 5), (10, 26), (10, 31), (11, 2))
    ]
)
