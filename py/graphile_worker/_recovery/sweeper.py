"""Looks for dead workers, and has taken back what they hold."""

from __future__ import annotations

import asyncio
import math
import random
import time
from datetime import datetime, timedelta

from .._basis.backoff import Backoff
from .._basis.log import logger
from .._basis.printable import first_line
from .._calls.rows import SweptWorker
from .._calls.statements import Statements
from .._hooks.hooks import Hooks
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection
from .missing_workers import LOOK_INTERVAL, Missing
from .options import Recovery
from .recoverer import Recoverer, call, workers
from .session import Session
from .worker_loop import DeadFound, WorkerLoop

_LOOK_PER_WORKER = 0.02
"""Seconds that the looks of one worker are further apart for each that there is, as each looks at all."""
_SWEEP_AS_OFTEN_UP_TO = 100
"""Workers; if there are more, each sweeps less often."""
_SLACK = 0.05
"""Seconds: not just before the time is up."""


class Sweeper:
    """Looks for dead workers on the connection of the heartbeats, and takes back what they hold on another: that may
    take its time, and the heartbeats go on.

    The worker's event loop is told what came of it; the hooks decide there, too.
    """

    def __init__(
        self,
        session: Session,
        statements: Statements,
        options: Recovery,
        hooks: Hooks,
        worker_loop: WorkerLoop,
    ) -> None:
        self._session = session
        self._statements = statements
        self._options = options
        self._hooks = hooks
        self._worker_loop = worker_loop
        grace = options.connection_grace
        self._missing = Missing(grace.total_seconds()) if grace is not None else None
        self._observed_on: AsyncConnection | None = None
        self._sweep_at = 0.0
        self._backoff = Backoff()
        self._timeout = CallTimeout()
        self._told: set[tuple[str, datetime | None]] = set()
        """Dead workers of which something was left behind, so that it is told once."""

    async def run(self) -> None:
        """Looks for dead workers until cancelled; a failure is logged and tried again."""
        self._plan_sweep()
        delay = 0.0
        while True:
            await asyncio.sleep(max(self._pause(), delay))
            connection = self._session.connection
            if connection is not self._observed_on:
                self._observed_on = connection
                if self._missing is not None:
                    self._missing.forget()
            if connection is None:
                continue
            try:
                if self._missing is not None and not self._session.is_pooled:
                    await self._look(connection, self._missing)
                if time.monotonic() >= self._sweep_at:
                    self._plan_sweep()
                    await self._sweep(connection)
            # Whatever it is, what dead workers hold must be looked for again.
            except Exception as error:
                delay = self._backoff.next()
                failures = self._backoff.failures
                if failures & (failures - 1) == 0:
                    logger.warning(
                        "dead workers were not looked for, trying again (%d): %s", failures, first_line(error)
                    )
            else:
                delay = 0.0

    def _pause(self) -> float:
        crowd = self._session.worker_count * _LOOK_PER_WORKER
        longest = self._options.sweep_interval.total_seconds()
        pause = min(max(LOOK_INTERVAL, crowd), longest) * random.uniform(0.75, 1)  # noqa: S311
        decided_in = self._missing.decided_in(time.monotonic()) if self._missing else math.inf
        if decided_in < math.inf:
            # Who is missing is watched closely, and no longer than need be.
            pause = min(pause, LOOK_INTERVAL, max(decided_in, 0) + _SLACK)
        return pause

    def _plan_sweep(self) -> None:
        interval = self._options.sweep_interval.total_seconds()
        interval *= max(1, self._session.worker_count / _SWEEP_AS_OFTEN_UP_TO)
        self._sweep_at = time.monotonic() + interval * random.uniform(0.75, 1)  # noqa: S311

    async def _look(self, connection: AsyncConnection, missing: Missing) -> None:
        rows = await call(
            connection,
            self._statements["list_missing_workers"],
            own_ids=self._session.worker_ids,
            resilient_flags=list(self._options.resilient_flags),
        )
        dead = missing.observe(dict(rows), time.monotonic())
        if dead:
            await self._recover(dead, timedelta(0))

    async def _sweep(self, connection: AsyncConnection) -> None:
        options = self._options
        found = await workers(
            connection,
            self._statements["sweep"],
            sweep_threshold=options.sweep_threshold,
            recovery_delay=options.recovery_delay,
            # What dead workers hold is taken back below.
            dry_run=True,
            resilient_flags=list(options.resilient_flags),
            multiplier=options.resilient_multiplier,
            max_crashes=options.max_crashes,
            orphans_like=options.orphans_like,
        )
        dead = {worker.worker_id: worker.last_heartbeat_at for worker in found}
        self._told.intersection_update(dead.items())
        if dead:
            await self._recover(dead, options.recovery_delay)
        # Only here: looks that succeed in between say nothing about sweeps.
        self._backoff.reset()

    async def _recover(self, dead: dict[str, datetime] | dict[str, datetime | None], delay: timedelta) -> None:
        async with await self._session.open("recovery") as connection:
            recoverer = Recoverer(
                connection,
                self._statements,
                self._hooks,
                self._worker_loop,
                timeout=self._timeout,
                max_crashes=self._options.max_crashes,
            )
            failure: Exception | None = None
            for worker_id, last_heartbeat_at in dead.items():
                try:
                    own_id = self._session.worker_ids[0]
                    self._report(await recoverer.recover(own_id, worker_id, last_heartbeat_at, delay))
                except Exception as error:
                    if recoverer.must_end_with(error):
                        raise
                    # One failure is not to keep the other dead workers waiting.
                    failure = failure or error
            if failure is not None:
                raise failure
        self._timeout.reset()

    def _report(self, recovered: list[SweptWorker]) -> None:
        swept = []
        for worker in recovered:
            known = (worker.worker_id, worker.last_heartbeat_at)
            if known in self._told and not worker.recovered_jobs and not worker.given_up_jobs:
                continue
            self._told.add(known)
            swept.append(worker)
            lost_any = worker.recovered_jobs or worker.given_up_jobs or worker.skipped_jobs
            tell = logger.warning if lost_any else logger.info
            tell(
                "worker %s is dead: %d of its jobs were recovered, %d given up, %d skipped",
                worker.worker_id,
                worker.recovered_jobs,
                worker.given_up_jobs,
                worker.skipped_jobs,
            )
        if swept:
            self._worker_loop.tell(DeadFound(swept))
