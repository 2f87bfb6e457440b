"""Waiting for an answer of the database no longer than a caller's patience lasts.

psycopg's own wait knows no end, and to look in on it at every step costs more than to wait here.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from .deadline import Overdue, is_ready

T = TypeVar("T")


def wait_until(call: PQGen[T], connection: psycopg.Connection[Any], deadline: float, start: int | None = None) -> T:
    """Waits for a call on a connection. Raises Overdue once `time.monotonic()` has passed `deadline`.

    The call can be waited for again then, or after an interruption: with a `start` of 0.
    """
    gen: Generator[Any, Any, T] = call
    try:
        wants = gen.send(start)
        while True:
            ready = is_ready(connection, wants, deadline - time.monotonic())
            if not ready and time.monotonic() >= deadline:
                raise Overdue
            wants = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result
