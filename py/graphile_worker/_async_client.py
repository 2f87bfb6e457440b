"""The asyncio client: adds jobs and looks after them.

`_client.py` is generated from this file by tools/generate_client.py; change this one and run `make format`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from . import _calls as calls
from ._errors import translate
from ._models import (
    JobDetails,
    JobKeyMode,
    JobRow,
    JobSpec,
    JobState,
    JobSummary,
    LockedWorker,
    QueueSummary,
    ReleasedLock,
    Stats,
    WorkerSummary,
)
from ._statements import Statements

T = TypeVar("T")


class AsyncClient:
    """Adds jobs and looks after them.

    `target` is a connection string, a psycopg pool, or a psycopg connection. On a connection every call runs inside
    the transaction that is open there, so a job exists if and only if the rest of that transaction does. With a
    connection string the client opens a pool of up to `max_pool_size` connections at its first call, and closes it.

    >>> async with AsyncClient("postgresql://localhost/app") as client:  # doctest: +SKIP
    ...     await client.add_job("send_email", {"to": "ada@example.com"})
    """

    def __init__(
        self,
        target: str | AsyncConnectionPool[Any] | psycopg.AsyncConnection[Any],
        *,
        schema: str = "graphile_worker",
        max_pool_size: int = 5,
    ) -> None:
        self.schema = schema
        self._statements = Statements(schema)
        self._connection = target if isinstance(target, psycopg.AsyncConnection) else None
        self._pool: AsyncConnectionPool[Any] | None = None
        self._owns_pool = isinstance(target, str)
        if isinstance(target, str):
            self._pool = AsyncConnectionPool(
                target,
                min_size=0,
                max_size=max_pool_size,
                open=False,
                check=AsyncConnectionPool.check_connection,
                kwargs={"application_name": "graphile-worker client"},
            )
        elif isinstance(target, AsyncConnectionPool):
            self._pool = target
        elif self._connection is None:
            raise TypeError(f"AsyncClient takes a connection string, pool or connection, not {type(target).__name__}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the pool that the client opened; a pool or connection of the caller's stays open."""
        if self._pool is not None and self._owns_pool:
            await self._pool.close()

    async def _run(self, call: calls.Call[T]) -> T:
        try:
            if self._connection is not None:
                return await self._run_on(self._connection, call)
            assert self._pool is not None
            if self._owns_pool:
                await self._pool.open()
            async with self._pool.connection() as connection:
                return await self._run_on(connection, call)
        except psycopg.Error as error:
            if translated := translate(error):
                raise translated from error
            raise

    async def _run_on(self, connection: psycopg.AsyncConnection[Any], call: calls.Call[T]) -> T:
        async with connection.cursor(row_factory=call.row_factory) as cursor:
            await cursor.execute(self._statements[call.statement], call.params)
            return call.result(await cursor.fetchall())

    async def add_job(
        self,
        identifier: str,
        payload: Any = None,
        *,
        queue_name: str | None = None,
        run_at: datetime | None = None,
        max_attempts: int | None = None,
        job_key: str | None = None,
        priority: int | None = None,
        flags: Iterable[str] | None = None,
        job_key_mode: JobKeyMode = "replace",
    ) -> JobRow:
        """Adds a job to be run once the transaction commits.

        `payload` is anything with a JSON form, `{}` when None. Jobs of one `queue_name` run one at a time. `run_at`:
        not before this instant, which has a time zone. `priority`: lower runs sooner. At most one job that can still
        be started has a `job_key`; `job_key_mode` says what happens when there is one already.
        Raises InvalidJob for a value out of bounds, PayloadError for one without a JSON form.

        >>> await client.add_job("send_email", {"to": "ada@example.com"}, job_key="welcome:ada")  # doctest: +SKIP
        """
        return await self._run(
            calls.add_job(
                identifier,
                payload,
                queue_name=queue_name,
                run_at=run_at,
                max_attempts=max_attempts,
                job_key=job_key,
                priority=priority,
                flags=flags,
                job_key_mode=job_key_mode,
            )
        )

    async def add_jobs(self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False) -> list[int]:
        """Adds many jobs in one call, all or none, and returns their ids in the order of the specs.

        Raises InvalidJob and PayloadError as `add_job` does.

        >>> await client.add_jobs(JobSpec(identifier="resize", payload={"n": n}) for n in range(3))  # doctest: +SKIP
        [1, 2, 3]
        """
        return await self._run(calls.add_jobs(specs, job_key_preserve_run_at=job_key_preserve_run_at))

    async def remove_job(self, job_key: str) -> JobRow | None:
        """Removes the job with this key; None when there is none. One that runs goes on but is not tried again."""
        return await self._run(calls.remove_job(job_key))

    async def complete_jobs(self, job_ids: Sequence[int]) -> list[JobRow]:
        """Declares jobs done: deletes and returns those that are not running."""
        return await self._run(calls.complete_jobs(job_ids))

    async def permanently_fail_jobs(self, job_ids: Sequence[int], error_message: str | None = None) -> list[JobRow]:
        """Declares jobs failed for good, and returns those that are not running."""
        return await self._run(calls.permanently_fail_jobs(job_ids, error_message))

    async def reschedule_jobs(
        self,
        job_ids: Sequence[int],
        *,
        run_at: datetime | None = None,
        priority: int | None = None,
        attempts: int | None = None,
        max_attempts: int | None = None,
    ) -> list[JobRow]:
        """Changes jobs that are not running, and returns them; None leaves a value as it is."""
        return await self._run(
            calls.reschedule_jobs(
                job_ids, run_at=run_at, priority=priority, attempts=attempts, max_attempts=max_attempts
            )
        )

    async def force_unlock_workers(self, worker_ids: Sequence[str]) -> None:
        """Frees every job and queue these workers hold; for workers known to be dead."""
        await self._run(calls.force_unlock_workers(worker_ids))

    async def release_expired_locks(self, max_age: timedelta = timedelta(hours=4)) -> list[ReleasedLock]:
        """Frees jobs and queues locked for longer than `max_age`, whoever holds them."""
        return await self._run(calls.release_expired_locks(max_age))

    async def cleanup(self, tasks: Sequence[str] | None = None, *, keep: Sequence[str] | None = None) -> dict[str, int]:
        """Runs cleanup tasks, all of them by default, and returns how many rows each removed.

        They are `delete_permanently_failed_jobs`, `gc_task_identifiers` (except those in `keep`), `gc_job_queues`.
        """
        return await self._run(calls.cleanup(tasks, keep))

    async def stats(self) -> Stats:
        """How the queue is doing. Reads the whole table."""
        return await self._run(calls.stats())

    async def list_jobs(
        self,
        *,
        state: JobState | str = "all",
        task: str | None = None,
        queue: str | None = None,
        search: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[JobSummary]:
        """Jobs, the newest first. Raises UnknownName for a task or queue that was never used.

        `search` looks for a text in key, task, queue, error, worker and payload, or for an id.
        """
        return await self._run(
            calls.list_jobs(state=state, task=task, queue=queue, search=search, limit=limit, offset=offset)
        )

    async def show_job(self, job_id: int) -> JobDetails | None:
        """Everything about one job; None when there is no such job: it may be done."""
        return await self._run(calls.show_job(job_id))

    async def list_queues(self) -> list[QueueSummary]:
        """Every named queue, the longest first. Reads the whole table."""
        return await self._run(calls.list_queues())

    async def list_workers(self, stale_threshold: timedelta = timedelta(minutes=5)) -> list[WorkerSummary]:
        """The workers that send heartbeats, the most recently heard first."""
        return await self._run(calls.list_workers(stale_threshold))

    async def list_locked_workers(self) -> list[LockedWorker]:
        """Who holds jobs and queues right now, the oldest lock first."""
        return await self._run(calls.list_locked_workers())
