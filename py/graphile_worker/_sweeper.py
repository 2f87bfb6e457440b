"""Takes back what dead workers hold."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row

from . import _events as events
from ._connect import AsyncConnection
from ._hooks import Hooks
from ._job import Job
from ._operator_models import SweptWorker
from ._options import Recovery
from ._printable import first_line
from ._statements import Statements

if TYPE_CHECKING:
    from ._heartbeat import Heartbeat

logger = logging.getLogger("graphile_worker")

_LOOK_INTERVAL = 2.0
"""Seconds between two looks for lost connections."""
_LOOK_PER_WORKER = 0.02
"""Seconds that the looks of one worker are further apart for each that there is, as each looks at all."""
_SWEEP_AS_OFTEN_UP_TO = 100
"""Workers; if there are more, each sweeps less often."""
_SLACK = 0.05
"""Seconds: not just before the time is up."""
_PAGE = 100
_ACTIONS = {events.Proceed: "default", events.Reschedule: "reschedule", events.Fail: "fail"}


class Missing:
    """Which workers have been missing for how long, without a gap in the observation. Instants in seconds.

    >>> missing, heartbeat = Missing(grace=5), datetime.min
    >>> [missing.observe({"a": heartbeat}, at) for at in (0, 2, 4)], missing.observe({"a": heartbeat}, 6)
    ([{}, {}, {}], {'a': datetime.datetime(1, 1, 1, 0, 0)})
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._since: dict[str, tuple[float, datetime]] = {}
        self._last_at = 0.0

    def decided_in(self, now: float) -> float:
        """Seconds until the next of the missing has been missing for long enough; infinity when nobody is."""
        return min((since + self._grace - now for since, _ in self._since.values()), default=math.inf)

    def forget(self) -> None:
        """The observer was away itself: all of it begins anew."""
        self._since.clear()

    def observe(self, missing: dict[str, datetime], now: float) -> dict[str, datetime]:
        """Notes who is missing now, with its last heartbeat; returns those that were all the time of the grace."""
        # Stopped for a while, this process or the whole machine: others may have been, and are just coming back.
        if now - self._last_at > self._grace + 2 * _LOOK_INTERVAL:
            self.forget()
        self._last_at = now
        self._since = {
            worker_id: since if (since := self._since.get(worker_id)) and since[1] == heartbeat else (now, heartbeat)
            for worker_id, heartbeat in missing.items()
        }
        return {
            worker_id: heartbeat for worker_id, (since, heartbeat) in self._since.items() if now - since >= self._grace
        }


