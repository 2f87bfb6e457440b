"""Values as text in one line, for people."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from .._basis.printable import printable as printable
from .._basis.printable import shorten as shorten
from .._wire.shown_adapters import FAR_FUTURE as FAR_FUTURE
from .._wire.shown_adapters import FAR_PAST as FAR_PAST


def time(value: datetime, timespec: str = "auto") -> str:
    """Formats an instant in the machine's own time zone, in ISO form with its offset."""
    if value == FAR_FUTURE:
        return "infinity"
    if value == FAR_PAST:
        return "-infinity"
    # Near the ends of the calendar there is no other zone.
    with suppress(OverflowError, ValueError):
        value = value.astimezone()
    return value.isoformat(timespec=timespec)


def short_time(value: datetime | None) -> str:
    """Formats an instant for a table on a terminal: to the second, without the offset; nothing for None.

    >>> short_time(None)
    ''
    """
    # Only an instant has an offset.
    return "" if value is None else re.sub(r"[+-]\d\d:\d\d(:\d\d)?$", "", time(value, "seconds"))


_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000))


def duration(value: timedelta) -> str:
    """Formats a duration in its two largest units.

    >>> duration(timedelta(seconds=192)), duration(timedelta(days=2, seconds=5)), duration(timedelta(milliseconds=80))
    ('3m 12s', '2d', '80ms')
    """
    milliseconds = value // timedelta(milliseconds=1)
    if milliseconds < 0:
        return "-" + duration(-value)
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    for place, (unit, size) in enumerate(_UNITS):
        if milliseconds >= size:
            count, rest = divmod(milliseconds, size)
            text = f"{count}{unit}"
            if place + 1 < len(_UNITS):
                next_unit, next_size = _UNITS[place + 1]
                if smaller := rest // next_size:
                    text += f" {smaller}{next_unit}"
            return text
    raise AssertionError(value)


def size(value: int) -> str:
    """Formats a number of bytes in the largest unit that leaves a number above one.

    >>> size(512), size(683_000_000)
    ('512 B', '651 MB')
    """
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"


def count(number: int, noun: str) -> str:
    """Formats a number of things.

    >>> count(1, "job"), count(12_000, "queue")
    ('1 job', '12,000 queues')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def flags(value: dict[str, bool] | None) -> str:
    """Formats the names of a job's flags."""
    return ",".join(name for name, on in (value or {}).items() if on)


def cell(value: Any) -> str:
    """Formats any value in one line; nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return printable(value)
        case datetime():
            return time(value)
        case timedelta():
            return duration(value)
        case int() | float():
            return str(value)
        case list() if all(isinstance(item, str) for item in value):
            return printable(",".join(value))
        case list() if all(isinstance(item, datetime) for item in value):
            return ",".join(map(time, value))
        case _:
            return printable(msgspec.json.encode(value).decode())
