"""The connection of the heartbeats, and what this worker is known by: what heartbeat and sweeper share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from .._basis.backoff import Backoff
from .._calls.statements import Statements
from .._wire.adapters import of_recovery
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection, ConnectionSource, take_any_text
from .._wire.settings import fetch, session_of
from .options import Recovery

LONGEST_PAUSE = 1.0
"""Seconds between two tries: others wait only for so long before they take what this worker holds."""
_TRIES = 8
"""Tries of a call that others got in the way of."""


class Session:
    """A connection that belongs to the event loop of the heartbeats; `connection` is None while none is open."""

    def __init__(
        self, source: ConnectionSource, statements: Statements, options: Recovery, worker_ids: list[str]
    ) -> None:
        self.worker_ids = worker_ids
        """The ids that this worker locks jobs by, one per lane."""
        self.worker_count = 1
        """How many workers there are, as of the last heartbeat."""
        self.connection: AsyncConnection | None = None
        self.is_pooled = False
        """Whether a connection pooler lies in between: then no session is this worker's own."""
        self.options = options
        self._source = source
        self._statements = statements

    async def connect(self) -> AsyncConnection:
        """Opens the connection that `connection` then is."""
        connection = self.connection = await self.open("heartbeat")
        session = session_of(connection)
        self.is_pooled = session is None or session.is_pooled
        return connection

    async def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()

    async def open(self, purpose: str) -> AsyncConnection:
        """Opens another connection on this event loop; not one of the pool's."""
        connection = await self._source.open_apart(f"graphile-worker {purpose} {self.worker_ids[0]}")
        connection.prepare_threshold = None
        try:
            with self._timeout().during(connection):
                await take_any_text(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    def _timeout(self) -> CallTimeout:
        # With no answer for so long that others may soon take this worker for dead, another connection is needed.
        return CallTimeout(first=self.options.sweep_threshold.total_seconds() / 3)

    async def call(
        self,
        connection: AsyncConnection,
        statement: str,
        *,
        limit: CallTimeout | None = None,
        row_factory: Any = tuple_row,
        **params: Any,
    ) -> list[Any]:
        """Sends a statement until nobody gets in its way; returns the rows."""
        backoff = Backoff(longest=LONGEST_PAUSE)
        adapters = of_recovery(connection)
        while True:
            try:
                with (limit or self._timeout()).during(connection):
                    return await fetch(
                        connection, self._statements[statement], params, adapters=adapters, row_factory=row_factory
                    )
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                # No reason to give up the connection, and the locks with it; nor to refuse to start.
                if backoff.failures == _TRIES:
                    raise
                await asyncio.sleep(backoff.next())
