"""A plain connection in the hands of asyncio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, PipelineStatus

from .._basis.errors import InvalidArgument
from .._tasks.lending import STATE


class _Borrowed(psycopg.AsyncConnection[Any]):
    """A plain connection as one of asyncio."""

    def __del__(self, *_args: Any) -> None:
        # It is not this object's to be closed.
        pass


@contextmanager
def as_async(connection: psycopg.Connection[Any]) -> Iterator[psycopg.AsyncConnection[Any]]:
    """Makes a connection of asyncio that goes through that of libpq below a plain one, in the transaction that is open
    there. Nobody may use the plain one at the same time. Raises InvalidArgument in a pipeline, whose answers the plain
    one is to read.
    """
    pgconn = connection.pgconn
    if pgconn.status == ConnStatus.OK and pgconn.pipeline_status != PipelineStatus.OFF:
        raise InvalidArgument(
            "the connection is in a pipeline", hint="Drain after its block: with connection.pipeline(): ..."
        )
    handlers = pgconn.notice_handler, pgconn.notify_handler
    borrowed = _Borrowed(pgconn, row_factory=connection.row_factory)  # type: ignore[arg-type]
    for plain, of_asyncio in _CURSORS.items():
        if issubclass(connection.cursor_factory, plain):
            borrowed.cursor_factory = of_asyncio
    _ = connection.adapters  # Makes them, the first time.
    for name in STATE:
        setattr(borrowed, name, getattr(connection, name))
    try:
        yield borrowed
    finally:
        pgconn.notice_handler, pgconn.notify_handler = handlers


_CURSORS: dict[Any, Any] = {
    psycopg.ClientCursor: psycopg.AsyncClientCursor,
    psycopg.RawCursor: psycopg.AsyncRawCursor,
}
