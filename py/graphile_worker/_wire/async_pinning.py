"""Connections of asyncio that go by our settings.

`pinning.py` is generated from this file by tools/generate_client.py; change this one and run `make format`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from .cursors import AsyncCursor
from .sessions import PIN, RELIED_ON, SET_LOCAL, Session, local_settings, note, params


async def pin(connection: psycopg.AsyncConnection[Any], settings: dict[str, str] = RELIED_ON) -> Session:
    """Makes a connection in autocommit mode go by our settings."""
    cursor = AsyncCursor(connection)
    await cursor.execute(PIN, {**params(settings), "pid": connection.info.backend_pid}, prepare=False)
    session = note(connection, settings, await cursor.fetchone())
    if session.local:
        await connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
    return session


@asynccontextmanager
async def transaction(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Makes a transaction that goes by our settings, behind a pooler, too."""
    async with connection.transaction():
        if settings := local_settings(connection):
            await AsyncCursor(connection).execute(SET_LOCAL, params(settings), prepare=False)
        yield
