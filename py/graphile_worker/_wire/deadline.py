"""Waiting for an answer of the database no longer than a caller's patience lasts.

psycopg's own wait knows no end, and to look in on it at every step costs more than to wait here.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Generator
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)
_LONGEST = 3600.0
"""Seconds of one wait, after which comes the next: poll() knows nothing of more than 24 days."""


class Overdue(Exception):
    """The database has not answered in time; what it was asked may still go on."""


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


async def wait_until_async(
    call: PQGen[T], connection: psycopg.AsyncConnection[Any], deadline: float, start: int | None = None
) -> T:
    """Waits for a call like wait_until, on an event loop."""
    gen: Generator[Any, Any, T] = call
    try:
        wants = gen.send(start)
        while True:
            ready = await _is_ready_async(connection, wants, deadline - time.monotonic())
            if not ready and time.monotonic() >= deadline:
                raise Overdue
            wants = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


def is_ready(connection: psycopg.BaseConnection[Any], wants: int, seconds: float) -> int:
    """Waits until a connection can be read from, or written to, as psycopg's `wants` says; returns 0 if it can't."""
    number, seconds = connection.pgconn.socket, min(max(seconds, 0), _LONGEST)
    if not hasattr(select, "poll"):
        reading, writing = [[number] if wants & event else [] for event in (EVENT_READ, EVENT_WRITE)]
        return wants if any(select.select(reading, writing, [], seconds)) else 0
    poll = select.poll()
    poll.register(number, (select.POLLIN if wants & EVENT_READ else 0) | (select.POLLOUT if wants & EVENT_WRITE else 0))
    return wants if poll.poll(seconds * 1000) else 0


def has_news(connection: psycopg.BaseConnection[Any]) -> bool:
    """Tells whether anything has come in on an idle connection, its end most likely. Asks the operating system only."""
    return bool(is_ready(connection, EVENT_READ, 0))


async def _is_ready_async(connection: psycopg.AsyncConnection[Any], wants: int, seconds: float) -> int:
    loop, number = asyncio.get_running_loop(), connection.pgconn.socket
    turn: asyncio.Future[int] = loop.create_future()
    timer = loop.call_later(min(seconds, _LONGEST), _come, turn, 0)
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