class Sweeper:
    """Looks for dead workers on the connection of the heartbeats, and takes back what they hold.

    `on_recovered` is called on the worker's event loop with what came of it; the hooks decide there, too.
    """

    def __init__(
        self,
        statements: Statements,
        options: Recovery,
        hooks: Hooks,
        on_recovered: Callable[[list[SweptWorker]], None],
    ) -> None:
        self._statements = statements
        self._options = options
        self._hooks = hooks
        self._on_recovered = on_recovered
        grace = options.connection_grace
        self._missing = Missing(grace.total_seconds()) if grace is not None else None
        self._observed_on: AsyncConnection | None = None
        self._sweep_at = 0.0
        self._last_failure = ""

    async def run(self, heartbeat: Heartbeat, caller: asyncio.AbstractEventLoop) -> None:
        """Until it is cancelled; a failure is logged and tried again."""
        self._caller = caller
        self._heartbeat = heartbeat
        self._plan_sweep()
        while True:
            await asyncio.sleep(self._pause())
            connection = heartbeat.connection
            if connection is not self._observed_on:
                self._observed_on = connection
                if self._missing is not None:
                    self._missing.forget()
            if connection is None:
                continue
            try:
                if self._missing is not None and not heartbeat.is_pooled:
                    await self._look(connection, self._missing)
                if time.monotonic() >= self._sweep_at:
                    self._plan_sweep()
                    await self._sweep(connection)
            except psycopg.Error as error:
                if (failure := first_line(error)) != self._last_failure:
                    logger.warning("dead workers were not looked for, trying again: %s", failure)
                self._last_failure = failure

    def _pause(self) -> float:
        crowd = self._heartbeat.worker_count * _LOOK_PER_WORKER
        longest = self._options.sweep_interval.total_seconds()
        pause = min(max(_LOOK_INTERVAL, crowd), longest) * random.uniform(0.75, 1)  # noqa: S311
        decided_in = self._missing.decided_in(time.monotonic()) if self._missing else math.inf
        if decided_in < math.inf:
            # Who is missing is watched closely, and no longer than need be.
            pause = min(pause, _LOOK_INTERVAL, max(decided_in, 0) + _SLACK)
        return pause

    def _plan_sweep(self) -> None:
        interval = self._options.sweep_interval.total_seconds()
        interval *= max(1, self._heartbeat.worker_count / _SWEEP_AS_OFTEN_UP_TO)
        self._sweep_at = time.monotonic() + interval * random.uniform(0.75, 1)  # noqa: S311

    async def _look(self, connection: AsyncConnection, missing: Missing) -> None:
        rows = await self._call(
            connection,
            "list_missing_workers",
            own_ids=self._heartbeat.worker_ids,
            resilient_flags=list(self._options.resilient_flags),
        )
        dead = missing.observe(dict(rows), time.monotonic())
        if dead:
            await self._recover(connection, dead, timedelta(0))

    async def _sweep(self, connection: AsyncConnection) -> None:
        options = self._options
        by_hook = self._hooks.wants(events.JobRecovery)
        found = await self._workers(
            connection,
            "sweep",
            sweep_threshold=options.sweep_threshold,
            recovery_delay=options.recovery_delay,
            dry_run=by_hook,
            resilient_flags=list(options.resilient_flags),
            multiplier=options.resilient_multiplier,
            max_crashes=options.max_crashes,
            orphans_like=options.orphans_like,
        )
        if by_hook:
            dead = {worker.worker_id: worker.last_heartbeat_at for worker in found}
            await self._recover(connection, dead, options.recovery_delay)
        else:
            self._report(found)

    async def _recover(
        self, connection: AsyncConnection, dead: dict[str, datetime] | dict[str, datetime | None], delay: timedelta
    ) -> None:
        if self._hooks.wants(events.JobRecovery):
            for worker_id, last_heartbeat_at in dead.items():
                self._report([await self._recover_by_hook(connection, worker_id, last_heartbeat_at, delay)])
            return
        recovered = await self._workers(
            connection,
            "recover_workers",
            worker_ids=list(dead),
            last_heartbeats=list(dead.values()),
            recovery_delay=delay,
            max_crashes=self._options.max_crashes,
        )
        self._report(recovered)

    async def _recover_by_hook(
        self, connection: AsyncConnection, worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta
    ) -> SweptWorker:
        counts = {False: 0, True: 0}
        looked_at = last_id = 0
        while True:
            rows = await self._call(
                connection, "list_held_jobs", worker_id=worker_id, after_id=last_id, row_limit=_PAGE
            )
            looked_at += len(rows)
            decided = []
            for row in rows:
                job, (locked_at, crashes) = Job._make(row[:-2]), row[-2:]
                last_id = job.id
                decision = await self._decide(
                    events.JobRecovery(
                        worker_id=self._heartbeat.worker_ids[0],
                        job=job,
                        dead_worker_id=worker_id,
                        locked_at=locked_at,
                        crashes=crashes,
                    )
                )
                if not isinstance(decision, events.Skip):
                    decided.append((job.id, decision))
            # An empty page, too: once nothing is left the worker is taken off the list.
            outcomes = await self._call(
                connection,
                "recover_jobs",
                worker_id=worker_id,
                last_heartbeat_at=last_heartbeat_at,
                job_ids=[job_id for job_id, _ in decided],
                actions=[_ACTIONS[type(decision)] for _, decision in decided],
                run_ats=[getattr(decision, "run_at", None) for _, decision in decided],
                attempts=[getattr(decision, "attempts", None) for _, decision in decided],
                error_messages=[getattr(decision, "reason", None) for _, decision in decided],
                recovery_delay=delay,
                max_crashes=self._options.max_crashes,
            )
            for (is_given_up,) in outcomes:
                counts[is_given_up] += 1
            if len(rows) < _PAGE:
                break
        return SweptWorker(
            worker_id=worker_id,
            last_heartbeat_at=last_heartbeat_at,
            recovered_jobs=counts[False],
            given_up_jobs=counts[True],
            skipped_jobs=looked_at - sum(counts.values()),
        )

    async def _decide(self, event: events.JobRecovery) -> events.Decision:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._hooks.decide(event), self._caller))

    def _report(self, swept: list[SweptWorker]) -> None:
        for worker in swept:
            logger.warning(
                "worker %s is dead: %d of its jobs were recovered, %d given up, %d skipped",
                worker.worker_id,
                worker.recovered_jobs,
                worker.given_up_jobs,
                worker.skipped_jobs,
            )
        if swept:
            with suppress(RuntimeError):  # Its loop has ended.
                self._caller.call_soon_threadsafe(self._on_recovered, swept)

    async def _workers(self, connection: AsyncConnection, statement: str, **params: Any) -> list[SweptWorker]:
        async with connection.cursor(row_factory=class_row(SweptWorker)) as cursor:
            await cursor.execute(self._statements[statement], params, prepare=False)
            return await cursor.fetchall()

    async def _call(self, connection: AsyncConnection, statement: str, **params: Any) -> list[Any]:
        cursor = await connection.execute(self._statements[statement], params, prepare=False)
        return await cursor.fetchall()
