"""Takes back what dead workers hold."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, tuple_row

from .._basis.log import logger
from .._basis.own_tasks import must_end
from .._basis.printable import first_line
from .._calls.job import Job
from .._calls.rows import SweptWorker
from .._calls.statements import Statements
from .._hooks import events
from .._hooks.hooks import Hooks
from .._wire.adapters import of_recovery
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection, is_transient, storable
from .._wire.settings import fetch, transaction_async
from .worker_loop import WorkerLoop

_PAGE = 100
_DECIDE_WITHIN = 10.0
"""Seconds that the hooks have for one job: the jobs of all dead workers wait for them."""
_ACTIONS = {events.Proceed: "default", events.Reschedule: "reschedule", events.Fail: "fail"}

Decided = tuple[int, events.Decision]


class Recoverer:
    """Recoveries on a connection of their own; the hooks decide on the event loop of the worker."""

    def __init__(
        self,
        connection: AsyncConnection,
        statements: Statements,
        hooks: Hooks,
        worker_loop: WorkerLoop,
        *,
        timeout: CallTimeout,
        max_crashes: int | None,
    ) -> None:
        self._connection = connection
        self._statements = statements
        self._hooks = hooks
        self._worker_loop = worker_loop
        self._timeout = timeout
        self._max_crashes = max_crashes

    async def recover(
        self, worker_id: str, dead_worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta
    ) -> list[SweptWorker]:
        """Takes back what a dead worker holds, in the name of `worker_id`; nothing when somebody else is doing that."""
        if self._hooks.wants(events.JobRecovery):
            return [await self._by_hook(worker_id, dead_worker_id, last_heartbeat_at, delay)]
        with self._timeout.during(self._connection):
            async with transaction_async(self._connection):
                return await workers(
                    self._connection,
                    self._statements["recover_workers"],
                    worker_ids=[dead_worker_id],
                    last_heartbeats=[last_heartbeat_at],
                    recovery_delay=delay,
                    max_crashes=self._max_crashes,
                )

    def must_end_with(self, error: Exception) -> bool:
        """Tells whether an error leaves no use in going on with the next worker."""
        return self._connection.broken or (isinstance(error, psycopg.Error) and is_transient(error))

    async def _by_hook(
        self, worker_id: str, dead_worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta
    ) -> SweptWorker:
        counts = {False: 0, True: 0}
        looked_at = last_id = 0
        while True:
            with self._timeout.during(self._connection):
                rows = await call(
                    self._connection,
                    self._statements["list_held_jobs"],
                    worker_id=dead_worker_id,
                    after_id=last_id,
                    row_limit=_PAGE,
                )
            looked_at += len(rows)
            decided: list[Decided] = []
            for row in rows:
                job, (locked_at, crashes) = Job._make(row[:-2]), row[-2:]
                last_id = job.id
                decision = await self._decide(
                    events.JobRecovery(
                        worker_id=worker_id,
                        job=job,
                        dead_worker_id=dead_worker_id,
                        locked_at=locked_at,
                        crashes=crashes,
                    )
                )
                if not isinstance(decision, events.Skip):
                    decided.append((job.id, decision))
            # An empty page, too: once nothing is left the worker is taken off the list.
            for is_given_up in await self._carry_out(dead_worker_id, last_heartbeat_at, delay, decided):
                counts[is_given_up] += 1
            if len(rows) < _PAGE:
                break
        return SweptWorker(
            worker_id=dead_worker_id,
            last_heartbeat_at=last_heartbeat_at,
            recovered_jobs=counts[False],
            given_up_jobs=counts[True],
            skipped_jobs=looked_at - sum(counts.values()),
        )

    async def _decide(self, event: events.JobRecovery) -> events.Decision:
        decision = self._worker_loop.run(self._hooks.decide(event))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(decision), _DECIDE_WITHIN)
        except TimeoutError:
            logger.warning("no hook has decided about job %d within %g s: it is skipped", event.job.id, _DECIDE_WITHIN)
            return events.Skip()
        except asyncio.CancelledError as error:
            if must_end(error):
                raise
            # A hook has ended the task in which it was asked.
            logger.warning("no hook has decided about job %d: it is skipped: %s", event.job.id, first_line(error))
            return events.Skip()

    async def _carry_out(
        self, dead_worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta, decided: list[Decided]
    ) -> list[bool]:
        """Tells of each job taken back whether it was given up; a decision that can't be carried out stops no other."""
        try:
            return await self._recover_jobs(dead_worker_id, last_heartbeat_at, delay, decided)
        except Exception as error:
            if self.must_end_with(error):
                raise
            if len(decided) > 1:
                parts = [await self._carry_out(dead_worker_id, last_heartbeat_at, delay, [one]) for one in decided]
                return [is_given_up for part in parts for is_given_up in part]
            logger.warning(
                "the decision about job %s can not be carried out: %s",
                *(decided[0][0] if decided else "none", first_line(error)),
            )
            return []

    async def _recover_jobs(
        self, dead_worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta, decided: list[Decided]
    ) -> list[bool]:
        reasons = [getattr(decision, "reason", None) for _, decision in decided]
        with self._timeout.during(self._connection):
            async with transaction_async(self._connection):
                rows = await call(
                    self._connection,
                    self._statements["recover_jobs"],
                    worker_id=dead_worker_id,
                    last_heartbeat_at=last_heartbeat_at,
                    job_ids=[job_id for job_id, _ in decided],
                    actions=[_ACTIONS[type(decision)] for _, decision in decided],
                    run_ats=[getattr(decision, "run_at", None) for _, decision in decided],
                    attempts=[getattr(decision, "attempts", None) for _, decision in decided],
                    error_messages=[None if reason is None else _text(reason, self._connection) for reason in reasons],
                    recovery_delay=delay,
                    max_crashes=self._max_crashes,
                )
        return [is_given_up for (is_given_up,) in rows]


def _text(reason: object, connection: AsyncConnection) -> str:
    return storable(str(reason).replace("\0", "\\0"), connection)


async def workers(connection: AsyncConnection, statement: bytes, **params: Any) -> list[SweptWorker]:
    return await _fetch(connection, statement, params, class_row(SweptWorker))


async def call(connection: AsyncConnection, statement: bytes, **params: Any) -> list[Any]:
    return await _fetch(connection, statement, params, tuple_row)


async def _fetch(connection: AsyncConnection, statement: bytes, params: dict[str, Any], row_factory: Any) -> list[Any]:
    return await fetch(connection, statement, params, adapters=of_recovery(connection), row_factory=row_factory)
