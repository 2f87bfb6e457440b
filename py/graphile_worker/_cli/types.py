"""Values on the command line that are more than a text or number: callbacks of options."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

import click

from .._basis.durations import read_duration
from .failure import Usage

_MOST_PLAIN_SECONDS = 100
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


def duration(
    _ctx: click.Context, param: click.Parameter, value: str | None, *, or_zero: bool = False
) -> timedelta | None:
    """Reads a duration: `300`, `30s`, `5m`, `2h`, `7d`, `100ms`; a number alone is seconds. More than zero."""
    if value is None:
        return None
    found = read_duration(value)
    if found is None or not (found or or_zero):
        raise Usage(
            f"{param.opts[0]} {value!r} is not a duration",
            hint=f"Write 300 (seconds), 30s, 5m, 2h or 100ms{'' if or_zero else '; more than 0'}",
        )
    return found


def duration_or_zero(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """Reads a duration of zero or more."""
    return duration(ctx, param, value, or_zero=True)


def poll_interval(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """Reads a duration; refuses a large number alone, by which people mean milliseconds as often as seconds."""
    written = (value or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", written, re.ASCII) and float(written) > _MOST_PLAIN_SECONDS:
        raise Usage(
            f"{param.opts[0]} {value!r} has no unit: {written} ms or {written} s?",
            hint=f"Write {written}ms or {written}s",
        )
    return duration(ctx, param, value)


def instant_or_age(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | timedelta | None:
    """Reads an instant, or how long ago by the server's clock: `2h` and `7d` are as good as a date and time."""
    if value is None:
        return None
    if age := read_duration(value):
        return age
    try:
        instant = timestamp(ctx, param, value)
    except Usage as error:
        hint = f"Write an age, 2h or 7d, or a date, time and zone: {_example()}"
        raise Usage(error.message.replace("a date and time", "an age or a date and time", 1), hint=hint) from None
    return timedelta(0) if instant == "now" else instant


def instant_or_delay(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Reads an instant, or how long it is until then by the clock of this machine: `2h` is as good as a date."""
    if value is None:
        return None
    if delay := read_duration(value):
        return datetime.now().astimezone() + delay
    try:
        instant = timestamp(ctx, param, value)
    except Usage as error:
        hint = f"Write how long, 30m or 2h, or a date, time and zone: {_example()}"
        raise Usage(error.message.replace("a date and time", "a duration or a date and time", 1), hint=hint) from None
    return datetime.now().astimezone() if instant == "now" else instant


def timestamp(_ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | Literal["now"] | None:
    """Reads an instant as RFC 3339 writes it, or `now`, which means the server's clock."""
    if value is None:
        return None
    written = value.strip()
    if written.lower() == "now":
        return "now"
    what = f"{param.opts[0]} {value!r}"
    if not _RFC_3339.fullmatch(written):
        raise Usage(f"{what} is not a date and time", hint=f"Write `now`, or date, time and zone: {_example()}")
    try:
        instant = datetime.fromisoformat(written.upper())
    except ValueError as error:
        raise Usage(f"{what} is not a date and time: {error}") from None
    if instant.tzinfo is None:
        raise Usage(
            f"{what} has no time zone", hint=f"Write {written}Z for UTC, or {_with_local_zone(instant)} for local time"
        )
    return instant


def _example() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _with_local_zone(instant: datetime) -> str:
    try:
        return instant.astimezone().isoformat()
    except (OverflowError, ValueError):
        # Years that the machine's zone data does not reach.
        return f"{instant.isoformat()}+02:00"
