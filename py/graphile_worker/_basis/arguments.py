"""What arguments have to be before anything is sent: types, and what PostgreSQL has no value for.

Bounds that a function of the database checks, the length of a key for one, are left to it. Every check returns the
plain value: a `str` for Django's SafeString or a StrEnum, an `int` for an IntEnum. An error names value and remedy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from operator import index
from typing import Any, NoReturn

from .errors import GraphileWorkerError, InvalidArgument, InvalidJob
from .printable import a_kind, an

Refusal = type[InvalidArgument] | type[InvalidJob]
Check = Callable[..., Any]
"""Of a value, its name and, perhaps, the exception."""

_LONGEST = 200
_MOST_SECONDS = dt.timedelta.max.total_seconds()
_REAL = (dt.datetime, dt.time)
"""Also while a test has put others in their place."""


def shown(value: object) -> str:
    """Returns a value as it stands in a message: bounded, and without raising whatever the value is.

    >>> shown("x" * 1000) == "'" + "x" * 199 + "..."
    True
    """
    try:
        text = str(value) if isinstance(value, dt.timedelta) else repr(value)
    except Exception:  # A stranger's code.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def refuse(name: str, value: object, rule: str, error: type[GraphileWorkerError] = InvalidArgument) -> NoReturn:
    raise error(f"bad {name} {shown(value)}", hint=rule)


def text(value: Any, name: str, error: Refusal = InvalidArgument) -> str:
    """Checks a text, in which nothing stands that PostgreSQL has no character for."""
    if not isinstance(value, str):
        identifier = getattr(value, "identifier", None)
        if isinstance(identifier, str):
            refuse(name, value, f"It is a text: the `identifier` of that, {identifier!r}", error)
        if isinstance(own := getattr(value, "value", None), str):
            refuse(name, value, f"It is a text: the `value` of that, {own!r}; a StrEnum is one", error)
        refuse(name, value, f"It is a text, not {a_kind(value)}", error)
    plain = value if type(value) is str else str.__str__(value)
    if "\0" in plain:
        refuse(name, value, "PostgreSQL has no NUL character in texts: leave it out", error)
    if not plain.isascii():
        try:
            plain.encode()
        except UnicodeEncodeError:
            refuse(name, value, "It is no valid Unicode: half of a surrogate pair stands in it", error)
    return plain


def integer(value: Any, name: str, error: Refusal = InvalidArgument, *, bits: int = 32) -> int:
    """Checks an integer of so many bits; no bool, and no float, of which the database would round off a part."""
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        refuse(name, value, f"It is an integer, not {a_kind(value)}", error)
    limit = 1 << (bits - 1)
    if not -limit <= number < limit:
        refuse(name, value, f"It is an integer from {-limit} to {limit - 1}", error)
    return number


def smallint(value: Any, name: str, error: Refusal = InvalidArgument) -> int:
    return integer(value, name, error, bits=16)


def number(value: Any, name: str, error: Refusal = InvalidArgument) -> float:
    """Checks a number, with or without a fraction; no bool."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(name, value, f"It is a number, not {a_kind(value)}", error)
    return float(value)


def boolean(value: Any, name: str, error: Refusal = InvalidArgument) -> bool:
    if not isinstance(value, bool):
        refuse(name, value, f"It is True or False, not {a_kind(value)}", error)
    return value


def instant(value: Any, name: str, error: Refusal = InvalidArgument) -> dt.datetime:
    """Checks a datetime that has a time zone."""
    if isinstance(value, dt.timedelta):
        refuse(name, value, f"It is a datetime with a time zone: datetime.now(UTC) + {value!r}", error)
    if not isinstance(value, dt.datetime):
        refuse(name, value, f"It is a datetime with a time zone, not {a_kind(value)}: datetime.now(UTC)", error)
    if value.utcoffset() is None:
        rule = "It has no time zone: give datetime.now(UTC), value.astimezone() for local time, or tzinfo=..."
        refuse(name, value, rule, error)
    # Neither psycopg nor msgspec need know the subclass.
    return value if type(value) is _REAL[0] else plain_instant(value)


def plain_instant(v: dt.datetime) -> dt.datetime:
    """Returns the same instant as a plain `datetime`, for one of a subclass."""
    real_datetime, real_time = _REAL
    at = real_time(v.hour, v.minute, v.second, v.microsecond, v.tzinfo, fold=v.fold)
    return real_datetime.combine(v, at)


def instant_or_now(value: Any, name: str, error: Refusal = InvalidArgument) -> dt.datetime | str:
    return "now" if isinstance(value, str) and value == "now" else instant(value, name, error)


def duration(value: Any, name: str, error: Refusal = InvalidArgument) -> dt.timedelta:
    """Checks a timedelta; a number could be of any unit."""
    if not isinstance(value, dt.timedelta):
        number = value if type(value) in (int, float) and abs(value) < _MOST_SECONDS else 30
        refuse(name, value, f"It is a timedelta, not {a_kind(value)}: timedelta(seconds={shown(number)})", error)
    return value


def several(check: Check) -> Check:
    """Makes a check of a list whose items pass `check`. A text is none, though Python goes through its letters."""

    def check_all(value: Any, name: str, error: Refusal = InvalidArgument) -> list[Any]:
        if isinstance(value, (str, bytes)):
            refuse(name, value, f"It is a list, not one value: [{shown(value)}]", error)
        if isinstance(value, Mapping) or not isinstance(value, Iterable):
            refuse(name, value, f"It is a list, not {a_kind(value)}", error)
        return [check(item, f"{name}: item", error) for item in value]

    return check_all


_texts = several(text)


def flags(value: Any, name: str = "flags", error: Refusal = InvalidJob) -> list[str]:
    """Checks names of flags; also as a row of the database has them, each with True."""
    if isinstance(value, Mapping) and all(is_set is True for is_set in value.values()):
        value = list(value)
    found: list[str] = _texts(value, name, error)
    return found


def of(cls: type) -> Check:
    """Makes a check of a value that is one of a class."""

    def check_instance(value: Any, name: str, error: Refusal = InvalidArgument) -> Any:
        if not isinstance(value, cls):
            refuse(name, value, f"It is {an(cls.__name__)}, not {a_kind(value)}", error)
        return value

    return check_instance
