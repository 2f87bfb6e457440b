"""Listens for notifications, on a connection of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
import psycopg

from .._basis.backoff import Backoff
from .._basis.log import logger
from .._basis.printable import first_line
from .._basis.service import Service
from .._hooks.events import ListenerLost, ListenerRestored
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection, ConnectionSource
from .._wire.settings import session_of

_LASTING = 30.0
"""Seconds after which the end of a connection is an event of its own."""
_CHECKED_EVERY = 20.0
"""Seconds. Where nothing is said, a connection that leads nowhere looks like one on which nothing happens."""
_ANSWERS_WITHIN = 10.0
"""Seconds, or the connection is given up."""
_JOBS = "jobs:insert"
_SUPERSEDED = "jobs:superseded"
_CANCELLED = "jobs:cancel"
_MIGRATIONS = "worker:migrate"
_SCHEDULES = "schedules:change"


class _Message(msgspec.Struct):
    """What whoever notifies on a channel of ours says: {"r": ..., "count": 3}, of which -1 stands for a removal;
    {"worker": "graphile_worker_1", "ids": [5]}; {"migrationNumber": 3, "breaking": true}, to which one that is only
    announced adds schema and release.

    One that does not say is about a job more, any job of any worker, and may be breaking.
    """

    count: int = 1
    worker: str | None = None
    ids: list[int] | None = None
    breaking: bool = True
    schema: str | None = None
    release: str | None = None


class Listener(Service):
    """Calls `on_jobs`, with their number, when jobs may have been added, `on_migration` when a breaking one was made,
    `on_superseded`, with the id of a worker and those of jobs it holds, when these must not be started any more,
    `on_cancelled`, in the same way, when somebody has cancelled them, and `on_schedules` when a schedule has changed.

    What was notified while the connection was away is lost, so a new LISTEN counts as a notification of each: any job
    of any worker may have been superseded meanwhile, which None for the id says. Which schema it is about is not said.
    Every now and then the server is asked something, whether it is still there. `tell` is called with
    ListenerLost, once, when there is no connection any more, and with ListenerRestored, and what their fields are.
    """

    name = "listen"

    def __init__(
        self,
        source: ConnectionSource,
        worker_id: str,
        on_jobs: Callable[[int], None],
        on_migration: Callable[..., None] = lambda **_about: None,
        on_superseded: Callable[[str | None, list[int]], None] = lambda _worker_id, _job_ids: None,
        on_cancelled: Callable[[str | None, list[int]], None] = lambda _worker_id, _job_ids: None,
        on_schedules: Callable[[], None] = lambda: None,
        tell: Callable[..., None] = lambda _kind, **_fields: None,
    ) -> None:
        super().__init__()
        self._source = source
        self._worker_id = worker_id
        self._on_jobs = on_jobs
        self._on_migration = on_migration
        self._on_superseded = on_superseded
        self._on_cancelled = on_cancelled
        self._on_schedules = on_schedules
        self._tell = tell
        self._warned = False

    async def _run(self) -> None:
        backoff = Backoff()
        failures = 0
        has_listened = False
        lost_at: float | None = None
        while True:
            connection: AsyncConnection | None = None
            began = time.monotonic()
            try:
                connection = await self._source.open(f"graphile-worker listen {self._worker_id}")
                with CallTimeout(first=_ANSWERS_WITHIN).during(connection):
                    for channel in (_JOBS, _SUPERSEDED, _CANCELLED, _MIGRATIONS, _SCHEDULES):
                        await connection.execute(f'LISTEN "{channel}"')
                self._warn_of_pooler(connection)
                backoff.reset()
                if lost_at is not None:
                    self._tell(ListenerRestored, lost_for=timedelta(seconds=time.monotonic() - lost_at))
                    lost_at = None
                self._on_jobs(1)
                if has_listened:
                    self._on_superseded(None, [])
                self._on_cancelled(None, [])
                has_listened = True
                self._on_migration()
                self._on_schedules()
                while True:
                    async for notification in connection.notifies(timeout=_CHECKED_EVERY):
                        self._hear(notification)
                    # No NOTIFY: that would wake all who listen, and wait for those who commit one.
                    with CallTimeout(first=_ANSWERS_WITHIN).during(connection):
                        await connection.execute("select 1", prepare=False)
            except psycopg.Error as error:
                if lost_at is None:
                    lost_at = time.monotonic()
                    self._tell(ListenerLost, error=first_line(error))
                # Polling goes on meanwhile; nothing is lost but milliseconds. Told ever more rarely, as long as none of
                # the connections lasts: an outage is not to fill the log.
                failures = failures + 1 if time.monotonic() - began < _LASTING else 1
                if failures & (failures - 1) == 0:
                    logger.info("not listening for notifications, trying again (%d): %s", failures, first_line(error))
            finally:
                if connection is not None:
                    with suppress(psycopg.Error):
                        await self._source.close(connection)
            await asyncio.sleep(backoff.next())

    def _hear(self, notification: psycopg.Notify) -> None:
        try:
            message = msgspec.json.decode(notification.payload, type=_Message, strict=False)
        except ValueError:
            message = _Message()
        if notification.channel == _MIGRATIONS:
            if message.breaking:
                self._on_migration(pid=notification.pid, schema=message.schema, release=message.release)
        elif notification.channel == _SCHEDULES:
            self._on_schedules()
        elif notification.channel in (_SUPERSEDED, _CANCELLED):
            tell = self._on_superseded if notification.channel == _SUPERSEDED else self._on_cancelled
            if message.worker is None or message.ids is None:
                tell(None, [])
            else:
                tell(message.worker, message.ids)
        elif message.count > 0:
            self._on_jobs(message.count)

    def _warn_of_pooler(self, connection: AsyncConnection) -> None:
        """Warns of a pooler: it accepts LISTEN without a word, and in transaction mode nothing ever comes of it."""
        session = session_of(connection)
        if session is not None and session.is_pooled and not self._warned:
            self._warned = True
            logger.warning(
                "a connection pooler lies between this worker and the database: unless it pools whole sessions, "
                "notifications get lost, and jobs wait for the next poll; use_notifications=False says that they may"
            )
