"""One call of a SQL function as a value: statement, parameters, and what to make of the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from psycopg.rows import class_row

from .._basis.arguments import (
    Check,
    Refusal,
    boolean,
    duration,
    instant,
    instant_or_now,
    integer,
    refuse,
    several,
    smallint,
    text,
)
from .._basis.errors import InvalidArgument

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call of a SQL function: `statement` names one of Statements; `result` gets the rows that `row_factory` made."""

    statement: str
    params: dict[str, Any]
    row_factory: Any
    result: Callable[[list[Any]], T]


def list_of(cls: type[T], statement: str, **params: Any) -> Call[list[T]]:
    return Call(statement, checked(**params), class_row(cls), lambda rows: rows)


def checked(**params: Any) -> dict[str, Any]:
    """Returns the arguments of an operator's call as they are sent. Raises InvalidArgument."""
    for name, value in params.items():
        if value is not None or name in _NEEDED:
            check: Check = _CHECKS.get(name, text)
            params[name] = check(value, _LABELS.get(name, name))
    return params


def _bigint(value: Any, name: str, error: Refusal = InvalidArgument) -> int:
    if isinstance(number := getattr(value, "id", None), int):
        refuse(name, value, f"It is an integer: the `id` of that, {number}", error)
    return integer(value, name, error, bits=64)


_CHECKS: dict[str, Check] = {
    **dict.fromkeys(("after_id", "before_id", "job_id"), _bigint),
    **dict.fromkeys(("attempts", "max_attempts", "priority"), smallint),
    **dict.fromkeys(("changed_before", "changed_since", "seen_at", "tick"), instant),
    **dict.fromkeys(("count_limit", "row_limit", "max_jobs", "max_rows", "row_offset", "added_jobs"), integer),
    **dict.fromkeys(("recovery_delay", "sweep_threshold", "max_age", "stale_threshold"), duration),
    **dict.fromkeys(("backfilled", "dry_run"), boolean),
    **dict.fromkeys(("identifiers", "keep", "tasks", "worker_ids"), several(text)),
    "job_ids": several(_bigint),
    "run_at": instant_or_now,
}
"""What arguments are, by name; all others are texts."""
_NEEDED = {"identifiers", "job_ids", "job_id", "job_key", "name", "tick", "worker_ids"}
"""Never None; of the rest the functions of the database say what null means."""
_LABELS = {"row_limit": "limit", "row_offset": "offset", "job_key": "job key"}
