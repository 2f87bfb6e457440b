"""The database of the admin page: one small pool, through the client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from .._client.async_client import AsyncClient
from .._wire.async_pinning import pin
from .._wire.connections import has_news, with_defaults
from .._wire.shown_adapters import ALL_AS_IT_IS

T = TypeVar("T")
Pool = AsyncConnectionPool[Any]

MAX_CONNECTIONS = 4
_WAIT_FOR_CONNECTION = 5.0
_SECONDS = 20.0
"""After which a call is cancelled, in the database too: nobody waits for it any more."""


class _AsItIs(AsyncClient):
    """Payloads are shown as they stand in the database."""

    _adapters = ALL_AS_IT_IS


_SECONDS_FOR_INFO = 2.0


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The server, database and schema that the page's figures come from."""

    database: str
    host: str
    server_version: str


class Database:
    """Calls of the client on a pool of the page's, or on the caller's."""

    def __init__(self, target: str | Pool, schema: str, *, prepare_statements: bool) -> None:
        self.conninfo = target if isinstance(target, str) else None
        """None for a pool of the caller's."""
        self.schema = schema
        self._pool = _make_pool(target, prepare_statements) if isinstance(target, str) else target
        self._client = _AsItIs(self._pool, schema=schema, prepare_statements=prepare_statements)
        self._info: ServerInfo | None = None

    async def ask(self, call: Callable[[AsyncClient], Awaitable[T]], seconds: float = _SECONDS) -> T:
        """Returns what a call of the client returns. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._open()
            return await call(self._client)

    async def info(self) -> ServerInfo:
        """Returns facts about the server, asked for once. Raises TimeoutError soon: the page can do without them."""
        if self._info is None:
            async with asyncio.timeout(_SECONDS_FOR_INFO):
                await self._open()
                async with self._pool.connection() as connection:
                    about = connection.info
                    version = about.server_version
                    self._info = ServerInfo(about.dbname, about.host, f"{version // 10000}.{version % 10000}")
        return self._info

    async def _open(self) -> None:
        # A pool of the caller's is opened by the caller.
        if self.conninfo is not None:
            await self._pool.open()

    async def close(self) -> None:
        """Closes the pool, unless it is the caller's."""
        if self.conninfo is not None:
            await self._pool.close()


def _make_pool(conninfo: str, prepare_statements: bool) -> Pool:
    return AsyncConnectionPool(
        with_defaults(conninfo, application_name="graphile-worker admin"),
        min_size=0,
        max_size=MAX_CONNECTIONS,
        timeout=_WAIT_FOR_CONNECTION,
        open=False,
        configure=_configure,
        check=_check,
        kwargs={"autocommit": True, "prepare_threshold": 5 if prepare_statements else None},
    )


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    await pin(connection)


async def _check(connection: psycopg.AsyncConnection[Any]) -> None:
    """Checks a connection before the pool lends it; asks the server only when there is reason to doubt it."""
    if has_news(connection):
        await AsyncConnectionPool.check_connection(connection)
