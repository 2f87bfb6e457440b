"""Runs one claimed job: payload, handler, outcome."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from .._basis.error_text import describe, summary_of
from .._basis.errors import PayloadError
from .._basis.log import logger
from .._basis.own_tasks import must_end, shake_off
from .._basis.printable import LONGEST_TEXT, first_line, text_of
from .._calls.job import Job
from .._hooks import events
from .._hooks.endings import Ending, GiveUp, Retry, Snooze
from .._hooks.hooks import Hooks
from .._tasks.context import JobContext
from .._tasks.errors import BatchPartlyFailed, RaisedElsewhere, TaskProcessError
from .._tasks.executors import Places
from .._tasks.results import ResultError, settled
from .._tasks.run import Stopper
from .._tasks.task import Task
from .outcomes import Failure, Snoozed
from .round import Answer
from .shutdown import Shutdown

_OUR_FRAMES = (
    __name__,
    *(f"graphile_worker._tasks.{name}" for name in ("executors", "middleware", "results", "threads")),
)


async def run_job(
    task: Task[Any],
    job: Job,
    context: JobContext | None,
    places: Places,
    hooks: Hooks,
    worker_id: str,
    runner: asyncio.Task[None],
    shutdown: Shutdown,
    decide: Callable[[Job, BaseException], Ending | None],
    stopper: Stopper,
) -> Failure | Snoozed | None:
    """Runs the handler, and the hooks around it; returns None when the job is done, else what it failed with, or until
    when it was put off. Of an exception that is no decision `decide` says what becomes of the job. The `stopper` hears
    when the handler has ended, unless there are no hooks to be told what it came to.

    Only a cancellation of the `runner`, the current task, passes through, by the worker or in the course of its end;
    one of anybody else's, the handler's own, is a failure like any other.
    """
    if hooks.tells_of_runs:
        if hooks.wants(events.BeforeJobRun):
            decision = await hooks.decide(events.BeforeJobRun(worker_id=worker_id, job=job))
            if isinstance(decision, events.Skip):
                return None
            if isinstance(decision, events.Fail):
                return _failure(job, text_of(decision.reason))
            if isinstance(decision, Ending):
                return _ended(job, decision, str(decision))
        if hooks.wants(events.JobStart):
            await hooks.emit(events.JobStart(worker_id=worker_id, job=job))
        if runner.cancelling():
            # A hook has cancelled the runner.
            await shake_off(runner)

    started = time.monotonic()
    error: BaseException | None = None
    try:
        arguments = task.arguments(job.payload_json, context)
        if task.middleware is not None:
            result = await task.middleware.run(task, job, arguments, places)
        else:
            result = await (task.call(*arguments) if task.run_in == "loop" else places.run(task, arguments))
            if result is not None:
                result = await settled(result)
        if task.is_batch:
            task.settle(job.payload_json, result)
    # A stranger's code may raise anything. One that exits or panics has failed, the worker goes on.
    except BaseException as raised:
        if must_end(raised) or (issubclass(type(raised), asyncio.CancelledError) and shutdown.is_near):
            if context is not None and context.is_done:
                duration = timedelta(seconds=time.monotonic() - started)
                await hooks.emit(events.JobComplete(worker_id=worker_id, job=job, duration=duration))
            raise
        error = raised
    if runner.cancelling():
        # Cancelled by the handler itself, or for its sake: that ends with the handler.
        await shake_off(runner)
    if hooks.tells_of_runs:
        stopper.end_handler(runner)
    is_done = context is not None and context.is_done
    if is_done and error is not None:
        _too_late(job, f"what its handler did afterwards came to {summary_of(error)}")
        error = None
    # Not isinstance, here and below, which asks an error itself when its type says no.
    ending = cast("Ending | None", error if issubclass(type(error), Ending) else None)
    if error is not None and ending is None:
        ending = decide(job, error)
    message = None if error is None or (ending and not ending.is_failure) else _message(error)

    if hooks.tells_of_runs or logger.isEnabledFor(logging.DEBUG):
        duration = timedelta(seconds=time.monotonic() - started)
        decision = await hooks.decide(
            events.AfterJobRun(worker_id=worker_id, job=job, error=message, duration=duration, exception=error)
        )
        if isinstance(decision, events.Skip):
            message = ending = None
        elif isinstance(decision, events.Fail):
            message, ending = text_of(decision.reason), None
        elif isinstance(decision, Ending):
            message, ending = str(decision) if decision.is_failure else None, decision
        if is_done and (ending is not None or message is not None):
            _too_late(job, f"what a hook has decided, {decision}, does not count")
            message = ending = None
        if message is None and not isinstance(ending, Snooze):
            await hooks.emit(events.JobComplete(worker_id=worker_id, job=job, duration=duration))
            milliseconds = duration.total_seconds() * 1000
            logger.debug(
                "job %d (%s) done in %.0f ms", job.id, job.task_identifier, milliseconds, extra=job.log_fields()
            )
    if error is not None and context is not None and context._has_lent:  # noqa: SLF001
        # Whose handlers ask for no connections load nothing of the module.
        from .._tasks.lending import let_go

        let_go(error)
    kept = error.replacement_payload if type(error) is BatchPartlyFailed else None
    if ending:
        return _ended(job, ending, message or str(ending), kept)
    return None if message is None else _failure(job, message, kept)


async def tell_failures(hooks: Hooks, worker_id: str, failures: list[Failure], answer: Answer) -> None:
    """Tells the hooks what the database has recorded."""
    for failure in failures:
        if failure.job.id in answer.gone or failure.job.id in answer.refused:
            continue
        await tell_failure(hooks, worker_id, failure, will_retry=failure.job.id not in answer.failed_for_good)


async def tell_failure(hooks: Hooks, worker_id: str, failure: Failure, *, will_retry: bool) -> None:
    """Tells the hooks of one failure."""
    job, error, timed_out = failure.job, failure.message, failure.timed_out
    if hooks.wants(events.JobFail):
        await hooks.emit(
            events.JobFail(worker_id=worker_id, job=job, error=error, will_retry=will_retry, timed_out=timed_out)
        )
    if not will_retry and hooks.wants(events.JobPermanentlyFail):
        await hooks.emit(events.JobPermanentlyFail(worker_id=worker_id, job=job, error=error, timed_out=timed_out))


def _too_late(job: Job, what: str) -> None:
    """Logs what can't change a job any more that its own transaction has completed."""
    logger.warning(
        "job %d (%s) is done, its transaction was committed; %s",
        *(job.id, job.task_identifier, first_line(what)),
        extra=job.log_fields(),
    )


