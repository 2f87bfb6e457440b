"""Listens for notifications, on a connection of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import psycopg

from ._backoff import Backoff
from ._connect import AsyncConnection, ConnectionSource

logger = logging.getLogger("graphile_worker")


class Listener:
    """Calls `on_jobs` when jobs may have been added: at each notification and after each new LISTEN.

    What was notified while the connection was away is lost, so a new LISTEN counts as a notification.
    """

    def __init__(self, source: ConnectionSource, worker_id: str, on_jobs: Callable[[], None]) -> None:
        self._source = source
        self._worker_id = worker_id
        self._on_jobs = on_jobs
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts listening in the background; returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="graphile_worker listen")

    async def stop(self) -> None:
        """Stops listening; may be called twice, or without start."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            connection: AsyncConnection | None = None
            try:
                connection = await self._source.open(f"graphile-worker listen {self._worker_id}")
                await connection.execute('LISTEN "jobs:insert"')
                backoff.reset()
                self._on_jobs()
                async for _notification in connection.notifies():
                    self._on_jobs()
            except psycopg.Error as error:
                # Polling goes on meanwhile; nothing is lost but milliseconds.
                logger.info("not listening for notifications, trying again: %s", error)
            finally:
                if connection is not None:
                    with suppress(psycopg.Error):
                        await self._source.close(connection)
            await asyncio.sleep(backoff.next())
