"""Connections of a worker in the hands of its handlers: as they are on its event loop, as plain ones in a thread."""

from __future__ import annotations

import asyncio
from asyncio import _get_running_loop as running_loop
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from traceback import clear_frames
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.errors import GraphileWorkerError, InvalidArgument, TimedOut
from .._basis.own_tasks import begin
from .._client.async_client import AsyncClient
from .._wire.async_permits import Permits
from .far_client import FarClient

AsyncConnection = psycopg.AsyncConnection[Any]

_PATIENCE = 60.0
"""Seconds to wait until one of a pool's connections that may be lent is free."""
STATE = (
    *("_adapters", "_prepared", "_autocommit", "_num_transactions"),
    *("_isolation_level", "_read_only", "_deferrable", "_begin_statement"),
)
"""What psycopg knows of a connection besides the one of libpq."""
_CURSORS: dict[Any, Any] = {
    psycopg.AsyncClientCursor: psycopg.ClientCursor,
    psycopg.AsyncRawCursor: psycopg.RawCursor,
}
_permits: WeakKeyDictionary[AsyncClient, Permits] = WeakKeyDictionary()


class _Plain(psycopg.Connection[Any]):
    """A connection of asyncio as a plain one."""

    def __del__(self, *_args: Any) -> None:
        # It is not this object's to be closed.
        pass


def lend(client: AsyncClient, loop: asyncio.AbstractEventLoop | None) -> Any:
    """Lends a connection of a client, which lives on `loop`, where the caller is: a context manager, plain in a thread.

    Raises GraphileWorkerError on another event loop.
    """
    return here(lent(client), client, loop)


def here(
    lending: AbstractAsyncContextManager[AsyncConnection], client: AsyncClient, loop: asyncio.AbstractEventLoop | None
) -> Any:
    """Returns what lends a connection as the caller can use it: see `lend`."""
    caller = running_loop()
    if caller is None:
        return _in_thread(lending, FarClient(client, loop))
    if loop is not None and caller is not loop:
        raise GraphileWorkerError(
            "a connection of the worker was asked for on another event loop than the worker's",
            hint="In a plain handler take it outside of asyncio.run, or make the handler async",
        )
    return lending


@asynccontextmanager
async def lent(client: AsyncClient) -> AsyncIterator[AsyncConnection]:
    """Lends a connection on the client's own event loop."""
    if client._own_pool is not None:  # noqa: SLF001
        async with client._own_pool.lend() as connection:  # noqa: SLF001
            yield connection
        return
    permits = _permits_of(client)
    if permits is not None and not await permits.take(_PATIENCE):
        raise _none_free(client)
    try:
        borrowed = client._borrow()  # noqa: SLF001
        try:
            connection = await borrowed.__aenter__()
        except PoolTimeout as error:
            raise _none_free(client) from error
        async with _left(borrowed):
            yield connection
    finally:
        if permits is not None:
            permits.give()


def let_go(error: BaseException | None) -> None:
    """Lets go of what the frames of an error hold: of a generator, perhaps, that has a connection on loan, and would be
    closed when garbage is collected, some time or other.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


@asynccontextmanager
async def _left(entered: AbstractAsyncContextManager[Any]) -> AsyncIterator[None]:
    """Leaves a context manager that was entered already."""
    try:
        yield
    except BaseException as error:
        if not await entered.__aexit__(type(error), error, error.__traceback__):
            raise
    else:
        await entered.__aexit__(None, None, None)


def _permits_of(client: AsyncClient) -> Permits | None:
    count = client._max_loans  # noqa: SLF001
    if count is None:
        return None
    if count < 1:
        raise InvalidArgument(
            "the worker's pool is too small to lend a connection to a handler",
            hint=f"The worker keeps all for itself and for the client of its handlers: give it {1 - count} more",
        )
    return _permits.setdefault(client, Permits(count))


def _none_free(client: AsyncClient) -> TimedOut:
    count = client._max_loans  # noqa: SLF001
    most = "" if count is None else f": at most {count} of this worker's pool are lent at a time"
    return TimedOut(
        f"no connection was free for a handler{most}",
        hint="Nothing was done. Give the pool more connections, or the worker less concurrency",
    )


@contextmanager
def _in_thread(
    lending: AbstractAsyncContextManager[AsyncConnection], client: FarClient
) -> Iterator[psycopg.Connection[Any]]:
    """Lends a connection to a thread: borrowed, and given back, on the event loop where it lives."""
    connection = client._finish(lending.__aenter__())  # noqa: SLF001
    try:
        with _as_plain(connection) as plain:
            yield plain
    except BaseException as error:
        leaving = lending.__aexit__(type(error), error, error.__traceback__)
        if type(error) is GeneratorExit and running_loop() is client._loop:  # noqa: SLF001
            # Left by a generator that nobody has closed, and of which the loop's thread lets go: it can't wait here.
            begin(leaving, "graphile_worker connection")
            raise
        if not client._finish(leaving):  # noqa: SLF001
            raise
    else:
        client._finish(lending.__aexit__(None, None, None))  # noqa: SLF001


@contextmanager
def _as_plain(connection: AsyncConnection) -> Iterator[psycopg.Connection[Any]]:
    """Makes a plain connection that goes through that of libpq below an async one, which nobody uses meanwhile.

    So it is of the caller's pool, whatever that does with new ones, and counts as one of it.
    """
    pgconn = connection.pgconn
    handlers = pgconn.notice_handler, pgconn.notify_handler
    plain = _Plain(pgconn, row_factory=connection.row_factory)  # type: ignore[arg-type]
    plain.cursor_factory = _CURSORS.get(connection.cursor_factory, psycopg.Cursor)
    _ = connection.adapters  # Makes them, the first time.
    for name in STATE:
        setattr(plain, name, getattr(connection, name))
    try:
        yield plain
    finally:
        pgconn.notice_handler, pgconn.notify_handler = handlers
