"""Takes back what dead workers hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from .._basis.log import logger
from .._basis.own_tasks import must_end
from .._basis.printable import first_line
from .._calls.job import Job
from .._calls.rows import SweptWorker
from .._hooks import events
from .._hooks.hooks import Hooks
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection, is_transient, storable
from .heartbeat import Heartbeat
from .worker_loop import WorkerLoop

_PAGE = 100
_DECIDE_WITHIN = 10.0
"""Seconds that the hooks have for one job: the jobs of all dead workers wait for them."""
_ACTIONS = {events.Proceed: "default", events.Reschedule: "reschedule", events.Fail: "fail"}


class Recoverer:
    """Recoveries, on a connection that the caller opens for them; the hooks decide on the event loop of the worker.

    `tell` is told of the jobs that were taken back from a worker, and whether each of them won't be tried again, if
    there are hooks that listen for it.
    """

    def __init__(
        self,
        heartbeat: Heartbeat,
        hooks: Hooks,
        worker_loop: WorkerLoop,
        tell: Callable[[str, list[tuple[Job, bool]]], None],
    ) -> None:
        self._heartbeat = heartbeat
        self._tell = tell
        self._hooks = hooks
        self._worker_loop = worker_loop
        self._timeout = CallTimeout()

    async def recover(
        self, connection: AsyncConnection, worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta
    ) -> list[SweptWorker]:
        """Takes back what a dead worker holds; returns nothing when somebody else is doing that."""
        terms = {"recovery_delay": delay, "max_crashes": self._heartbeat.options.max_crashes}
        if self._hooks.wants(events.JobRecovery) or self._hooks.wants(events.JobInterrupted):
            return [await self._by_hook(connection, worker_id, last_heartbeat_at, terms)]
        params = {"worker_ids": [worker_id], "last_heartbeats": [last_heartbeat_at], **terms}
        return await self._call(connection, "recover_workers", row_factory=class_row(SweptWorker), **params)

    async def _call(self, connection: AsyncConnection, statement: str, **params: Any) -> list[Any]:
        rows = await self._heartbeat.call(connection, statement, limit=self._timeout, **params)
        self._timeout.reset()
        return rows

    async def _by_hook(
        self, connection: AsyncConnection, worker_id: str, last_heartbeat_at: datetime | None, terms: dict[str, Any]
    ) -> SweptWorker:
        dead = {"worker_id": worker_id, "last_heartbeat_at": last_heartbeat_at, **terms}
        counts = {False: 0, True: 0}
        looked_at = last_id = 0
        while rows := await self._call(
            connection, "list_held_jobs", worker_id=worker_id, after_id=last_id, row_limit=_PAGE
        ):
            looked_at += len(rows)
            held = [(Job._make(values), locked_at, crashes) for *values, locked_at, crashes in rows]
            last_id = held[-1][0].id
            if not self._hooks.wants(events.JobRecovery):
                await self._carry_out(connection, dead, counts, *((job, events.Proceed()) for job, _, _ in held))
                continue
            for job, locked_at, crashes in held:
                decision = await self._decide(
                    events.JobRecovery(
                        worker_id=self._heartbeat.worker_ids[0],
                        job=job,
                        dead_worker_id=worker_id,
                        locked_at=locked_at,
                        crashes=crashes,
                    )
                )
                if isinstance(decision, events.Skip):
                    continue
                try:
                    await self._carry_out(connection, dead, counts, (job, decision))
                except Exception as error:
                    if must_end_with(error, connection):
                        raise
                    logger.warning("the decision about job %d can not be carried out: %s", job.id, first_line(error))
        # Once nothing is left the worker is taken off the list; it may have held nothing.
        await self._carry_out(connection, dead, counts)
        return SweptWorker(
            worker_id=worker_id,
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
            why = f" within {_DECIDE_WITHIN:g} s"
        except asyncio.CancelledError as error:
            if must_end(error):
                raise
            # A hook has ended the task in which it was asked.
            why = f": {first_line(error)}"
        logger.warning("no hook has decided about job %d%s; it is skipped", event.job.id, why)
        return events.Skip()

    async def _carry_out(
        self,
        connection: AsyncConnection,
        dead: dict[str, Any],
        counts: dict[bool, int],
        *decided: tuple[Job, events.Decision],
    ) -> None:
        """Takes back jobs, tells of them, and counts those that were given up, and the others."""
        plans = [
            decision if isinstance(decision, events.Reschedule) else events.Reschedule() for _, decision in decided
        ]
        reasons = [getattr(decision, "reason", None) for _, decision in decided]
        rows = await self._call(
            connection,
            "recover_jobs",
            job_ids=[job.id for job, _ in decided],
            actions=[_ACTIONS[type(decision)] for _, decision in decided],
            run_ats=[plan.run_at for plan in plans],
            attempts=[plan.attempts for plan in plans],
            error_messages=[None if reason is None else _text(reason, connection) for reason in reasons],
            **dead,
        )
        given_up = dict(rows)
        for is_given_up in given_up.values():
            counts[is_given_up] += 1
        if given_up and self._hooks.wants(events.JobInterrupted):
            taken = [
                (job, given_up[job.id] or (isinstance(decision, events.Fail) and job.attempts >= job.max_attempts))
                for job, decision in decided
                if job.id in given_up
            ]
            self._tell(dead["worker_id"], taken)


def must_end_with(error: Exception, connection: AsyncConnection) -> bool:
    """Tells whether an error of a recovery leaves no use in going on with the next one."""
    return connection.broken or (isinstance(error, psycopg.Error) and is_transient(error))


def _text(reason: object, connection: AsyncConnection) -> str:
    return storable(str(reason).replace("\0", "\\0"), connection)
