"""What the driver relies on, whatever a role and a database have as their defaults.

On a connection to the server itself it is set once, when the connection is opened: one round trip, which also finds out
whether a connection pooler lies in between. Behind one, a setting would stay with a session that serves others a moment
later: there each transaction says it for itself, and only what is not as it should be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.rows import tuple_row

from .client_adapters import CLIENT
from .cursors import AsyncCursor, Cursor

_ISOLATION = "default_transaction_isolation"
RELIED_ON = {
    # The functions look again once they hold a row, which has to show what others did meanwhile.
    _ISOLATION: "read committed",
    "array_nulls": "on",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "standard_conforming_strings": "on",
}
NO_TIMEOUTS = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}
"""How long a worker waits is for the worker to say: see call_timeout. Not every server has all of them."""
OURS = {**RELIED_ON, **NO_TIMEOUTS}
"""For connections that do nothing but a worker's business."""

# The styles have a second part, which is for what people write.
_PIN = b"""
    select
      pg_catalog.pg_backend_pid(),
      (select a.backend_start from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a),
      array(
        select s.name
        from unnest(%(names)s::text[], %(settings)s::text[]) as s (name, setting)
        where
          pg_catalog.current_setting(s.name, true) not like s.setting || '%%'
          and (
            pg_catalog.pg_backend_pid() <> %(pid)s::integer
            or pg_catalog.set_config(s.name, s.setting, false) is not null
          )
      )"""
_SET_LOCAL = b"""
    select pg_catalog.set_config(s.name, s.setting, true)
    from unnest(%(names)s::text[], %(settings)s::text[]) as s (name, setting)"""

# Of another role nothing but the pid can be seen; and a pid may be somebody else's by now.
_END = b"""
    select
      a.pid,
      case
        when a.backend_start = s.started and pg_catalog.pg_has_role(a.usesysid, 'usage')
        then pg_catalog.pg_terminate_backend(a.pid)
      end
    from unnest(%(pids)s::integer[], %(starts)s::timestamptz[]) as s (pid, started)
    inner join pg_catalog.pg_stat_activity as a on a.pid = s.pid
    where a.backend_start = s.started or a.backend_start is null"""


class Session(NamedTuple):
    """What is known of a connection since it was opened. `pid` and `started` say which session of the server it is, not
    behind a pooler; `local` are the settings that each transaction has to make."""

    pid: int
    started: Any
    is_pooled: bool
    local: dict[str, str]


_SESSIONS: WeakKeyDictionary[psycopg.BaseConnection[Any], Session] = WeakKeyDictionary()


async def pin_async(connection: psycopg.AsyncConnection[Any], settings: dict[str, str] = OURS) -> Session:
    """Makes a connection in autocommit mode go by our settings."""
    cursor = AsyncCursor(connection)
    await cursor.execute(_PIN, _params(settings, pid=connection.info.backend_pid), prepare=False)
    session = _noted(connection, settings, await cursor.fetchone())
    if session.local:
        await connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
    return session


def pin(connection: psycopg.Connection[Any], settings: dict[str, str] = RELIED_ON) -> Session:
    """Makes a plain connection go by our settings."""
    cursor = Cursor(connection)
    cursor.execute(_PIN, _params(settings, pid=connection.info.backend_pid), prepare=False)
    session = _noted(connection, settings, cursor.fetchone())
    if session.local:
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return session


def session_of(connection: psycopg.BaseConnection[Any]) -> Session | None:
    """Returns what `pin` found out; None for a connection that it never saw."""
    return _SESSIONS.get(connection)


@asynccontextmanager
async def transaction_async(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Makes a transaction that goes by our settings, behind a pooler, too."""
    async with connection.transaction():
        session = _SESSIONS.get(connection)
        if session is not None and session.local:
            await AsyncCursor(connection).execute(_SET_LOCAL, _params(session.local), prepare=False)
        yield


@contextmanager
def transaction(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Makes a transaction on a plain connection that goes by our settings behind a pooler, too."""
    with connection.transaction():
        session = _SESSIONS.get(connection)
        if session is not None and session.local:
            Cursor(connection).execute(_SET_LOCAL, _params(session.local), prepare=False)
        yield


def own_transaction(connection: psycopg.AsyncConnection[Any]) -> AbstractAsyncContextManager[None]:
    """Makes a transaction for one statement that goes by our settings; none where they need not be said."""
    session = _SESSIONS.get(connection)
    return transaction_async(connection) if session is not None and session.local else nullcontext()


async def fetch(
    connection: psycopg.AsyncConnection[Any],
    statement: bytes,
    params: dict[str, Any] | None = None,
    *,
    adapters: AdaptersMap,
    row_factory: Any = tuple_row,
) -> list[Any]:
    """Fetches the rows of a statement; in a transaction of its own where settings have to be said."""
    cursor = AsyncCursor(connection, adapters, row_factory=row_factory)
    session = _SESSIONS.get(connection)
    if (
        session is not None
        and session.local
        and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    ):
        async with transaction_async(connection):
            await cursor.execute(statement, params, prepare=False)
            return await cursor.fetchall()
    await cursor.execute(statement, params, prepare=False)
    return await cursor.fetchall()


async def end_sessions(connection: psycopg.AsyncConnection[Any], sessions: list[Session]) -> list[Session]:
    """Makes the server end sessions of lost connections; returns those that are still there."""
    params = {"pids": [session.pid for session in sessions], "starts": [session.started for session in sessions]}
    found = {pid for pid, _ in await fetch(connection, _END, params, adapters=CLIENT)}
    return [session for session in sessions if session.pid in found]


def _params(settings: dict[str, str], **others: Any) -> dict[str, Any]:
    return {"names": list(settings), "settings": list(settings.values()), **others}


def _noted(connection: psycopg.BaseConnection[Any], settings: dict[str, str], row: Any) -> Session:
    pid, started, differing = row
    is_pooled = pid != connection.info.backend_pid
    local = {name: settings[name] for name in differing} if is_pooled else {}
    session = _SESSIONS[connection] = Session(pid, started, is_pooled, local)
    return session
