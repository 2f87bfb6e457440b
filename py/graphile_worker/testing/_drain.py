"""Runs what is in a queue, one job after the other."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from .._basis.arguments import instant, integer, of
from .._basis.errors import translate
from .._calls.job import Job
from .._calls.statements import Statements
from .._client.async_client import AsyncClient
from .._hooks import events
from .._hooks.hooks import Hooks, Plugin
from .._tasks.context import JobContext
from .._tasks.executors import Places
from .._tasks.home import leave, settle
from .._tasks.own_context import in_own_context
from .._tasks.registry import TaskRegistry
from .._tasks.task import Task
from .._wire.adapters import of_worker
from .._wire.connections import ConnectionSource, storable
from .._wire.settings import fetch
from .._worker.outcomes import Failure, Snoozed
from .._worker.policies import Policies
from .._worker.run_job import run_job, tell_failure, timed_out
from .._worker.shutdown import Shutdown
from ._stopping import Stopping

Connection = psycopg.AsyncConnection[Any]

# One by one, and not a worker's round: that would check deferred constraints early in a transaction of the caller's.
# Columns in the order of Job.
_CLAIM = """
    select
      id, task_identifier, payload, queue_name, priority, run_at, attempts, max_attempts, created_at, key, flags
    from @extschema@.get_jobs(
      %(worker_id)s::text, %(task_identifiers)s::text[], now => coalesce(%(now)s::timestamptz, now())
    )"""
_COMPLETE = "select @extschema@.complete_jobs(%(worker_id)s::text, array[%(job_id)s::bigint])"
_FAIL = """
    select will_retry
    from @extschema@.fail_jobs(
      %(worker_id)s::text, array[%(job_id)s::bigint], array[%(error_message)s::text],
      array[%(replacement_payload)s::json], array[coalesce(%(now)s::timestamptz, now())],
      array[coalesce(%(now)s::timestamptz, now()) + %(retry_in)s::interval], array[%(is_given_up)s::boolean]
    )"""
_SNOOZE = """
    select @extschema@.return_jobs(
      %(worker_id)s::text, array[%(job_id)s::bigint], run_ats => array[
        coalesce(%(until)s::timestamptz, coalesce(%(now)s::timestamptz, now()) + %(delay)s::interval)
      ]
    )"""

_CANCELLED = (
    "select reason from @extschema@.list_cancelled(array[%(worker_id)s::text]) where job_id = %(job_id)s::bigint"
)
_LOOK_EVERY = 0.1
"""Seconds between two looks whether the job that runs is cancelled."""


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that failed in `drain`: its last_error, and whether it will be tried again."""

    job: Job
    error: str
    will_retry: bool


@dataclass(slots=True)
class Drained:
    """What `drain` ran, in the order it ran."""

    completed: list[Job] = field(default_factory=list)
    failed: list[FailedJob] = field(default_factory=list)
    snoozed: list[Job] = field(default_factory=list)
    """Those that put themselves off."""
    cancelled: list[Job] = field(default_factory=list)
    """Those that somebody cancelled while they ran, and that did not come to a good end all the same."""

    @property
    def identifiers(self) -> list[str]:
        """The tasks of the jobs that were completed."""
        return [job.task_identifier for job in self.completed]

    def check(self) -> Self:
        """Raises AssertionError with every error when a job has failed."""
        if self.failed:
            errors = "\n".join(f"job {f.job.id} ({f.job.task_identifier}): {f.error}" for f in self.failed)
            raise AssertionError(
                f"{len(self.failed)} of {len(self.failed) + len(self.completed)} jobs failed\n{errors}"
            )
        return self

    def __len__(self) -> int:
        return len(self.completed) + len(self.failed) + len(self.snoozed) + len(self.cancelled)


