"""One call of a SQL function as a value: statement, parameters, and what to make of the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Call(NamedTuple, Generic[T]):
    """A call of a SQL function: `statement` names one of Statements, or is its text; `result` gets the rows."""

    statement: str
    params: dict[str, Any]
    row_factory: Any
    result: Callable[[list[Any]], T]
