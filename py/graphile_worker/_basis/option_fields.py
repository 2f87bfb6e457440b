"""What the fields of classes of options have to be: see `arguments`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from .arguments import Check, Refusal, flags, refuse
from .errors import InvalidArgument
from .printable import a_kind


def flag_names(value: Any, name: str, error: Refusal = InvalidArgument) -> tuple[str, ...]:
    return tuple(flags(value, name, error))


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
