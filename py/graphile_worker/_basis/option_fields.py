"""What the fields of classes of options have to be: see `arguments`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from .arguments import Check, Refusal, flags, refuse, several, text
from .errors import InvalidArgument
from .printable import a_kind


def flag_names(value: Any, name: str, error: Refusal = InvalidArgument) -> tuple[str, ...]:
    return tuple(flags(value, name, error))


_texts = several(text)
_LONGEST = 128
"""As long as names of tasks and queues may be."""


def name_patterns(
    value: Any, name: str, error: Refusal = InvalidArgument, *, may_be_empty: bool = False
) -> tuple[str, ...]:
    """Checks patterns of names: a name each, or the beginning of names followed by `*`."""
    patterns: list[str] = _texts(value, name, error)
    for pattern in patterns:
        start = pattern.removesuffix("*")
        if "*" in start or len(start) > _LONGEST or not (pattern or may_be_empty):
            refuse(name, pattern, "It is a name, or how names begin with a * at its end: 'mail' or 'mail:*'", error)
    return tuple(patterns)


def queue_patterns(value: Any, name: str, error: Refusal = InvalidArgument) -> tuple[str, ...]:
    """Checks patterns of names of queues, where an empty one stands for jobs without a queue."""
    return name_patterns(value, name, error, may_be_empty=True)


def number(value: Any, name: str, error: Refusal = InvalidArgument) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(name, value, f"It is a number, not {a_kind(value)}", error)
    return value


def check_fields(options: Any, **checks: Check) -> None:
    """Puts the plain values in the place of those that a frozen dataclass was given; None only where the type has it.

    Raises InvalidArgument.
    """
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name in checks and (value is not None or "None" not in str(field.type)):
            object.__setattr__(options, field.name, checks[field.name](value, field.name))
