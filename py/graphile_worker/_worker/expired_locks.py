"""Frees what dead workers have held for hours: at start, and every now and then."""

from __future__ import annotations

import asyncio
import logging
import random

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.backoff import end
from .._basis.errors import GraphileWorkerError
from .._basis.printable import first_line
from .._client.async_client import AsyncClient

logger = logging.getLogger("graphile_worker")

_INTERVAL = (480.0, 600.0)
"""Seconds, at random between these, so that many workers do not come at once."""


class Housekeeper:
    """Calls `release_expired_locks` in the background; a failure is logged and tried again the next time."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="graphile_worker housekeeping")

    async def stop(self) -> None:
        """May be called twice, or without start."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    async def _run(self) -> None:
        while True:
            try:
                released = await self._client.release_expired_locks()
            except (psycopg.Error, PoolTimeout, GraphileWorkerError) as error:
                logger.info("expired locks were not looked for, next time: %s", first_line(error))
            else:
                if released:
                    logger.warning("freed %d jobs and queues that had been locked for hours", len(released))
            await asyncio.sleep(random.uniform(*_INTERVAL))  # noqa: S311
