"""Takes back what a dead worker holds as the hooks decide, and tells them of each job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .._basis.log import logger
from .._basis.own_tasks import must_end
from .._basis.printable import first_line
from .._calls.job import Job
from .._calls.rows import SweptWorker
from .._hooks import events
from .._hooks.hooks import Hooks
from .._wire.connections import AsyncConnection, storable
from .heartbeat import must_end_with
from .worker_loop import WorkerLoop

_PAGE = 100
_PAGE_UNASKED = 1000
_DECIDE_WITHIN = 10.0
"""Seconds that the hooks have for one job: the jobs of all dead workers wait for them."""
_ACTIONS = {events.Proceed: "default", events.Reschedule: "reschedule", events.Fail: "fail"}


class HookedRecovery:
    """The recovery of one dead worker; `call` sends a statement of recoveries, `own_id` is whose hooks are asked.

    `tell` is told of the jobs that were taken back from a worker, and whether each of them will be tried again.
    """

    def __init__(
        self,
        call: Callable[..., Awaitable[list[Any]]],
        connection: AsyncConnection,
        hooks: Hooks,
        worker_loop: WorkerLoop,
        tell: Callable[[str, list[tuple[Job, bool]]], None],
        own_id: str,
    ) -> None:
        self._call = call
        self._connection = connection
        self._hooks = hooks
        self._worker_loop = worker_loop
        self._tell = tell
        self._own_id = own_id
        self._counts = {False: 0, True: 0}
        """Of jobs that were taken back: those that are due again, and those that were given up."""

    async def recover(self, dead: dict[str, Any]) -> SweptWorker | None:
        """Takes back what a worker holds; None when nobody was asked, and nothing could be taken: somebody else may be
        doing that.
        """
        is_asked = self._hooks.wants(events.JobRecovery)
        looked_at = last_id = 0
        while rows := await self._call(
            self._connection,
            "list_held_jobs",
            worker_id=dead["worker_id"],
            after_id=last_id,
            row_limit=_PAGE if is_asked else _PAGE_UNASKED,
        ):
            looked_at += len(rows)
            held = [(Job._make(values), locked_at, crashes) for *values, locked_at, crashes in rows]
            last_id = held[-1][0].id
            if not is_asked:
                await self._carry_out(dead, *((job, events.Proceed()) for job, _, _ in held))
                continue
            for job, locked_at, crashes in held:
                decision = await self._decide(
                    events.JobRecovery(
                        worker_id=self._own_id,
                        job=job,
                        dead_worker_id=dead["worker_id"],
                        locked_at=locked_at,
                        crashes=crashes,
                    )
                )
                if isinstance(decision, events.Skip):
                    continue
                try:
                    await self._carry_out(dead, (job, decision))
                except Exception as error:
                    if must_end_with(error, self._connection):
                        raise
                    logger.warning("the decision about job %d can not be carried out: %s", job.id, first_line(error))
        taken = sum(self._counts.values())
        if not is_asked and not taken:
            return None
        # Once nothing is left the worker is taken off the list; it may have held nothing.
        await self._carry_out(dead)
        return SweptWorker(
            worker_id=dead["worker_id"],
            last_heartbeat_at=dead["last_heartbeat_at"],
            recovered_jobs=self._counts[False],
            given_up_jobs=self._counts[True],
            skipped_jobs=looked_at - taken,
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

    async def _carry_out(self, dead: dict[str, Any], *decided: tuple[Job, events.Decision]) -> None:
        """Takes back jobs, counts them, and tells of them."""
        decisions = [decision for _, decision in decided]
        plans = [d if isinstance(d, events.Reschedule) else events.Reschedule() for d in decisions]
        reasons = [getattr(decision, "reason", None) for decision in decisions]
        rows = await self._call(
            self._connection,
            "recover_jobs",
            job_ids=[job.id for job, _ in decided],
            actions=[_ACTIONS[type(decision)] for decision in decisions],
            run_ats=[plan.run_at for plan in plans],
            attempts=[plan.attempts for plan in plans],
            error_messages=[None if reason is None else self._text(reason) for reason in reasons],
            **dead,
        )
        given_up = dict(rows)
        for is_given_up in given_up.values():
            self._counts[is_given_up] += 1
        if given_up and self._hooks.wants(events.JobInterrupted):
            taken = [(job, decision) for job, decision in decided if job.id in given_up]
            self._tell(dead["worker_id"], [(job, not given_up[job.id] and _is_left(job, d)) for job, d in taken])

    def _text(self, reason: object) -> str:
        return storable(str(reason).replace("\0", "\\0"), self._connection)


def _is_left(job: Job, decision: events.Decision) -> bool:
    """Tells whether a job has attempts left once a decision was carried out: only a failure uses one up."""
    return not isinstance(decision, events.Fail) or job.attempts < job.max_attempts
