"""What others decide about jobs that this worker has in hand: it hears of it, or asks every now and then."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.printable import first_line
from .._basis.service import Service
from .._calls import publishing
from .._client.async_client import AsyncClient
from .._hooks.events import JobCancel
from .._hooks.hooks import Hooks
from .lanes import Lanes
from .policies import Policies


class Cancellations(Service):
    """Asks which jobs are cancelled, and which policies hold: every `interval` seconds, or when one may be missed.

    What is heard meanwhile is passed on at once. With a hook that is told of reasons, which are not in what is heard,
    it asks at once instead.
    """

    name = "cancellations"

    def __init__(self, client: AsyncClient, lanes: Lanes, policies: Policies, hooks: Hooks, interval: float) -> None:
        super().__init__()
        self._client = client
        self._lanes = lanes
        self._policies = policies
        self._hooks = hooks
        self._interval = interval
        self._look_now = asyncio.Event()

    def hear(self, worker_id: str | None, job_ids: list[int]) -> None:
        """Hears that jobs of a worker are cancelled; without its id it may be any job, and any worker."""
        if worker_id is None or self._hooks.wants(JobCancel):
            self._look_now.set()
        else:
            self._lanes.cancel(worker_id, job_ids)

    async def _run(self) -> None:
        last_failure = ""
        while True:
            # First: when the worker starts it holds nothing, and has just looked what holds.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                ids = [lane.id for lane in self._lanes.all]
                for worker_id, job_id, reason in await self._client._run(publishing.list_cancelled(ids)):  # noqa: SLF001
                    self._lanes.cancel(worker_id, [job_id], reason)
                await self._policies.look()
                last_failure = ""
            except (psycopg.Error, PoolTimeout, GraphileWorkerError) as error:
                # A role that may not ask is told so once, not every time.
                if (failure := first_line(error)) != last_failure:
                    last_failure = failure
                    logger.info("jobs that are cancelled were not looked for, next time: %s", failure)
