"""One call of a SQL function as a value: statement, parameters, and what to make of the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call of a SQL function: `statement` names one of Statements, or is its text; `result` gets the rows."""

    statement: str
    params: dict[str, Any]
    row_factory: Any
    result: Callable[[list[Any]], T]
