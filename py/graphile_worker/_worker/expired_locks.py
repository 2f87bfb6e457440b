"""Locks that get old: those of dead workers are freed, at start and every now and then, those of this one renewed."""

from __future__ import annotations

import asyncio
import random

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.printable import first_line
from .._basis.service import Service
from .._calls import housekeeping
from .._client.async_client import AsyncClient
from .lanes import Lanes

_INTERVAL = (480.0, 600.0)
"""Seconds, at random between these, so that many workers do not come at once."""


class Housekeeper(Service):
    """Calls `release_expired_locks` in the background; a failure is logged and tried again the next time."""

    name = "housekeeping"

    def __init__(self, client: AsyncClient) -> None:
        super().__init__()
        self._client = client

    async def _run(self) -> None:
        while True:
            try:
                released = await self._client._run(housekeeping.release_expired_locks())  # noqa: SLF001
            except (psycopg.Error, PoolTimeout, GraphileWorkerError) as error:
                logger.info("expired locks were not looked for, next time: %s", first_line(error))
            else:
                if released:
                    logger.warning("freed %d jobs and queues that had been locked for hours", released)
            await asyncio.sleep(random.uniform(*_INTERVAL))  # noqa: S311


class LockRenewal(Service):
    """Calls `renew_locks` for a worker that sends no heartbeats: what it holds for hours must not count as left behind.

    Nothing is written for what has been held for less than an hour.
    """

    name = "lock renewal"

    def __init__(self, client: AsyncClient, lanes: Lanes) -> None:
        super().__init__()
        self._client = client
        self._lanes = lanes

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(*_INTERVAL))  # noqa: S311
            try:
                ids = [lane.id for lane in self._lanes.all]
                await self._client._run(housekeeping.renew_locks(ids))  # noqa: SLF001
            except (psycopg.Error, PoolTimeout, GraphileWorkerError) as error:
                logger.info("the locks of this worker were not renewed, next time: %s", first_line(error))
