"""Connections that a worker keeps for itself, from a connection string or the caller's pool."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from .async_pinning import pin
from .conninfo import CONNECT_TIMEOUT
from .conninfo import with_defaults as with_defaults
from .deadline import closed_if_interrupted
from .deadline import has_news as has_news
from .settings import OURS

AsyncConnection = psycopg.AsyncConnection[Any]
ConnectionFactory = Callable[[], Awaitable[AsyncConnection]]

# For a connection that is silent for longer, and by which others judge whether a worker lives.
_IMPATIENT = {"keepalives_idle": "5", "keepalives_interval": "2", "tcp_user_timeout": "10000"}
_ENCODINGS = {"UTF8": "utf-8", "SQL_ASCII": "utf-8", "LATIN1": "latin-1"}
"""Of those that databases can have, the ones that Python means exactly the same by."""


def cut(connection: psycopg.BaseConnection[Any]) -> None:
    """Ends a connection from below, so that who waits for its answer gets an OperationalError at once.

    To cancel the wait would not do: that waits for the server to confirm it.
    """
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


class ConnectionSource:
    """Opens connections in autocommit mode from a connection string or the caller's pool, and takes them back."""

    def __init__(self, target: str | AsyncConnectionPool[Any]) -> None:
        self._pool = target if isinstance(target, AsyncConnectionPool) else None
        self._conninfo = target if isinstance(target, str) else ""

    @property
    def pool_size(self) -> int:
        """Tells how many connections the caller's pool has at most; 0 for no limit, or no pool."""
        return 0 if self._pool is None else self._pool.max_size

    async def start(self) -> None:
        """Opens the caller's pool, unless it is open."""
        if self._pool is not None:
            await self._pool.open()

    async def open(self, application_name: str) -> AsyncConnection:
        if self._pool is None:
            return await self._connect(application_name)
        await self._pool.open()
        connection: AsyncConnection = await self._pool.getconn()
        try:
            return await _pinned(connection)
        except BaseException:
            await self._pool.putconn(connection)
            raise

    async def open_apart(self, application_name: str) -> AsyncConnection:
        """Opens a connection apart from the pool, but like its own; on the running event loop, whichever that is. It
        reads text of any encoding.
        """
        if self._pool is None:
            return await self._connect(application_name, any_text=True, **_IMPATIENT)
        conninfo, kwargs = [await _value(given) for given in (self._pool.conninfo, self._pool.kwargs)]
        with closed_if_interrupted():
            connection: AsyncConnection = await self._pool.connection_class.connect(conninfo or "", **(kwargs or {}))
        # What the caller does with a new one, and has no other way of doing: a role to be set, perhaps.
        if (configure := self._pool._configure) is not None:  # noqa: SLF001
            await configure(connection)
        return await _pinned(connection, any_text=True)

    async def close(self, connection: AsyncConnection) -> None:
        # Not given back for others to use: it has settings of ours. The pool makes another when it needs one.
        await connection.close()
        if self._pool is not None:
            await self._pool.putconn(connection)

    async def _connect(self, application_name: str, *, any_text: bool = False, **defaults: str) -> AsyncConnection:
        conninfo = with_defaults(self._conninfo, **defaults)
        with closed_if_interrupted():
            connection = await psycopg.AsyncConnection.connect(
                conninfo, autocommit=True, application_name=application_name
            )
        return await _pinned(connection, any_text=any_text)


async def _pinned(connection: AsyncConnection, *, any_text: bool = False) -> AsyncConnection:
    """Puts a connection into autocommit mode, with the settings that a worker relies on; closes it if that fails."""
    # This is part of connecting, and waits as long.
    timer = asyncio.get_running_loop().call_later(float(CONNECT_TIMEOUT), cut, connection)
    try:
        await connection.set_autocommit(True)
        await pin(connection, OURS)
        if any_text:
            await take_any_text(connection)
    except BaseException:
        await connection.close()
        raise
    finally:
        timer.cancel()
    return connection


async def _value(given: Any) -> Any:
    """Returns the value that a pool was given, either as such or by a function, perhaps async, that returns it."""
    if callable(given):
        given = given()
    return await given if inspect.isawaitable(given) else given


def pool_of(factory: ConnectionFactory, max_size: int) -> AsyncConnectionPool[Any]:
    """Makes a pool, not open yet, whose connections come from the caller's factory."""

    class Connection(psycopg.AsyncConnection[Any]):
        @classmethod
        async def connect(cls, *_args: Any, **_kwargs: Any) -> Any:
            return await factory()

    return AsyncConnectionPool("", connection_class=Connection, min_size=0, max_size=max_size, open=False)


def storable(text: str, connection: psycopg.BaseConnection[Any]) -> str:
    """Returns the text with escapes for what the database has no character for: an error message may hold anything."""
    server_encoding = connection.info.parameter_status("server_encoding") or "UTF8"
    encoding = _ENCODINGS.get(server_encoding, "ascii")
    return text.encode(encoding, "backslashreplace").decode(encoding)


async def take_any_text(connection: AsyncConnection) -> None:
    """Makes a connection read text of any encoding: a SQL_ASCII database may hold bytes that are no UTF-8, and the
    server refuses a whole answer for one of them. The adapters of workers and recoveries go by it.
    """
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        await connection.execute("set client_encoding to sql_ascii", prepare=False)


_TRANSIENT = ("08", "40", "53", "57", "58", "25006", "55P03")
"""SQLSTATEs and classes: lost connections; deadlocks and serialization failures; out of room or of connections;
shutdowns, and statements that were cancelled; failures of the disk; a node that turned read-only in a failover; locks
that were not to be had."""


def is_transient(error: psycopg.Error) -> bool:
    """Tells whether the same call may succeed a little later, on this connection or a new one."""
    if error.sqlstate is None:
        # The client's own: no connection to be had, or one that has ended.
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return error.sqlstate.startswith(_TRANSIENT) or not was_rolled_back(error)


def was_rolled_back(error: psycopg.Error) -> bool:
    """Tells whether the call has certainly done nothing: the server said so, on a connection that goes on."""
    return error.diag.severity_nonlocalized == "ERROR"