def _ended(job: Job, ending: Ending, message: str, replacement_payload: str | None = None) -> Failure | Snoozed | None:
    """Returns what becomes of a job by the word of its handler, or of a hook."""
    if isinstance(ending, (Retry, GiveUp)):
        delay = ending.delay if isinstance(ending, Retry) else None
        failure = _failure(job, message, replacement_payload)
        return replace(failure, retry_in=delay, is_given_up=isinstance(ending, GiveUp))
    logger.info("job %d (%s): %s", job.id, job.task_identifier, first_line(message), extra=job.log_fields())
    if isinstance(ending, Snooze):
        return Snoozed(job, time.monotonic(), ending.delay, ending.until)
    return None


def timed_out(
    job: Job, limit: timedelta, result: Failure | Snoozed | None, *, was_cut_off: bool
) -> Failure | Snoozed | None:
    """Returns what became of a job whose time was up: a failure, unless its handler came to a good end all the same."""
    if result is None and not was_cut_off:
        return None
    message = f"Timed out after {limit}, the time-out of its task's policy"
    if isinstance(result, Failure):
        return replace(result, message=f"{message}\n{result.message}"[:LONGEST_TEXT], timed_out=True)
    return result or replace(_failure(job, message), timed_out=True)


def _failure(job: Job, message: str, replacement_payload: str | None = None) -> Failure:
    # Escapes what no database and no log can hold.
    message = message[:LONGEST_TEXT].replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    logger.error(
        "job %d (%s) failed, attempt %d of %d: %s",
        *(job.id, job.task_identifier, job.attempts, job.max_attempts, first_line(message)),
        extra=job.log_fields(),
    )
    return Failure(job, message[:LONGEST_TEXT], time.monotonic(), replacement_payload)


def _message(error: BaseException) -> str:
    """Returns what an operator reads in last_error: the error in one line, then where it came from."""
    if type(error) is RaisedElsewhere:
        return str(error)
    if issubclass(type(error), Ending):
        cause = error.__cause__
        return str(error) if cause is None else f"{error}\n{describe(cause, without=_OUR_FRAMES)}"
    if issubclass(type(error), (PayloadError, BatchPartlyFailed, ResultError, TaskProcessError)):
        return summary_of(error)
    # Our own frames say nothing about the task.
    return describe(error, without=_OUR_FRAMES)
