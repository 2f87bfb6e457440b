"""What connections go by that do nothing but a worker's business, and what workers do on them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from .async_pinning import transaction
from .client_adapters import CLIENT
from .cursors import AsyncCursor
from .sessions import RELIED_ON, local_settings
from .sessions import Session as Session
from .sessions import session_of as session_of

OURS = {
    **RELIED_ON,
    # How long a worker waits is for the worker to say: see call_timeout. Not every server has all of them.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}

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


def own_transaction(connection: psycopg.AsyncConnection[Any]) -> AbstractAsyncContextManager[None]:
    """Makes a transaction for one statement that goes by our settings; none where they need not be said."""
    if local_settings(connection) and connection.info.transaction_status == TransactionStatus.IDLE:
        return transaction(connection)
    return nullcontext()


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
    async with own_transaction(connection):
        await cursor.execute(statement, params, prepare=False)
        return await cursor.fetchall()


async def end_sessions(connection: psycopg.AsyncConnection[Any], sessions: list[Session]) -> list[Session]:
    """Makes the server end sessions of lost connections; returns those that are still there."""
    params = {"pids": [session.pid for session in sessions], "starts": [session.started for session in sessions]}
    found = {pid for pid, _ in await fetch(connection, _END, params, adapters=CLIENT)}
    return [session for session in sessions if session.pid in found]
