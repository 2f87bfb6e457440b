"""Says that the worker is alive, whatever handlers do to its event loop."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable

from .._basis.backoff import Backoff
from .._basis.json_text import encode
from .._basis.log import logger
from .._basis.printable import first_line
from .._basis.version import __version__
from .._wire.connections import AsyncConnection, has_news
from .alarm import Alarm
from .session import LONGEST_PAUSE, Session

_TICK = 0.5
"""Seconds between two looks at whether the connection is still there."""


def new_worker_id() -> str:
    return f"graphile_worker_{secrets.token_hex(9)}"


class Heartbeat:
    """Registers the ids that a worker locks jobs by, and keeps them registered.

    Ids that others took for dead are replaced by new ones, which `tell` is told: {id: the new one}. The connection also
    holds an advisory lock per id, by which others notice at once when the process is gone; not behind a pooler.
    """

    def __init__(self, session: Session, alarm: Alarm, tell: Callable[[dict[str, str]], None]) -> None:
        self._session = session
        self._options = session.options
        self._alarm = alarm
        self._tell = tell
        self._not_locked: list[str] = []
        self._replacements: dict[str, str] = {}
        """{id: the new id}, while the new ids are being registered."""
        self._beat_at = 0.0
        """Instant of time.monotonic()."""
        self._backoff = Backoff(longest=LONGEST_PAUSE)
        self._must_register = True

    async def begin(self) -> None:
        """Returns once the ids are registered; raises when that fails."""
        connection = await self._session.connect()
        self._not_locked = list(self._session.worker_ids) if self._wants_locks else []
        await self._hold_locks(connection)
        if self._must_register:
            await self._register(connection, self._session.worker_ids)
            self._must_register = False
        await self._beat(connection)

    async def run(self) -> None:
        """Beats until cancelled."""
        while True:
            try:
                await self._go_on()
            # Whatever it is, a function of the caller's that opens connections may raise anything: it must go on.
            except Exception as error:
                await self._session.close()
                delay = self._backoff.next()
                failures = self._backoff.failures
                if failures & (failures - 1) == 0:
                    logger.warning("no heartbeat, trying again (%d): %s", failures, first_line(error))
                await asyncio.sleep(delay)
                continue
            if self._backoff.failures:
                logger.info("heartbeats go on (failed tries: %d)", self._backoff.failures)
                self._backoff.reset()
            await self._alarm.wait(_TICK)

    async def deregister(self) -> None:
        """Takes the ids off the list, as they hold nothing any more."""
        connection = self._session.connection
        if connection is None or connection.closed:
            connection = await self._session.connect()
        # A stop may come in the middle of a replacement of ids.
        worker_ids = [*self._session.worker_ids, *self._replacements.values()]
        await self._session.call(connection, "worker_deregister", worker_ids=worker_ids)

    async def _go_on(self) -> None:
        connection = self._session.connection
        if connection is None:
            await self.begin()
        else:
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
        return self._options.connection_grace is not None and not self._session.is_pooled

    async def _hold_locks(self, connection: AsyncConnection) -> None:
        """Takes the locks that are missing: an earlier connection, dead but not known to be, may still have some."""
        if self._not_locked:
            rows = await self._session.call(connection, "hold_worker_locks", worker_ids=self._not_locked)
            self._not_locked = [worker_id for worker_id in self._not_locked if (worker_id,) not in rows]

    async def _register(self, connection: AsyncConnection, worker_ids: list[str]) -> None:
        about = {
            "session_lock": self._wants_locks,
            "heartbeat_interval": self._options.heartbeat_interval.total_seconds(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": __version__,
        }
        for worker_id in worker_ids:
            await self._session.call(connection, "worker_heartbeat", worker_id=worker_id, metadata=encode(about))

    async def _beat(self, connection: AsyncConnection) -> None:
        rows = await self._session.call(connection, "beat_workers", worker_ids=self._session.worker_ids)
        self._beat_at = time.monotonic() + self._options.heartbeat_interval.total_seconds()
        known = {worker_id for worker_id, _ in rows}
        self._session.worker_count = max((count for _, count in rows), default=1)
        if swept := [worker_id for worker_id in self._session.worker_ids if worker_id not in known]:
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
        self._session.worker_ids = [replacements.get(id_, id_) for id_ in self._session.worker_ids]
        self._replacements = {}
        self._tell(replacements)
