"""Identifiers and time phrases, as they stand in a crontab."""

from __future__ import annotations

import re
from datetime import timedelta

_IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9:_/-]*", re.ASCII)
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
LONGEST_FILL = timedelta(days=36_525)
_PHRASE = re.compile(r"(?:\d{1,9}[wdhms])+", re.ASCII)
IDENTIFIER_RULE = "It has up to 128 letters, digits, and _ : / -, the first of them a letter or _"


def is_identifier(text: str) -> bool:
    return len(text) <= 128 and _IDENTIFIER.fullmatch(text) is not None


def parse_phrase(text: str) -> timedelta | None:
    """Parses a time phrase such as `1w2d3h4m5s`, up to a century; None for anything else.

    >>> parse_phrase("1d12h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if not _PHRASE.fullmatch(text):
        return None
    seconds = sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", text))
    return timedelta(seconds=seconds) if seconds <= LONGEST_FILL.total_seconds() else None


def format_phrase(duration: timedelta) -> str:
    """Formats a duration as a time phrase.

    >>> format_phrase(timedelta(days=9, seconds=61))
    '1w2d1m1s'
    """
    left = int(duration.total_seconds())
    parts = []
    for unit, size in _UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
