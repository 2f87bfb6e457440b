"""The worker's one conversation with the database: hand in what finished, ask for as much as there are idle slots.

Both travel in one round trip and one transaction. While it is under way further jobs finish, and go with the next:
group commit without a delay.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads

from ._backoff import Backoff
from ._connect import AsyncConnection, ConnectionSource, first_line, is_transient
from ._errors import GraphileWorkerError, translate
from ._job import Job
from ._options import WorkerOptions
from ._statements import Statements

logger = logging.getLogger("graphile_worker")

_RESUME_AGAIN_AFTER = 30.0
"""Seconds after which no call of a connection that was lost can still be under way."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed: `at` is the instant of time.monotonic()."""

    job: Job
    message: str
    at: float
    replacement_payload: str | None = None
    """JSON: what a batch keeps for its retry."""


@dataclass(slots=True)
class Outcomes:
    """What became of claimed jobs, until the database knows."""

    completed: list[Job] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    returned: list[Job] = field(default_factory=list)
    """Not started: free again at once."""
    interrupted: list[Job] = field(default_factory=list)
    """Cancelled by a shutdown: free again after a while."""

    first_completed_at: float = 0.0
    """Instant of time.monotonic()."""

    def complete(self, job: Job) -> None:
        if not self.completed:
            self.first_completed_at = time.monotonic()
        self.completed.append(job)

    def jobs(self) -> list[Job]:
        return [*self.completed, *(failure.job for failure in self.failed), *self.returned, *self.interrupted]

    def __len__(self) -> int:
        return len(self.completed) + len(self.failed) + len(self.returned) + len(self.interrupted)


@dataclass(slots=True)
class Answer:
    """What the database made of a round."""

    claimed: list[Job]
    gone: set[int]
    """Ids handed in that were no longer this worker's: somebody unlocked or recovered them."""
    failed_for_good: set[int]


