"""Values on the command line that are more than a text or number: callbacks of options."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

import click

from ._failure import Usage

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?", re.IGNORECASE | re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


def duration(_ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    """`300`, `30s`, `5m`, `2h`, `100ms`; a number alone is seconds. More than nothing."""
    match = _DURATION.fullmatch(value.strip())
    try:
        found = timedelta(seconds=float(match[1]) * _SECONDS[(match[2] or "s").lower()]) if match else None
    except OverflowError:
        found = None
    if not found:
        raise Usage(
            f"{param.opts[0]} {value!r} is not a duration",
            hint="Write 300 (seconds), 30s, 5m, 2h or 100ms; more than 0",
        )
    return found


def timestamp(_ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | Literal["now"] | None:
    """An instant as RFC 3339 writes it, or `now`, which is for the server's clock to say."""
    if value is None:
        return None
    written = value.strip()
    if written.lower() == "now":
        return "now"
    what = f"{param.opts[0]} {value!r}"
    if not _RFC_3339.fullmatch(written):
        example = datetime.now().astimezone().isoformat(timespec="seconds")
        raise Usage(f"{what} is not a date and time", hint=f"Write `now`, or date, time and zone: {example}")
    try:
        instant = datetime.fromisoformat(written.upper())
    except ValueError as error:
        raise Usage(f"{what} is not a date and time: {error}") from None
    if instant.tzinfo is None:
        raise Usage(
            f"{what} has no time zone", hint=f"Write {written}Z for UTC, or {_with_local_zone(instant)} for local time"
        )
    return instant


def _with_local_zone(instant: datetime) -> str:
    try:
        return instant.astimezone().isoformat()
    except (OverflowError, ValueError):
        # Years that the machine's zone data does not reach.
        return f"{instant.isoformat()}+02:00"
