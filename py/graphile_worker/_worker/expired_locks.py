"""Locks that get old: those of dead workers are freed, at start and every now and then, those of this one renewed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.printable import first_line
from .._basis.service import Service
from .._calls import housekeeping
from .._client.async_client import AsyncClient
from .lanes import Lanes
from .options import WorkerOptions


class Housekeeper(Service):
    """Calls `release_expired_locks`, if it `frees`, and `renew_locks` for `lanes` that send no heartbeats: what these
    hold for hours must not count as left behind. Nothing is written for what has been held for less than an hour.

    A failure is logged and tried again the next time.
    """

    name = "housekeeping"

    def __init__(self, client: AsyncClient, options: WorkerOptions, *, frees: bool, lanes: Lanes | None) -> None:
        super().__init__()
        bounds = options.min_reset_locked_interval, options.max_reset_locked_interval
        self._interval = [bound.total_seconds() for bound in bounds]
        self._client = client
        self._frees = frees
        self._lanes = lanes

    async def _run(self) -> None:
        while True:
            if self._frees:
                with _told_if_it_fails("expired locks were not looked for"):
                    if released := await self._client._run(housekeeping.release_expired_locks()):  # noqa: SLF001
                        logger.warning("freed %d jobs and queues that had been locked for hours", released)
            await asyncio.sleep(random.uniform(*self._interval))  # noqa: S311
            if self._lanes is not None:
                with _told_if_it_fails("the locks of this worker were not renewed"):
                    ids = [lane.id for lane in self._lanes.all]
                    await self._client._run(housekeeping.renew_locks(ids))  # noqa: SLF001


@contextmanager
def _told_if_it_fails(what: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.Error, PoolTimeout, GraphileWorkerError) as error:
        logger.info("%s, next time: %s", what, first_line(error))