async def drain(
    target: str | AsyncConnectionPool[Any] | Connection,
    tasks: TaskRegistry,
    *,
    now: datetime | None = None,
    schema: str = "graphile_worker",
    state: Mapping[str, Any] | None = None,
    hooks: Hooks | None = None,
    plugins: Iterable[Plugin] = (),
    max_jobs: int = 1000,
) -> Drained:
    """Runs every job of these tasks that is due, those added meanwhile included, and returns what became of them.

    One job at a time, in the order of priority, run_at and id, so that the outcome is the same every time. `now` is the
    instant that counts as now: what is due by then runs, and retries are planned from then. By default it is the
    server's clock. A job that fails is not tried again here, but by a `drain` with a later `now`, when it is due.

    Policies hold as in a worker: those of the tasks are published first, what takes longer than its time-out, or is
    cancelled, is stopped. What has expired has failed, and is not returned. Limits of the tasks are not published, and
    leave no job behind; those in the database hold.

    On a connection, everything happens in the transaction that is open there: jobs that were added and not committed
    run too, and the rollback at the end of a test undoes it all. With a connection string or pool, each job is
    committed as a worker does it.

    Raises AssertionError after `max_jobs` jobs: a task that adds itself would go on forever.

    >>> done = await drain(url, tasks, now=datetime.now(UTC) + timedelta(days=1))  # doctest: +SKIP
    >>> assert done.check().identifiers == ["send_reminder"]  # doctest: +SKIP
    """
    of(TaskRegistry)(tasks, "tasks")
    now = None if now is None else instant(now, "now")
    max_jobs = integer(max_jobs, "max_jobs")
    hooks = Hooks(plugins) if hooks is None else hooks
    client = AsyncClient(target, schema=schema, hooks=hooks)
    token = settle(client)
    places = Places(1)
    try:
        policies = Policies(client, tasks, publishes=any(tasks[name].policy.document() for name in tasks))
        async with AsyncExitStack() as ends:
            await ends.enter_async_context(client)
            # Before: of a pool with one connection there is no other.
            await policies.look()
            connection = await ends.enter_async_context(_connection(target))
            drainer = _Drainer(
                *(connection, Statements(schema), tasks, now, hooks, client, state or {}, places, policies),
                is_callers=connection is target,
            )
            return await drainer.drain(max_jobs)
    except psycopg.Error as error:
        raise (translate(error) or error) from error
    finally:
        places.close()
        leave(token)


@asynccontextmanager
async def _connection(target: str | AsyncConnectionPool[Any] | Connection) -> AsyncIterator[Connection]:
    if isinstance(target, psycopg.AsyncConnection):
        yield target
        return
    source = ConnectionSource(target)
    connection = await source.open("graphile-worker drain")
    try:
        yield connection
    finally:
        await source.close(connection)


