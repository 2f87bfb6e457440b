"""Asks the database who is dead, and has taken back what those hold."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from .._basis.log import logger
from .._basis.retries import Retries
from .._calls.rows import SweptWorker
from .._wire.connections import AsyncConnection
from .heartbeat import Heartbeat, must_end_with
from .recoverer import Recoverer

_LOOK_INTERVAL = 2.0
"""Seconds between two looks for lost connections."""
_LOOK_PER_WORKER = 0.02
"""Seconds that the looks of one worker are further apart for each that there is, as each looks at all."""
_SWEEP_AS_OFTEN_UP_TO = 100
"""Workers; if there are more, each sweeps less often."""
_SLACK = 0.05
"""Seconds: not just before the time is up."""


class Sweeper:
    """Looks for dead workers on the connection of the heartbeats, and takes back what they hold on another: that may
    take its time, and the heartbeats go on. `tell` is told what came of it.
    """

    def __init__(self, heartbeat: Heartbeat, recoverer: Recoverer, tell: Callable[[SweptWorker], None]) -> None:
        self._heartbeat = heartbeat
        self._options = heartbeat.options
        self._recoverer = recoverer
        self._tell = tell
        self._look_in = math.inf
        """Seconds, while somebody is missing: it is watched closely, and no longer than need be."""
        self._sweep_at = 0.0
        self._retries = Retries("dead workers were not looked for")
        self._told: set[tuple[str, datetime | None]] = set()
        """Dead workers of which something was left behind, so that it is told once."""

    async def run(self) -> None:
        """Looks for dead workers until cancelled; a failure is logged and tried again."""
        self._plan_sweep()
        delay = 0.0
        while True:
            await asyncio.sleep(max(self._pause(), delay))
            self._look_in, delay = math.inf, 0.0
            if (connection := self._heartbeat.connection) is None:
                continue
            try:
                if self._options.connection_grace is not None and not self._heartbeat.is_pooled:
                    await self._look(connection, self._options.connection_grace)
                if time.monotonic() >= self._sweep_at:
                    self._plan_sweep()
                    await self._sweep(connection)
            # Whatever it is, what dead workers hold must be looked for again.
            except Exception as error:
                delay = self._retries.failed(error)

    def _pause(self) -> float:
        crowd = self._heartbeat.worker_count * _LOOK_PER_WORKER
        pause = min(max(_LOOK_INTERVAL, crowd), self._options.sweep_interval.total_seconds())
        return min(pause * random.uniform(0.75, 1), self._look_in)  # noqa: S311

    def _plan_sweep(self) -> None:
        interval = self._options.sweep_interval.total_seconds()
        interval *= max(1, self._heartbeat.worker_count / _SWEEP_AS_OFTEN_UP_TO)
        self._sweep_at = time.monotonic() + interval * random.uniform(0.75, 1)  # noqa: S311

    async def _look(self, connection: AsyncConnection, grace: timedelta) -> None:
        missing = await self._heartbeat.call(
            connection,
            "watch_workers",
            own_ids=self._heartbeat.worker_ids,
            grace=grace,
            resilient_flags=list(self._options.resilient_flags),
        )
        if missing:
            soonest = min(dead_in for _, _, dead_in in missing).total_seconds()
            self._look_in = min(soonest + _SLACK, grace.total_seconds() / 2, _LOOK_INTERVAL)
        await self._recover({worker_id: beat for worker_id, beat, dead_in in missing if not dead_in}, timedelta(0))

    async def _sweep(self, connection: AsyncConnection) -> None:
        options = self._options
        found = await self._heartbeat.call(
            connection,
            "sweep",
            sweep_threshold=options.sweep_threshold,
            resilient_flags=list(options.resilient_flags),
            multiplier=options.resilient_multiplier,
            orphans_like=options.orphans_like,
        )
        dead = dict(found)
        self._told.intersection_update(dead.items())
        await self._recover(dead, options.recovery_delay)
        # Only here: looks that succeed in between say nothing about sweeps.
        self._retries.reset()

    async def _recover(self, dead: dict[str, datetime | None], delay: timedelta) -> None:
        if not dead:
            return
        failure: Exception | None = None
        async with await self._heartbeat.open("recovery") as connection:
            for worker_id, last_heartbeat_at in dead.items():
                try:
                    for worker in await self._recoverer.recover(connection, worker_id, last_heartbeat_at, delay):
                        self._report(worker)
                except Exception as error:
                    if must_end_with(error, connection):
                        raise
                    # One failure is not to keep the other dead workers waiting.
                    failure = failure or error
        if failure is not None:
            raise failure

    def _report(self, worker: SweptWorker) -> None:
        known = (worker.worker_id, worker.last_heartbeat_at)
        if known in self._told and not worker.recovered_jobs and not worker.given_up_jobs:
            return
        self._told.add(known)
        lost_any = worker.recovered_jobs or worker.given_up_jobs or worker.skipped_jobs
        tell = logger.warning if lost_any else logger.info
        tell(
            "worker %s is dead: %d of its jobs were recovered, %d given up, %d skipped",
            *(worker.worker_id, worker.recovered_jobs, worker.given_up_jobs, worker.skipped_jobs),
        )
        self._tell(worker)
