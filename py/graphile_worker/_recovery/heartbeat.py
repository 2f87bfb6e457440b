"""Says that the worker is alive, whatever handlers do to its event loop."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from .._basis.backoff import Backoff
from .._basis.json_text import encode
from .._basis.retries import Retries
from .._basis.version import __version__
from .._calls.statements import Statements
from .._wire.adapters import of_recovery
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection, ConnectionSource, has_news, is_transient
from .._wire.settings import fetch, session_of
from .alarm import Alarm
from .options import Recovery

_TICK = 0.5
"""Seconds between two looks at whether the connection is still there."""
_LONGEST_PAUSE = 1.0
"""Seconds between two tries: others wait only for so long before they take what this worker holds."""
_TRIES = 8
"""Tries of a call that others got in the way of."""


def new_worker_id() -> str:
    return f"graphile_worker_{secrets.token_hex(9)}"


class Heartbeat:
    """Registers the ids that a worker locks jobs by, and keeps them registered; on a connection of its own, that
    belongs to the event loop of the heartbeats.

    Ids that others took for dead are replaced by new ones, which `tell` is told: {id: the new one}. `lost_slots`
    returns, for each id, how many slots wait for a thread that goes on after its job's end. The connection also holds
    an advisory lock per id, by which others notice at once when the process is gone; not behind a pooler.
    """

    def __init__(
        self,
        source: ConnectionSource,
        statements: Statements,
        options: Recovery,
        worker_ids: list[str],
        alarm: Alarm,
        tell: Callable[[dict[str, str]], None],
        lost_slots: Callable[[], list[int]],
    ) -> None:
        self.options = options
        self.worker_ids = worker_ids
        """The ids that this worker locks jobs by, one per lane."""
        self.worker_count = 1
        """How many workers there are, as of the last heartbeat."""
        self.connection: AsyncConnection | None = None
        """None while none is open."""
        self.is_pooled = False
        """Whether a connection pooler lies in between: then no session is this worker's own."""
        self._source = source
        self._statements = statements
        self._alarm = alarm
        self._tell = tell
        self._lost_slots = lost_slots
        self._not_locked: list[str] = []
        # With no answer for so long that others may soon take this worker for dead, another connection is needed.
        self._patience = options.sweep_threshold.total_seconds() / 3
        self._replacements: dict[str, str] = {}
        """{id: the new id}, while the new ids are being registered."""
        self._beat_at = 0.0
        """Instant of time.monotonic()."""
        self._retries = Retries("no heartbeat", longest=_LONGEST_PAUSE)
        self._must_register = True

    async def begin(self) -> None:
        """Returns once the ids are registered; raises when that fails."""
        connection = self.connection = await self.open("heartbeat")
        session = session_of(connection)
        self.is_pooled = session is None or session.is_pooled
        self._not_locked = list(self.worker_ids) if self._wants_locks else []
        await self._hold_locks(connection)
        if self._must_register:
            await self._register(connection, self.worker_ids)
            self._must_register = False
        await self._beat(connection)

    async def run(self) -> None:
        """Beats until cancelled."""
        self._alarm.attach()
        while True:
            try:
                await self._go_on()
            # Whatever it is, a function of the caller's that opens connections may raise anything: it must go on.
            except Exception as error:
                await self.close()
                await asyncio.sleep(self._retries.failed(error))
            else:
                self._retries.succeeded("heartbeats go on")
                await self._alarm.wait(_TICK)

    async def deregister(self) -> None:
        """Takes the ids off the list, as they hold nothing any more."""
        if self.connection is None or self.connection.closed:
            self.connection = await self.open("heartbeat")
        # A stop may come in the middle of a replacement of ids.
        worker_ids = [*self.worker_ids, *self._replacements.values()]
        await self.call(self.connection, "worker_deregister", worker_ids=worker_ids)

    async def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()

    async def open(self, purpose: str) -> AsyncConnection:
        """Opens another connection on this event loop; not one of the pool's."""
        return await self._source.open_apart(f"graphile-worker {purpose} {self.worker_ids[0]}")

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
        backoff = Backoff(longest=_LONGEST_PAUSE)
        adapters = of_recovery(connection)
        while True:
            try:
                with (limit or CallTimeout(first=self._patience)).during(connection):
                    return await fetch(
                        connection, self._statements[statement], params, adapters=adapters, row_factory=row_factory
                    )
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                # No reason to give up the connection, and the locks with it; nor to refuse to start.
                if backoff.failures == _TRIES:
                    raise
                await asyncio.sleep(backoff.next())

    async def _go_on(self) -> None:
        if (connection := self.connection) is None:
            await self.begin()
            return
        if self._is_due(connection):
            self._alarm.silence()
            await self._beat(connection)
        await self._hold_locks(connection)

    def _is_due(self, connection: AsyncConnection) -> bool:
        if time.monotonic() >= self._beat_at or self._alarm.is_rung or connection.closed:
            return True
        # News is the connection's end, most likely, unless it is the answer that the sweeper waits for.
        return not connection.lock.locked() and has_news(connection)

    @property
    def _wants_locks(self) -> bool:
        return self.options.connection_grace is not None and not self.is_pooled

    async def _hold_locks(self, connection: AsyncConnection) -> None:
        """Takes the locks that are missing: an earlier connection, dead but not known to be, may still have some."""
        if self._not_locked:
            rows = await self.call(connection, "hold_worker_locks", worker_ids=self._not_locked)
            self._not_locked = [worker_id for worker_id in self._not_locked if (worker_id,) not in rows]

    async def _register(self, connection: AsyncConnection, worker_ids: list[str]) -> None:
        about = {
            "session_lock": self._wants_locks,
            "heartbeat_interval": self.options.heartbeat_interval.total_seconds(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": __version__,
        }
        for worker_id in worker_ids:
            await self.call(connection, "worker_heartbeat", worker_id=worker_id, metadata=encode(about))

    async def _beat(self, connection: AsyncConnection) -> None:
        rows = await self.call(connection, "beat_workers", worker_ids=self.worker_ids, lost_slots=self._lost_slots())
        self._beat_at = time.monotonic() + self.options.heartbeat_interval.total_seconds()
        known = {worker_id for worker_id, _ in rows}
        self.worker_count = max((count for _, count in rows), default=1)
        if swept := [worker_id for worker_id in self.worker_ids if worker_id not in known]:
            await self._replace(connection, swept)

    async def _replace(self, connection: AsyncConnection, swept: list[str]) -> None:
        # The same new ids after a try that failed half way.
        self._replacements = {id_: self._replacements.get(id_) or new_worker_id() for id_ in swept}
        replacements = self._replacements
        if self._wants_locks:
            # Other ids of this worker may still wait for their locks.
            waiting = [worker_id for worker_id in self._not_locked if worker_id not in replacements]
            self._not_locked = [*waiting, *replacements.values()]
            await self._hold_locks(connection)
        await self._register(connection, list(replacements.values()))
        self.worker_ids = [replacements.get(id_, id_) for id_ in self.worker_ids]
        self._replacements = {}
        self._tell(replacements)


def must_end_with(error: Exception, connection: AsyncConnection) -> bool:
    """Tells whether an error of a recovery leaves no use in going on with the next one."""
    return connection.broken or (isinstance(error, psycopg.Error) and is_transient(error))
