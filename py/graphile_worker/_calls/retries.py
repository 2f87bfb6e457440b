"""When a job that has failed is tried again: what a policy says of that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .._basis.arguments import Refusal, duration, refuse
from .._basis.durations import read_duration
from .._basis.errors import InvalidArgument

Duration = timedelta | str
"""Also as people write it: 30s, 5m, 2h."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """After `base`, `base * factor`, `base * factor ** 2`, ... up to `cap`.

    `jitter`, 0 to 1: up to that part of a delay is taken off, at random.

    >>> Exponential("2s", cap="1h", jitter=0.1).document()
    {'kind': 'exponential', 'base': '2s', 'factor': 2, 'cap': '3600s', 'jitter': 0.1}
    """

    base: Duration
    factor: float = 2
    cap: Duration = timedelta(hours=6)
    jitter: float = 0

    def document(self) -> dict[str, Any]:
        """Returns the delays as the database wants them. Raises InvalidArgument for what is no duration."""
        base, cap = _written(self.base, "base"), _written(self.cap, "cap")
        return {"kind": "exponential", "base": base, "factor": self.factor, "cap": cap, "jitter": self.jitter}


@dataclass(frozen=True, slots=True)
class Linear:
    """After `base`, `2 * base`, `3 * base`, ... up to `cap`; `jitter` as in Exponential."""

    base: Duration
    cap: Duration = timedelta(hours=6)
    jitter: float = 0

    def document(self) -> dict[str, Any]:
        """Returns the delays as the database wants them. Raises InvalidArgument for what is no duration."""
        base, cap = _written(self.base, "base"), _written(self.cap, "cap")
        return {"kind": "linear", "base": base, "cap": cap, "jitter": self.jitter}


@dataclass(frozen=True, slots=True)
class Fixed:
    """After one of the `delays` after the other, the last one again and again; `jitter` as in Exponential."""

    delays: Sequence[Duration]
    jitter: float = 0

    def document(self) -> dict[str, Any]:
        """Returns the delays as the database wants them. Raises InvalidArgument for what is no duration."""
        delays = [_written(delay, "delay") for delay in self.delays]
        return {"kind": "fixed", "delays": delays, "jitter": self.jitter}


Retries = Exponential | Linear | Fixed | Mapping[str, Any]
"""A mapping is as `set_task_policy` of the database takes it."""


def document_of(value: Any, name: str, error: Refusal = InvalidArgument) -> str:
    """Checks the retries of a policy, and returns them as JSON."""
    if isinstance(value, (Exponential, Linear, Fixed)):
        value = value.document()
    if not isinstance(value, Mapping):
        refuse(name, value, "It is Exponential, Linear, Fixed, or a mapping with their names", error)
    try:
        return json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError) as problem:
        refuse(name, value, f"It can't be written as JSON: {problem}", error)


def _written(value: Duration, name: str) -> str:
    found = read_duration(value) if isinstance(value, str) else duration(value, name)
    if found is None:
        refuse(name, value, "It is a duration: 30s, 5m, 2h, or a timedelta")
    return written(found)


def written(value: timedelta) -> str:
    """Writes a duration for the database, whatever its interval style.

    >>> written(timedelta(minutes=1))
    '60s'
    """
    return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"
