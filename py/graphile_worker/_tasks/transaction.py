"""The transaction of a handler that completes its job: both are committed, or none."""

from __future__ import annotations

import asyncio
import time
from asyncio import _get_running_loop as running_loop
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from .._basis.backoff import Backoff
from .._basis.errors import GraphileWorkerError, JobLost, OutcomeUnknown
from .._basis.log import logger
from .._basis.own_tasks import begin
from .._basis.printable import first_line
from .._calls import publishing
from .._calls.job import Job
from .._client.async_client import AsyncClient
from .._client.client import Client
from .._wire.async_pinning import transaction as pinned
from .._wire.connections import cut, is_transient, was_rolled_back
from .lending import here, lent
from .run import Run

_ANSWER = 60.0
"""Seconds that a commit may take, and then the answer to the question what became of it."""


def transaction(context: Run) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
    """Begins the transaction of a run, where the caller is: see JobContext.transaction."""
    finish = Finish(context)
    begun = _transaction(finish, context)
    return here(begun, context._client, context._loop)  # type: ignore[no-any-return]  # noqa: SLF001


@asynccontextmanager
async def _transaction(finish: Finish, context: Run) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    client = context._client  # noqa: SLF001
    with finish:
        async with lent(client) as connection:
            is_ours = connection.info.transaction_status == TransactionStatus.IDLE
            block = pinned(connection)
            await block.__aenter__()
            try:
                yield connection
                _refuse_ended(connection, context.job)
                await finish.complete(AsyncClient(connection, schema=client.schema), is_ours=is_ours)
            except BaseException as error:
                # Rollback, of psycopg, goes no further.
                if not await block.__aexit__(type(error), error, error.__traceback__):
                    raise
                return

            async def commit() -> None:
                timer = asyncio.get_running_loop().call_later(_ANSWER, cut, connection)
                try:
                    await block.__aexit__(None, None, None)
                finally:
                    timer.cancel()

            await finish.commit(commit())


def _refuse_ended(connection: psycopg.AsyncConnection[Any], job: Job) -> None:
    if connection.info.transaction_status == TransactionStatus.IDLE:
        raise ended(job)


def ended(job: Job) -> GraphileWorkerError:
    """Makes the error for who has ended the transaction within its block."""
    return GraphileWorkerError(
        f"the transaction of job {job.id} was ended within its block",
        hint="It ends with the block, and the job with it: execute no commit and no rollback there",
    )


