"""Waiting for an answer of the database like `wait`, on an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from .deadline import LONGEST, Overdue

T = TypeVar("T")


async def wait_until(
    call: PQGen[T], connection: psycopg.AsyncConnection[Any], deadline: float, start: int | None = None
) -> T:
    """Waits for a call on a connection. Raises Overdue once `time.monotonic()` has passed `deadline`.

    The call can be waited for again then, or after an interruption: with a `start` of 0.
    """
    gen: Generator[Any, Any, T] = call
    try:
        wants = gen.send(start)
        while True:
            ready = await _is_ready(connection, wants, deadline - time.monotonic())
            if not ready and time.monotonic() >= deadline:
                raise Overdue
            wants = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


async def _is_ready(connection: psycopg.AsyncConnection[Any], wants: int, seconds: float) -> int:
    loop, number = asyncio.get_running_loop(), connection.pgconn.socket
    turn: asyncio.Future[int] = loop.create_future()
    timer = loop.call_later(min(seconds, LONGEST), _come, turn, 0)
    try:
        if wants & EVENT_READ:
            loop.add_reader(number, _come, turn, wants)
        if wants & EVENT_WRITE:
            loop.add_writer(number, _come, turn, wants)
        return await turn
    except OSError as error:
        raise psycopg.OperationalError("the connection's socket is closed") from error
    finally:
        timer.cancel()
        if wants & EVENT_READ:
            loop.remove_reader(number)
        if wants & EVENT_WRITE:
            loop.remove_writer(number)


def _come(turn: asyncio.Future[int], ready: int) -> None:
    if not turn.done():
        turn.set_result(ready)
