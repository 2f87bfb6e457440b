"""The end of a caller's patience, in the middle of a call to the database."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg.abc import PQGen

T = TypeVar("T")


class Overdue(Exception):
    """The database has not answered in time; what it was asked may still go on."""


def until(call: PQGen[T], deadline: float, *, is_under_way: bool = False) -> PQGen[T]:
    """Makes a call raise Overdue once `time.monotonic()` has passed `deadline`.

    The call can then be waited for again, with `is_under_way`. What waits for it looks in ten times a second at least,
    so no timer is needed, nor a thread.
    """
    gen: Generator[Any, Any, T] = call
    try:
        wants = gen.send(0 if is_under_way else None)
        while True:
            ready = yield wants
            if not ready and time.monotonic() >= deadline:
                raise Overdue
            wants = gen.send(ready or 0)
    except StopIteration as end:
        result: T = end.value
        return result