@dataclass(slots=True)
class _Drainer:
    connection: Connection
    statements: Statements
    tasks: TaskRegistry
    now: datetime | None
    hooks: Hooks
    client: AsyncClient
    state: Mapping[str, Any]
    places: Places
    policies: Policies
    is_callers: bool
    """Whether the connection is the caller's, on which its own transaction may be open, and handlers work."""
    done: set[int] = field(default_factory=set)
    """Jobs that were completed by the transactions of their handlers."""
    worker_id: str = field(default_factory=lambda: f"graphile_worker_test_{secrets.token_hex(9)}")

    async def drain(self, max_jobs: int) -> Drained:
        drained = Drained()
        while rows := await self._call(_CLAIM, {"task_identifiers": self.tasks.identifiers}):
            job = Job._make(rows[0])
            async with _savepoint(self.connection):
                failure, was_cut_off = await self._run(job)
            if job.id in self.done:
                drained.completed.append(job)
            elif failure is None and not was_cut_off:
                await self._call(_COMPLETE, {"job_id": job.id})
                drained.completed.append(job)
            elif cancelled := await self._call(_CANCELLED, {"job_id": job.id}):
                await self._cancel(job, cancelled[0][0])
                drained.cancelled.append(job)
            elif isinstance(failure, Snoozed):
                params = {"job_id": job.id, "delay": failure.delay, "until": failure.until}
                await self._call(_SNOOZE, params)
                drained.snoozed.append(job)
            elif failure is not None:
                drained.failed.append(await self._fail(job, failure))
            if len(drained) >= max_jobs:
                raise AssertionError(f"{max_jobs} jobs have run and there may be more: does a task add itself?")
        return drained

    async def _run(self, job: Job) -> tuple[Failure | Snoozed | None, bool]:
        """Runs a job; returns what became of it, and whether it was cut off, since somebody has cancelled it."""
        task, limit = self.tasks[job.task_identifier], self.policies.timeouts.get(job.task_identifier)
        result: Failure | Snoozed | None = None
        async with Stopping(self.places, limit) as stopping:
            watching = None if self.is_callers else asyncio.create_task(self._watch(job, stopping))
            try:
                result = await self._run_job(task, job, stopping)
            finally:
                if watching is not None:
                    watching.cancel()
                    await asyncio.wait({watching})
        if job.id in self.done:
            return None, False
        if limit is not None and stopping.reason == "timeout":
            return timed_out(job, limit, result, was_cut_off=stopping.was_cut_off), False
        return result, stopping.was_cut_off

    async def _watch(self, job: Job, stopping: Stopping) -> None:
        """Stops the job once somebody has cancelled it; on a connection that nobody else uses meanwhile."""
        while not stopping.is_stopped():
            await asyncio.sleep(_LOOK_EVERY)
            if await self._call(_CANCELLED, {"job_id": job.id}):
                stopping.stop("cancelled")

    async def _run_job(self, task: Task[Any], job: Job, stopping: Stopping) -> Failure | Snoozed | None:
        context = JobContext(job, self.worker_id, self.client, self.state, stopping.is_stopped, self)
        runner = asyncio.current_task()
        assert runner is not None
        places, hooks, decide = self.places, self.hooks, self.policies.decide
        return await in_own_context(
            run_job(task, job, context, places, hooks, self.worker_id, runner, Shutdown(), decide, stopping)
        )

    # What the context asks, and tells.

    def is_cut_off(self, job: Job, *, is_done: bool = False) -> bool:  # noqa: ARG002
        return False

    def begin_finish(self, job: Job) -> None:
        pass

    def end_finish(self, job: Job, *, is_done: bool) -> None:
        if is_done:
            self.done.add(job.id)

    async def _cancel(self, job: Job, reason: str | None) -> None:
        # Given back it has failed, or is removed, as whoever has cancelled it wanted.
        await self._call(_SNOOZE, {"job_id": job.id, "delay": timedelta(0), "until": None})
        await self.hooks.emit(events.JobCancel(worker_id=self.worker_id, job=job, reason=reason, was_started=True))

    async def _fail(self, job: Job, failure: Failure) -> FailedJob:
        params = {
            "job_id": job.id,
            "error_message": storable(failure.message, self.connection),
            "replacement_payload": failure.replacement_payload,
            "retry_in": failure.retry_in,
            "is_given_up": failure.is_given_up,
        }
        will_retry = any(row[0] for row in await self._call(_FAIL, params))
        await tell_failure(self.hooks, self.worker_id, failure, will_retry=will_retry)
        return FailedJob(job, failure.message, will_retry)

    async def _call(self, statement: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        params = {**params, "worker_id": self.worker_id, "now": self.now}
        return await fetch(self.connection, self.statements[statement], params, adapters=of_worker(self.connection))


@asynccontextmanager
async def _savepoint(connection: Connection) -> AsyncIterator[None]:
    """Keeps, in a transaction of the caller's, what went before when a handler has an SQL error."""
    if not _is(connection, TransactionStatus.INTRANS):
        yield
        return
    async with connection.transaction() as savepoint:
        yield
        if _is(connection, TransactionStatus.INERROR):
            raise psycopg.Rollback(savepoint)


def _is(connection: Connection, status: TransactionStatus) -> bool:
    return connection.info.transaction_status == status
