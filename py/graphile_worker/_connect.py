"""Connections that a worker keeps for itself: one that claims and releases, one that listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

AsyncConnection = psycopg.AsyncConnection[Any]
ConnectionFactory = Callable[[], Awaitable[AsyncConnection]]

# A peer that vanished without a word is noticed within a minute; libpq's own default is hours.
_KEEPALIVE = {
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "50000",
}
_CONNECT_TIMEOUT = "10"
DEFAULTS = {"client_encoding": "utf8"}
"""Whatever the encoding of the database, text is text here."""


class ConnectionSource:
    """Opens connections in autocommit mode from a connection string or the caller's pool, and takes them back."""

    def __init__(self, target: str | AsyncConnectionPool[Any]) -> None:
        self._pool = target if isinstance(target, AsyncConnectionPool) else None
        if isinstance(target, str):
            defaults: dict[str, Any] = {**_KEEPALIVE, **DEFAULTS, "connect_timeout": _CONNECT_TIMEOUT}
            self._conninfo = make_conninfo(**{**defaults, **conninfo_to_dict(target)})

    async def open(self, application_name: str) -> AsyncConnection:
        if self._pool is None:
            return await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True, application_name=application_name
            )
        await self._pool.open()
        connection: AsyncConnection = await self._pool.getconn()
        await connection.set_autocommit(True)
        return connection

    async def close(self, connection: AsyncConnection) -> None:
        # Not given back for others to use: it has settings of ours. The pool makes another when it needs one.
        await connection.close()
        if self._pool is not None:
            await self._pool.putconn(connection)


def pool_of(factory: ConnectionFactory, max_size: int) -> AsyncConnectionPool[Any]:
    """A pool, not open yet, whose connections come from the caller's factory."""

    class Connection(psycopg.AsyncConnection[Any]):
        @classmethod
        async def connect(cls, *_args: Any, **_kwargs: Any) -> Any:
            return await factory()

    return AsyncConnectionPool("", connection_class=Connection, min_size=0, max_size=max_size, open=False)


def is_transient(error: psycopg.Error) -> bool:
    """Whether the same call may succeed a little later, on this connection or a new one.

    Deadlocks, serialization failures, lost connections, restarts, a full server; also a node that turned read-only
    in a failover, and a connection that was closed under us.
    """
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) or error.sqlstate == "25006"


def first_line(error: BaseException) -> str:
    """What an error says, without the advice that libpq puts on further lines."""
    return str(error).partition("\n")[0]
