"""What a handler gets to know besides the payload."""

from __future__ import annotations

import asyncio
import logging
from asyncio import _get_running_loop as running_loop
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from .._basis.errors import JobCancelled
from .._calls.job import Job
from .._client.async_client import AsyncClient
from .home import client_here
from .run import Holder, Stage

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import psycopg

    from .._client.client import Client

logger = logging.getLogger("graphile_worker")


class JobContext:
    """What a handler gets when it takes a second argument.

    >>> @tasks.task  # doctest: +SKIP
    ... async def welcome(payload: dict, context: JobContext) -> None:
    ...     await context.client.add_job("send_email", {"to": payload["email"]})
    ...     context.logger.info("attempt %d", context.job.attempts)
    """

    __slots__ = ("_client", "_has_lent", "_holder", "_is_cancelled", "_loop", "_stage", "job", "state", "worker_id")

    job: Job
    worker_id: str
    state: Mapping[str, Any]
    """What the worker was given as `state`."""

    def __init__(
        self,
        job: Job,
        worker_id: str,
        client: AsyncClient,
        state: Mapping[str, Any] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
        holder: Holder | None = None,
    ) -> None:
        self.job = job
        self.worker_id = worker_id
        self.state = {} if state is None else state
        self._client = client
        self._is_cancelled = is_cancelled
        self._holder = holder
        self._stage: Stage = None
        self._has_lent = False
        """Whether the handler has asked for a connection."""
        self._loop: asyncio.AbstractEventLoop | None = running_loop()

    def __repr__(self) -> str:
        # State and client may hold secrets.
        return f"{type(self).__name__}(job={self.job!r}, worker_id={self.worker_id!r})"

    @property
    def client(self) -> AsyncClient:
        """Adds further jobs, on connections of the worker's own pool.

        On an event loop it is an AsyncClient. Where none runs, in a plain handler, it is a plain Client; annotate the
        parameter as ThreadContext to have that seen by a type checker. In a thread each of its calls raises
        JobCancelled once `is_cancelled`.
        """
        return client_here(self._client, self._loop, self.raise_if_cancelled)  # type: ignore[return-value]  # See ThreadContext.

    @property
    def schema(self) -> str:
        """The name of the queue's schema, as it is: quote it as an identifier in SQL of your own."""
        return self._client.schema

    @property
    def is_cancelled(self) -> bool:
        """Tells whether the job was interrupted, cancelled, or taken from this worker, or its time is up: nobody wants
        its outcome.

        An async handler is cancelled; one in a thread looks here now and then, and returns early.
        """
        holder, asked = self._holder, self._is_cancelled
        if holder is not None and holder.is_cut_off(self.job, is_done=self.is_done):
            return True
        return asked is not None and asked()

    @property
    def is_done(self) -> bool:
        """Tells whether `transaction` was committed: the job is done, whatever the handler does afterwards."""
        return self._stage == "done"

    def transaction(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Begins a transaction that completes the job when it is committed, at the end of the block: what the handler
        has written in it and the completion are committed together, or not at all.

        It gives a connection, of the worker's own or from the pool that it was given; in a plain handler it is
        `with context.transaction() as connection:`, and the connection a plain one. Jobs are added in it by
        `AsyncClient(connection)`. A run can commit one such transaction; one that was rolled back can be tried again.

        Raises JobLost when the job was taken from the worker, by a sweep perhaps: then everything is rolled back, and
        whoever has the job now does it. OutcomeUnknown when the connection was lost during the commit, and the database
        does not say within a minute what came of it; TimedOut when no connection is free; GraphileWorkerError in a
        batch task, whose items have an outcome each, in a transaction within the other, and after the job is done.

        >>> async with context.transaction() as connection:  # doctest: +SKIP
        ...     await connection.execute("update accounts set balance = balance - 10 where id = %s", [7])
        """
        # Whose handlers have no need of it load nothing of the module.
        from .transaction import transaction

        if running_loop() is None:
            # Nobody could interrupt it, and in the middle of a transaction it is not told.
            self.raise_if_cancelled()
        self._has_lent = True
        return transaction(self)

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Lends a connection for the time of the block, of the worker's own, in autocommit mode, or as the pool makes
        them that the worker was given; plain, `with context.connection()`, in a plain handler.

        What is done on it has nothing to do with the job; see `transaction`. At most `max_pool_size` are lent at a
        time: TimedOut when none gets free within a minute.

        >>> async with context.connection() as connection:  # doctest: +SKIP
        ...     await connection.execute("select 1")
        """
        from .lending import lend

        self._has_lent = True
        return lend(self._client, self._loop)  # type: ignore[no-any-return]

    def refuse_transactions(self) -> None:
        """Makes `transaction` refuse, for a batch: its items may have an outcome each."""
        self._stage = "batch"

    def raise_if_cancelled(self) -> None:
        """Raises JobCancelled once `is_cancelled`: for a thread that is deep in calls.

        >>> for row in rows:  # doctest: +SKIP
        ...     context.raise_if_cancelled()
        ...     load(row)
        """
        if self.is_cancelled:
            raise JobCancelled("the job was stopped: nobody wants its outcome any more")

    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose records carry the job's fields, unless the application gives its own to all records."""
        return _JobLogger(logger, {**self.job.log_fields(), "worker_id": self.worker_id})

    if not TYPE_CHECKING:
        # To a type checker a context has what it has.
        def __getattr__(self, name: str) -> Any:
            from .._basis.habits import OF_CONTEXTS, attribute_error

            raise attribute_error("JobContext", name, OF_CONTEXTS)


class _JobLogger(logging.LoggerAdapter[logging.Logger]):
    def log(self, level: int, msg: object, *args: object, **keywords: Any) -> None:
        # Where it was logged is a call further up.
        keywords["stacklevel"] = keywords.get("stacklevel", 1) + 1
        try:
            super().log(level, msg, *args, **keywords)
        except KeyError:
            # A LogRecord factory of the application's has set fields of these names.
            self.logger.log(level, msg, *args, **keywords)


if TYPE_CHECKING:

    class ThreadContext(JobContext):
        """The JobContext of a plain handler, whose `client` is plain: an annotation for type checkers.

        >>> @tasks.task  # doctest: +SKIP
        ... def welcome(payload: dict, context: ThreadContext) -> None:
        ...     context.client.add_job("send_email", {"to": payload["email"]})
        """

        @property
        def client(self) -> Client:  # type: ignore[override]
            """Adds further jobs, on connections of the worker's own pool."""

        def transaction(self) -> AbstractContextManager[psycopg.Connection[Any]]:  # type: ignore[override]
            """Begins a transaction that completes the job when it is committed."""

        def connection(self) -> AbstractContextManager[psycopg.Connection[Any]]:  # type: ignore[override]
            """Lends a connection for the time of the block."""

else:
    ThreadContext = JobContext
