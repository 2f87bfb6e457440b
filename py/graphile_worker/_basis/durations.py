"""Durations as people write them: 30s, 5m, 2h."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?", re.IGNORECASE | re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def read_duration(written: str) -> timedelta | None:
    """Reads a duration; a number alone is seconds. None for what is none, or longer than Python can say.

    >>> read_duration("2h") == read_duration("7200"), read_duration("100ms"), read_duration("soon")
    (True, datetime.timedelta(microseconds=100000), None)
    """
    match = _DURATION.fullmatch(written.strip())
    try:
        return timedelta(seconds=float(match[1]) * _SECONDS[(match[2] or "s").lower()]) if match else None
    except OverflowError:
        return None
