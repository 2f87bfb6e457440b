"""Plain connections that go by our settings.

Generated from async_pinning.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from .cursors import Cursor
from .sessions import PIN, RELIED_ON, SET_LOCAL, Session, local_settings, note, params


def pin(connection: psycopg.Connection[Any], settings: dict[str, str] = RELIED_ON) -> Session:
    """Makes a connection in autocommit mode go by our settings."""
    cursor = Cursor(connection)
    cursor.execute(PIN, {**params(settings), "pid": connection.info.backend_pid}, prepare=False)
    session = note(connection, settings, cursor.fetchone())
    if session.local:
        connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
    return session


@contextmanager
def transaction(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Makes a transaction that goes by our settings, behind a pooler, too."""
    with connection.transaction():
        if settings := local_settings(connection):
            Cursor(connection).execute(SET_LOCAL, params(settings), prepare=False)
        yield
