"""The asyncio client: adds jobs and looks after them.

`client.py` is generated from this file by tools/generate_client.py; change this one and run `make format`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import psycopg
from msgspec.structs import astuple
from psycopg_pool import AsyncConnectionPool

from .._basis.arguments import integer, of
from .._basis.errors import GraphileWorkerError, JobNotAdded, require, translate
from .._basis.log import logger
from .._calls import adding
from .._calls.call import Call
from .._calls.rows import JobKeyMode, JobRow, JobSpec
from .._calls.statements import Statements
from .._hooks.decisions import BeforeJobSchedule
from .._hooks.hooks import Hooks
from .._wire.client_adapters import CLIENT
from .._wire.cursors import AsyncCursor
from .async_pool import AsyncClientPool
from .async_schedules import AsyncSchedules
from .interception import intercepted

if TYPE_CHECKING:
    from .._calls.options import AddOptions
    from .._calls.unique import Unique, UniqueJob
    from .._tasks.task import Task

T = TypeVar("T")
# Jobs added in one call from which on the statistics of the table are looked at.
_MANY = 10_000
GetConnection = Callable[[], Awaitable[psycopg.AsyncConnection[Any]]]


@asynccontextmanager
async def _asked(get_connection: GetConnection) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    yield await get_connection()


class AsyncClient(AsyncSchedules):
    """Adds jobs and looks after them.

    `target` is a connection string, a psycopg pool, or a psycopg connection. On a connection every call runs inside
    the transaction that is open there, so a job exists if and only if the rest of that transaction does. With a
    connection string the client opens a pool of up to `max_pool_size` connections at its first call, and closes it. A
    function that returns a connection is asked at every call.

    `timeout` is how long a call on a connection of its own may take, None for ever: then it is cancelled, and TimedOut
    raised, or OutcomeUnknown when jobs were being added and the server says nothing. A connection that can't be opened
    is a psycopg.OperationalError, at once or after the `connect_timeout` of the connection string, 10 s by default.
    After a fork the child opens connections of its own. Connections and pools of the caller's are the caller's to limit
    and to open anew.

    `hooks` have a say in what is added (BeforeJobSchedule), and are told `worker_id`. `prepare_statements` is off for a
    connection pooler that does not know them.

    >>> async with AsyncClient("postgresql://localhost/app") as client:  # doctest: +SKIP
    ...     await client.add_job("send_email", {"to": "ada@example.com"})
    """

    _adapters = CLIENT

    def __init__(
        self,
        target: str | AsyncConnectionPool[Any] | psycopg.AsyncConnection[Any] | GetConnection,
        *,
        schema: str = "graphile_worker",
        max_pool_size: int = 5,
        prepare_statements: bool = True,
        timeout: timedelta | None = timedelta(seconds=60),
        hooks: Hooks | None = None,
        worker_id: str = "",
    ) -> None:
        self.schema = schema
        self._hooks = Hooks() if hooks is None else of(Hooks)(hooks, "hooks")
        max_pool_size = integer(max_pool_size, "max_pool_size")
        require(max_pool_size >= 1, "max_pool_size", max_pool_size, "1 or more")
        self.worker_id = worker_id
        # None leaves it to psycopg, which prepares what is sent again and again.
        self._prepare = None if prepare_statements else False
        self._statements = Statements(schema)
        self._own_pool: AsyncClientPool | None = None
        self._borrow: Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]]
        self._max_loans: int | None = None
        """How many connections of a pool may be lent at a time, so that some are left for calls."""
        # Not in a transaction of the caller's, which would keep what that locks.
        self._analyzes = isinstance(target, (str, AsyncConnectionPool))
        if isinstance(target, str):
            self._own_pool = AsyncClientPool(
                target,
                max_size=max_pool_size,
                prepare_statements=prepare_statements,
                timeout=timeout,
                # A worker's own: for the sake of a restart of the server no handler is to fail that adds a job.
                is_patient=bool(worker_id),
            )
        elif isinstance(target, AsyncConnectionPool):
            self._borrow = target.connection
        elif isinstance(target, psycopg.AsyncConnection):
            lent = nullcontext(target)
            self._borrow = lambda: lent
        elif callable(target):
            self._borrow = partial(_asked, target)
        else:
            raise TypeError(f"AsyncClient takes a connection string, pool or connection, not {type(target).__name__}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the pool that the client opened; a pool or connection of the caller's stays open."""
        if self._own_pool is not None:
            await self._own_pool.close()

    async def _run(self, call: Call[T]) -> T:
        try:
            if self._own_pool is not None:
                return await self._own_pool.run(self._statements[call.statement], call)
            async with self._borrow() as connection:
                cursor = AsyncCursor(connection, self._adapters, row_factory=call.row_factory)
                await cursor.execute(self._statements[call.statement], call.params, prepare=self._prepare)
                return call.result(await cursor.fetchall())
        except psycopg.Error as error:
            if translated := translate(error):
                raise translated from error
            raise

    async def _intercept(self, spec: JobSpec, job_key_mode: JobKeyMode, unique: Unique | None) -> JobSpec | None:
        """Returns a job that is to be added as the hooks want it; None when one skips it."""
        event = BeforeJobSchedule(worker_id=self.worker_id, spec=spec, job_key_mode=job_key_mode, unique=unique)
        return intercepted(await self._hooks.decided(event), spec.identifier)

    async def add_job(
        self,
        identifier: str | Task[T],
        payload: T | None = None,
        *,
        queue_name: str | None = None,
        run_at: datetime | None = None,
        delay: timedelta | None = None,
        max_attempts: int | None = None,
        job_key: str | None = None,
        priority: int | None = None,
        flags: Iterable[str] | None = None,
        job_key_mode: JobKeyMode = "replace",
        unique: Unique | None = None,
    ) -> JobRow:
        """Adds a job to be run once the transaction commits.

        `identifier` is the task's, or the task itself: then the payload is checked against its type, and what is None
        here is what the task says. `payload` is anything with a JSON form, `{}` when None. Jobs of one `queue_name` run
        one at a time. `run_at`: not before this instant, which has a time zone; `delay` instead: not before so long
        after the server's now, the begin of the transaction, 0 to 10 years. `priority`: lower runs sooner. At most one
        job that can still be started has a `job_key`; `job_key_mode` says what happens when there is one already. A
        `unique` job is not added while there is one like it: the answer is that one, its `is_new` False.
        Raises InvalidJob for a value out of bounds and when a hook says Fail, PayloadError for a payload without a JSON
        form, JobNotAdded when a hook says Skip.

        >>> await client.add_job("send_email", {"to": "ada@example.com"}, job_key="welcome:ada")  # doctest: +SKIP
        """
        if not isinstance(identifier, str):
            given = {
                "queue_name": queue_name,
                "run_at": run_at,
                "delay": delay,
                "max_attempts": max_attempts,
                "job_key": job_key,
                "priority": priority,
                "flags": flags,
                "job_key_mode": job_key_mode,
                "unique": unique,
            }
            name, payload, options = adding.of_task(identifier, payload, given)
            return await self.add_job(name, payload, **options)
        name = identifier
        if self._hooks.wants(BeforeJobSchedule):
            wanted = JobSpec(
                identifier=identifier,
                payload=payload,
                queue_name=queue_name,
                run_at=run_at,
                max_attempts=max_attempts,
                job_key=job_key,
                priority=priority,
                # Who looks is not to use it up.
                flags=list(flags) if isinstance(flags, Iterator) else flags,  # type: ignore[arg-type]
                delay=delay,
            )
            spec = await self._intercept(wanted, job_key_mode, unique)
            if spec is None:
                raise JobNotAdded(f"a hook has skipped the {identifier!r} job")
            name, payload, queue_name, run_at, max_attempts, job_key, priority, flags, delay = astuple(spec)
        call = adding.add_job(
            name,
            payload,
            queue_name=queue_name,
            run_at=run_at,
            max_attempts=max_attempts,
            job_key=job_key,
            priority=priority,
            flags=flags,
            job_key_mode=job_key_mode,
        )
        if unique is not None:
            from .._calls.unique import unique_job

            call = unique_job(call, unique)
        if delay is not None:
            call = adding.delayed(call, delay)
        return await self._run(call)

    async def add_batch_job(
        self, identifier: str | Task[list[T]] | Task[Sequence[T]], items: Iterable[T], **options: Unpack[AddOptions]
    ) -> JobRow:
        """Adds a job of a batch task, whose payload is the list of `items`; the options are those of `add_job`.

        While a job with the same `job_key` waits, its items and these become one batch.

        >>> await client.add_batch_job("index_documents", [7, 8], job_key="index")  # doctest: +SKIP
        """
        task: str | Task[Any] = identifier
        return await self.add_job(task, adding.batch(items), **options)

    async def add_jobs(self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False) -> list[int]:
        """Adds many jobs in one call, all or none, and returns their ids in the order of the specs.

        A job that a hook skips is left out, and its id with it. Raises InvalidJob and PayloadError as `add_job` does.

        >>> await client.add_jobs(JobSpec(identifier="resize", payload={"n": n}) for n in range(3))  # doctest: +SKIP
        [1, 2, 3]
        """
        mode: JobKeyMode = "preserve_run_at" if job_key_preserve_run_at else "replace"
        return await self._add_all(await self._intercept_all(specs, mode), job_key_preserve_run_at)

    async def add_unique_jobs(self, specs: Iterable[JobSpec], unique: Unique) -> list[UniqueJob]:
        """Adds those of many jobs that are unique, all or none, and returns the one there is for each spec, in order.

        `unique` is as in `add_job`, without a `key`; of specs that are the same one is added. A job that a hook skips
        is left out. Raises InvalidJob and PayloadError as `add_job` does.

        >>> specs = [JobSpec(identifier="sync", payload={"user": user}) for user in (1, 2)]
        >>> await client.add_unique_jobs(specs, Unique(by=["user"]))  # doctest: +SKIP
        [UniqueJob(id=1, is_new=True), UniqueJob(id=2, is_new=True)]
        """
        from .._calls.unique import unique_jobs

        specs = await self._intercept_all(specs, "replace", unique)
        return await self._run(unique_jobs(specs, unique)) if specs else []

    async def _intercept_all(
        self, specs: Iterable[JobSpec], job_key_mode: JobKeyMode, unique: Unique | None = None
    ) -> list[JobSpec]:
        found = adding.specs_of(specs)
        if self._hooks.wants(BeforeJobSchedule):
            decided = [await self._intercept(spec, job_key_mode, unique) for spec in found]
            found = [spec for spec in decided if spec is not None]
        return found

    async def _add_all(self, specs: Sequence[JobSpec], job_key_preserve_run_at: bool) -> list[int]:
        if not specs:
            return []
        ids = await self._run(adding.add_jobs(specs, job_key_preserve_run_at=job_key_preserve_run_at))
        if len(ids) >= _MANY and self._analyzes:
            try:
                await self._run(adding.analyze_jobs(len(ids)))
            except (psycopg.Error, GraphileWorkerError) as error:
                logger.warning("%s jobs were added, but their table could not be analyzed: %s", len(ids), error)
        return ids

    async def analyze_jobs(self, added_jobs: int) -> bool:
        """Analyzes the table of jobs when its statistics know of fewer jobs than were added; tells whether it was done.

        `add_jobs` does it by itself for 10,000 jobs and more. This is for those who add many in smaller calls.
        """
        return await self._run(adding.analyze_jobs(added_jobs))
