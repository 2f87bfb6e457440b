"""The end of a caller's patience with the database, and whether a connection can be read from or written to."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, EVENT_WRITE
from traceback import clear_frames
from typing import Any

import psycopg

INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)
LONGEST = 3600.0
"""Seconds of one wait, after which comes the next: poll() knows nothing of more than 24 days."""


class Overdue(Exception):
    """The database has not answered in time; what it was asked may still go on."""


@contextmanager
def closed_if_interrupted() -> Iterator[None]:
    """Closes a connection that is being opened in the block, if that is interrupted.

    Else it would be closed no sooner than the exception is forgotten that holds it; and a server's process that waits
    for the rest of a half-open connection keeps everybody from dropping a database, for a minute.
    """
    try:
        yield
    except INTERRUPTIONS as interruption:
        clear_frames(interruption.__traceback__)
        raise


def is_ready(connection: psycopg.BaseConnection[Any], wants: int, seconds: float) -> int:
    """Waits until a connection can be read from, or written to, as psycopg's `wants` says; returns 0 if it can't."""
    number, seconds = connection.pgconn.socket, min(max(seconds, 0), LONGEST)
    if not hasattr(select, "poll"):
        reading, writing = [[number] if wants & event else [] for event in (EVENT_READ, EVENT_WRITE)]
        return wants if any(select.select(reading, writing, [], seconds)) else 0
    poll = select.poll()
    poll.register(number, (select.POLLIN if wants & EVENT_READ else 0) | (select.POLLOUT if wants & EVENT_WRITE else 0))
    return wants if poll.poll(seconds * 1000) else 0


def has_news(connection: psycopg.BaseConnection[Any]) -> bool:
    """Tells whether anything has come in on an idle connection, its end most likely. Asks the operating system only."""
    return bool(is_ready(connection, EVENT_READ, 0))
