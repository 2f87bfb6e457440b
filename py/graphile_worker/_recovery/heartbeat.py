"""Says that the worker is alive, whatever handlers do to the event loop: from a thread and connection of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import psycopg

from .._basis.backoff import Backoff
from .._basis.errors import translate
from .._basis.json_text import encode
from .._basis.printable import first_line
from .._basis.version import __version__
from .._calls.statements import Statements
from .._wire.adapters import load_any
from .._wire.call_timeout import Patience
from .._wire.connections import AsyncConnection, ConnectionSource, has_news, keep_json, take_any_text
from .._worker.options import Recovery
from .sweeper import Sweeper

logger = logging.getLogger("graphile_worker")

_TICK = 0.5
"""Seconds between two looks at whether the connection is still there."""
_LONGEST_PAUSE = 1.0
"""Seconds between two tries to connect: others wait only for so long before they take what this worker holds."""
_TRIES = 8
"""Of a call that others got in the way of."""
_END_WITHIN = 5.0
"""Seconds that a sweep and the last call have when the worker stops."""


def new_worker_id() -> str:
    return f"graphile_worker_{secrets.token_hex(9)}"


class Heartbeat:
    """Registers the ids that a worker locks jobs by, and keeps them registered.

    `on_swept` is called on the event loop of `start` when others took ids for dead: {id: the new one in its place}. Its
    `connection` also holds an advisory lock per id, by which others notice at once when the process is gone; not
    behind a pooler.
    """

    def __init__(
        self,
        source: ConnectionSource,
        statements: Statements,
        options: Recovery,
        worker_ids: list[str],
        *,
        on_swept: Callable[[dict[str, str]], None],
    ) -> None:
        self.worker_ids = worker_ids
        self.worker_count = 1
        """How many workers there are, as of the last heartbeat."""
        self.connection: AsyncConnection | None = None
        self.is_pooled = False
        self._source = source
        self._statements = statements
        self._options = options
        self._on_swept = on_swept
        self._not_locked: list[str] = []
        self._replacements: dict[str, str] = {}
        """{id: the new one}, while they are being registered."""
        self._beat_at = 0.0
        """Instant of time.monotonic()."""
        self._backoff = Backoff(longest=_LONGEST_PAUSE)
        self._must_register = True
        self._deregister = False
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poked: asyncio.Event
        self._stopped: asyncio.Event

    async def start(self, sweeper: Sweeper | None) -> None:
        """Returns once the ids are registered; raises when that fails. The sweeper looks on the same connection.

        When the running event loop is closed before `stop`, the heartbeats end, too.
        """
        caller = asyncio.get_running_loop()
        self._stopping, self._loop = False, None
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(caller, ready, sweeper)),
            name="graphile_worker heartbeat",
            daemon=True,
        )
        self._thread.start()
        await asyncio.wrap_future(ready)

    async def stop(self, *, deregister: bool) -> None:
        """Ends it; with `deregister` the ids are taken off the list, else others will find them dead. May be called
        twice, or without `start`.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            self._deregister = deregister
            # In this order: a thread that has no loop yet looks at the former when it has one.
            self._stopping = True
            if self._loop is not None:
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._stopped.set)
            await asyncio.to_thread(thread.join)

    def look(self) -> None:
        """This worker may have been taken for dead: asks at once. From any thread."""
        # Its loop may have ended already, at a failure to start.
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._poked.set)

    async def _run(self, caller: asyncio.AbstractEventLoop, ready: Future[None], sweeper: Sweeper | None) -> None:
        self._caller = caller
        self._poked = asyncio.Event()
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stopping:
            self._stopped.set()
        try:
            await self._connect()
        except BaseException as error:
            await self._close()
            # The caller may have been cancelled while it waited.
            if ready.set_running_or_notify_cancel():
                ready.set_exception((translate(error) or error) if isinstance(error, psycopg.Error) else error)
            return
        if ready.set_running_or_notify_cancel():
            ready.set_result(None)
        tasks = [asyncio.create_task(self._beat_until_stopped())]
        if sweeper is not None:
            tasks.append(asyncio.create_task(sweeper.run(self, caller)))
        await self._stopped.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_END_WITHIN)
        with suppress(Exception):
            async with asyncio.timeout(_END_WITHIN):
                await self._end()
        await self._close()

    async def _beat_until_stopped(self) -> None:
        while not self._caller.is_closed():
            try:
                if self.connection is None:
                    await self._connect()
                elif self._is_due(self.connection):
                    self._poked.clear()
                    await self._beat(self.connection)
                if self._not_locked and self.connection is not None:
                    await self._hold_locks(self.connection)
            # Whatever it is, a function of the caller's that opens connections may raise anything: it must go on.
            except Exception as error:
                await self._close()
                delay = self._backoff.next()
                failures = self._backoff.failures
                if failures & (failures - 1) == 0:
                    logger.warning("no heartbeat, trying again (%d): %s", failures, first_line(error))
                await asyncio.sleep(delay)
                continue
            if self._backoff.failures:
                logger.info("heartbeats go on (failed tries: %d)", self._backoff.failures)
                self._backoff.reset()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), _TICK)
        # Nobody is left to run what this worker holds, and to say so: others are to find it dead.
        self._stopped.set()

    def _is_due(self, connection: AsyncConnection) -> bool:
        if time.monotonic() >= self._beat_at or self._poked.is_set() or connection.closed:
            return True
        # Its end, most likely, unless it is the answer that the sweeper waits for.
        return not connection.lock.locked() and has_news(connection)

    async def _connect(self) -> None:
        connection = self.connection = await self.open("heartbeat")
        with self._patience().during(connection):
            cursor = await connection.execute("select pg_backend_pid()")
            [pid] = await cursor.fetchone() or [None]
        self.is_pooled = pid != connection.info.backend_pid
        self._not_locked = list(self.worker_ids) if self._wants_locks else []
        if self._not_locked:
            await self._hold_locks(connection)
        if self._must_register:
            await self._register(connection, self.worker_ids)
            self._must_register = False
        await self._beat(connection)

    async def open(self, purpose: str) -> AsyncConnection:
        """A connection on the loop of the heartbeats; not one of the pool's."""
        connection = await self._source.open_apart(f"graphile-worker {purpose} {self.worker_ids[0]}")
        connection.prepare_threshold = None
        try:
            with self._patience().during(connection):
                await take_any_text(connection)
        except BaseException:
            await connection.close()
            raise
        load_any(connection)
        keep_json(connection)
        return connection

    def _patience(self) -> Patience:
        # No answer for so long that others may soon take this worker for dead: it needs another connection.
        return Patience(first=self._options.sweep_threshold.total_seconds() / 3)

    @property
    def _wants_locks(self) -> bool:
        return self._options.connection_grace is not None and not self.is_pooled

    async def _hold_locks(self, connection: AsyncConnection) -> None:
        """Takes those that are missing: an earlier connection, dead but not known to be, may still have some."""
        rows = await self._call(connection, "hold_worker_locks", worker_ids=self._not_locked)
        held = {worker_id for (worker_id,) in rows}
        self._not_locked = [worker_id for worker_id in self._not_locked if worker_id not in held]

    async def _register(self, connection: AsyncConnection, worker_ids: list[str]) -> None:
        metadata = {
            "session_lock": self._wants_locks,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": __version__,
        }
        for worker_id in worker_ids:
            await self._call(connection, "worker_heartbeat", worker_id=worker_id, metadata=encode(metadata))

    async def _beat(self, connection: AsyncConnection) -> None:
        rows = await self._call(connection, "beat_workers", worker_ids=self.worker_ids)
        self._beat_at = time.monotonic() + self._options.heartbeat_interval.total_seconds()
        known = {worker_id for worker_id, _ in rows}
        self.worker_count = max((count for _, count in rows), default=1)
        if swept := [worker_id for worker_id in self.worker_ids if worker_id not in known]:
            await self._replace(connection, swept)

    async def _replace(self, connection: AsyncConnection, swept: list[str]) -> None:
        # The same ones after a try that failed half way.
        self._replacements = {id_: self._replacements.get(id_) or new_worker_id() for id_ in swept}
        replacements = self._replacements
        if self._wants_locks:
            # Others of this worker's may still wait for theirs.
            waiting = [worker_id for worker_id in self._not_locked if worker_id not in replacements]
            self._not_locked = [*waiting, *replacements.values()]
            await self._hold_locks(connection)
        await self._register(connection, list(replacements.values()))
        self.worker_ids = [replacements.get(worker_id, worker_id) for worker_id in self.worker_ids]
        self._replacements = {}
        with suppress(RuntimeError):  # Its loop has ended.
            self._caller.call_soon_threadsafe(self._on_swept, replacements)

    async def _end(self) -> None:
        if self._deregister:
            if self.connection is None or self.connection.closed:
                self.connection = await self._source.open_apart("graphile-worker heartbeat")
            # A stop may come in the middle of a replacement.
            worker_ids = [*self.worker_ids, *self._replacements.values()]
            await self._call(self.connection, "worker_deregister", worker_ids=worker_ids)

    async def _close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()

    async def _call(self, connection: AsyncConnection, statement: str, **params: Any) -> list[Any]:
        backoff = Backoff(longest=_LONGEST_PAUSE)
        while True:
            try:
                with self._patience().during(connection):
                    cursor = await connection.execute(self._statements[statement], params, prepare=False)
                return await cursor.fetchall()
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                # No reason to give up the connection, and the locks with it; nor to refuse to start.
                if backoff.failures == _TRIES:
                    raise
                await asyncio.sleep(backoff.next())