class Finish:
    """How the transaction of a run comes to its end, whoever has begun it. A context manager around all of it."""

    def __init__(self, context: Run) -> None:
        stage = context._stage  # noqa: SLF001
        job = context.job
        if stage == "batch":
            raise GraphileWorkerError(
                f"job {job.id} is a batch, which no transaction can complete: each of its items has its own outcome",
                hint="Return one result per item; or make the items jobs of a task that is no batch",
            )
        if stage == "open":
            raise GraphileWorkerError(
                f"the transaction of job {job.id} is under way, and another was begun",
                hint="Use the connection that the first one gives; a savepoint is connection.transaction()",
            )
        if stage == "done":
            raise GraphileWorkerError(
                f"job {job.id} is done, its transaction was committed, and another was begun",
                hint="Do all that belongs to the job in one transaction; context.connection() is for the rest",
            )
        self._context = context
        self._transaction_id: int | None = None

    def __enter__(self) -> None:
        context, holder = self._context, self._context._holder  # noqa: SLF001
        # Looked at once more: this may have been made earlier.
        Finish(context)
        context._stage = "open"  # noqa: SLF001
        if holder is not None:
            self._on_loop(holder.begin_finish, context.job)

    def __exit__(self, *_exc: object) -> None:
        context, holder = self._context, self._context._holder  # noqa: SLF001
        if not context.is_done:
            context._stage = None  # noqa: SLF001
        if holder is not None:
            is_done = context.is_done
            self._on_loop(lambda: holder.end_finish(context.job, is_done=is_done))

    def _on_loop(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls a function on the worker's event loop, and before all that comes after it there."""
        loop = self._context._loop  # noqa: SLF001
        if loop is None or running_loop() is loop:
            function(*arguments)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(function, *arguments)

    # On an event loop.

    async def complete(self, client: AsyncClient, *, is_ours: bool = True) -> None:
        """Completes the job in the transaction that `client` is in, which is `is_ours` to commit. Raises JobLost."""
        call = self._call(is_ours=is_ours)
        if call is None:
            return
        try:
            transaction_id = await client._run(call)  # noqa: SLF001
        except JobLost as error:
            raise self._lost(error.sqlstate) from error
        self._transaction_id = transaction_id if is_ours else None

    async def commit(self, commit: Coroutine[Any, Any, Any]) -> None:
        """Commits by awaiting `commit`, to its end, whoever cancels the caller meanwhile. Raises what that raises."""
        task = begin(self._commit(commit), "graphile_worker commit")
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as error:
                cancelled = error
        raised = task.exception()
        if cancelled is not None:
            raise cancelled from raised
        if raised is not None:
            raise raised

    async def _commit(self, commit: Coroutine[Any, Any, Any]) -> None:
        try:
            await commit
        except Exception as error:
            if not self._is_in_doubt(error) or not await self._came_through(error):
                raise
            self._set_done()
            if not any(_said(error)):
                # Of what somebody has hung on the commit.
                raise
        else:
            self._set_done()

    async def _came_through(self, error: Exception) -> bool:
        """Asks whether a commit whose answer was lost was carried out. Raises JobLost, OutcomeUnknown."""
        backoff, deadline = Backoff(), time.monotonic() + _ANSWER
        while True:
            try:
                if (outcome := self._judge(await self._context._client._run(self._question()))) is not None:  # noqa: SLF001
                    return outcome
                reason: Exception = error
            except psycopg.Error as failure:
                if not is_transient(failure):
                    raise
                reason = failure
            pause = backoff.next()
            if time.monotonic() + pause > deadline:
                raise self._unknown(reason) from error
            await asyncio.sleep(pause)

    # In a thread.

    def complete_plain(self, client: Client, *, is_ours: bool = True) -> None:
        """Completes the job as `complete` does, with a plain client."""
        call = self._call(is_ours=is_ours)
        if call is None:
            return
        try:
            transaction_id = client._run(call)  # noqa: SLF001
        except JobLost as error:
            raise self._lost(error.sqlstate) from error
        self._transaction_id = transaction_id if is_ours else None

    def commit_plain(self, commit: Callable[[], Any]) -> None:
        """Commits as `commit` does, by a plain function."""
        try:
            commit()
        except Exception as error:
            if not self._is_in_doubt(error) or not self._in_worker(self._came_through(error)):
                raise
            self._set_done()
            if not any(_said(error)):
                # Of what somebody has hung on the commit.
                raise
        else:
            self._set_done()

    def _in_worker(self, work: Coroutine[Any, Any, bool]) -> bool:
        from .far_client import FarClient

        return FarClient(self._context._client, self._context._loop)._finish(work)  # noqa: SLF001

    # What both have in common.

    def _call(self, *, is_ours: bool) -> Any:
        """Returns the call that completes the job; None for one that is in no queue, in run_task."""
        context = self._context
        if context._holder is None:  # noqa: SLF001
            return None
        return publishing.finish_job(context.worker_id, context.job.id, must_commit_soon=is_ours)

    def _question(self) -> Any:
        assert self._transaction_id is not None
        return publishing.show_finish(self._context.worker_id, self._context.job.id, self._transaction_id)

    def _is_in_doubt(self, error: Exception) -> bool:
        """Tells whether a commit that raised may have been carried out."""
        return self._transaction_id is not None and not any(map(was_rolled_back, _said(error)))

    def _set_done(self) -> None:
        self._context._stage = "done"  # noqa: SLF001

    def _judge(self, outcome: str) -> bool | None:
        job = self._context.job
        if outcome == "open":
            return None
        if outcome == "lost":
            raise self._lost(None)
        if outcome == "done":
            logger.info(
                "the connection was lost before the answer came: the transaction of job %d is committed", job.id
            )
        return outcome == "done"

    def _lost(self, sqlstate: str | None) -> JobLost:
        return JobLost(
            f"job {self._context.job.id} was taken from this worker, and its transaction was rolled back",
            hint="Nothing of it is done; whoever has the job now does it",
            sqlstate=sqlstate,
        )

    def _unknown(self, reason: Exception) -> OutcomeUnknown:
        job_id = self._context.job.id
        return OutcomeUnknown(
            f"whether the transaction of job {job_id} was committed is unknown: {first_line(reason)}",
            hint="If it was, the job is done and will not run again; if not, it is tried again like any that failed",
        )


@contextmanager
def finishing(context: Run) -> Iterator[Finish]:
    """Yields what completes a job in a transaction of somebody else's making."""
    finish = Finish(context)
    with finish:
        yield finish


def _said(error: Exception) -> list[psycopg.Error]:
    """Returns what psycopg has raised; other libraries wrap it."""
    return [each for each in (error, getattr(error, "orig", None), error.__cause__) if isinstance(each, psycopg.Error)]
