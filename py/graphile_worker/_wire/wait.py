"""Waiting for an answer of the database no longer than a caller's patience lasts."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen

from .deadline import Overdue

T = TypeVar("T")
_INTERVAL = 0.1
"""Seconds, as psycopg has it: in between a program's own handlers of signals run, and the deadline is looked at."""


def wait_until(call: PQGen[T], connection: psycopg.Connection[Any], deadline: float, start: int | None = None) -> T:
    """Waits for a call on a connection. Raises Overdue once `time.monotonic()` has passed `deadline`.

    The call can be waited for again then, or after an interruption: with a `start` of 0.
    """
    interval = min(max(deadline - time.monotonic(), 0.001), _INTERVAL)
    return waiting.wait(_bounded(call, deadline, start), connection.pgconn.socket, interval)


def _bounded(call: PQGen[T], deadline: float, start: int | None) -> PQGen[T]:
    """Passes on what a call wants and gets, until the deadline; unlike by `yield from` the call outlives it."""
    gen: Generator[Any, Any, T] = call
    try:
        wants = gen.send(start)
        while True:
            ready = yield wants
            if not ready and time.monotonic() >= deadline:
                raise Overdue
            wants = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result