class Exchange:
    """Rounds on one connection, which is opened anew as often as it takes.

    `held` tells which jobs the worker has in hand; after a reconnect, `lost` is told which of them it no longer holds.
    """

    def __init__(
        self,
        source: ConnectionSource,
        statements: Statements,
        worker_id: str,
        *,
        task_identifiers: list[str],
        options: WorkerOptions,
        held: Callable[[], Collection[int]],
        lost: Callable[[set[int]], None],
    ) -> None:
        self._source = source
        self._statements = statements
        self._worker_id = worker_id
        self._task_identifiers = task_identifiers
        self._options = options
        self._held = held
        self._lost = lost
        self._connection: AsyncConnection | None = None
        self._must_resume = False
        self._resume_again_at = math.inf
        self._backoff = Backoff()
        self.give_up_at: float | None = None
        """Instant of the loop's clock after which a round that fails is not tried again; set by a shutdown."""

    async def open(self) -> None:
        """Connects; unlike later, a failure is raised at once: at start it is most likely a setting that is wrong."""
        self._connection = await self._connect()

    async def close(self) -> None:
        if self._connection is not None:
            await self._source.close(self._connection)
            self._connection = None

    async def round(self, outcomes: Outcomes, max_jobs: int) -> Answer:
        """Hands in outcomes and claims up to `max_jobs` jobs, trying until it succeeds.

        Raises what is not a passing fault, and what is one once `give_up_at` has passed.
        """
        while True:
            try:
                if self._connection is None:
                    self._connection = await self._connect()
                if self._must_resume or time.monotonic() > self._resume_again_at:
                    await self._resume(self._connection)
                answer = await self._attempt(self._connection, outcomes, max_jobs)
            except psycopg.Error as error:
                await self._recover(error)
                continue
            if self._backoff.failures:
                logger.info("the database answers again (failed tries: %d)", self._backoff.failures)
                self._backoff.reset()
            return answer

    async def _connect(self) -> AsyncConnection:
        connection = await self._source.open(f"graphile-worker {self._worker_id}")
        # As it came: what is decoded, and into what, is the task's business.
        set_json_loads(_undecoded, connection)
        return connection

    async def _recover(self, error: psycopg.Error) -> None:
        """Gets over a passing fault: a new connection if need be, and a pause. Raises any other."""
        loop = asyncio.get_running_loop()
        if not is_transient(error):
            raise (translate(error) or error) from error
        if self.give_up_at is not None and loop.time() >= self.give_up_at:
            raise GraphileWorkerError(f"gave up on the database while stopping: {error}") from error
        # Whether the transaction was committed is not known, nor whether it still will be by a server that has not
        # noticed: what it claims in our name must be found out, now and once more later.
        self._must_resume = True
        if self._connection is not None and (self._connection.closed or self._connection.broken):
            await self.close()
        delay = self._backoff.next()
        # Once, then ever more rarely: an outage is not to fill the log.
        if self._backoff.failures & (self._backoff.failures - 1) == 0:
            logger.warning("the database call failed, trying again (%d): %s", self._backoff.failures, first_line(error))
        await asyncio.sleep(delay)

    async def _resume(self, connection: AsyncConnection) -> None:
        held = list(self._held())
        cursor = await connection.execute(
            self._statements["resume_worker"], {"worker_id": self._worker_id, "held_job_ids": held}, prepare=False
        )
        rows = await cursor.fetchall()
        lost = {row[0] for row in rows if row[1] == "lost"}
        returned = [row[0] for row in rows if row[1] == "returned"]
        if returned:
            logger.info("returned %d jobs whose claim was cut off: %s", len(returned), returned)
        if lost:
            self._lost(lost)
        self._resume_again_at = time.monotonic() + _RESUME_AGAIN_AFTER if self._must_resume else math.inf
        self._must_resume = False

    async def _attempt(self, connection: AsyncConnection, outcomes: Outcomes, max_jobs: int) -> Answer:
        calls = self._calls(outcomes, max_jobs)
        cursors = [connection.cursor(binary=True) for _ in calls]
        # In autocommit mode the statements of a pipeline are one transaction.
        async with connection.pipeline():
            for cursor, (statement, params) in zip(cursors, calls, strict=True):
                await cursor.execute(self._statements[statement], params, prepare=self._options.prepare_statements)
        rows = [await cursor.fetchall() for cursor in cursors]
        claimed = [Job._make(row) for row in rows.pop()] if max_jobs else []
        known = {row[0] for answer in rows for row in answer}
        failed_for_good = set()
        if outcomes.failed:
            failed_for_good = {id_ for id_, will_retry in rows[1 if outcomes.completed else 0] if not will_retry}
        return Answer(claimed, {job.id for job in outcomes.jobs()} - known, failed_for_good)

    def _calls(self, outcomes: Outcomes, max_jobs: int) -> list[tuple[str, dict[str, Any]]]:
        calls: list[tuple[str, dict[str, Any]]] = []
        if outcomes.completed:
            calls.append(("worker_complete_jobs", {"job_ids": [job.id for job in outcomes.completed]}))
        if outcomes.failed:
            now = time.monotonic()
            params = {
                "job_ids": [failure.job.id for failure in outcomes.failed],
                "error_messages": [failure.message for failure in outcomes.failed],
                "replacement_payloads": [failure.replacement_payload for failure in outcomes.failed],
                "ages": [timedelta(seconds=now - failure.at) for failure in outcomes.failed],
            }
            calls.append(("fail_jobs", params))
        interrupted_delay = self._options.interrupted_job_retry_delay
        for jobs, delay in ((outcomes.returned, timedelta(0)), (outcomes.interrupted, interrupted_delay)):
            if jobs:
                calls.append(("return_jobs", {"job_ids": [job.id for job in jobs], "delay": delay}))
        if max_jobs:
            params = {
                "task_identifiers": self._task_identifiers,
                "max_jobs": max_jobs,
                "forbidden_flags": list(self._options.forbidden_flags) or None,
            }
            calls.append(("get_jobs", params))
        for _, params in calls:
            params["worker_id"] = self._worker_id
            params["now"] = datetime.now(UTC) if self._options.use_local_time else None
        return calls


def _undecoded(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else bytes(data)
