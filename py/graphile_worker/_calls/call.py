"""One call of a SQL function as a value: statement, parameters, and what to make of the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from psycopg.rows import class_row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call of a SQL function: `statement` names one of Statements; `result` gets the rows that `row_factory` made."""

    statement: str
    params: dict[str, Any]
    row_factory: Any
    result: Callable[[list[Any]], T]


def list_of(cls: type[T], statement: str, **params: Any) -> Call[list[T]]:
    return Call(statement, params, class_row(cls), lambda rows: rows)
