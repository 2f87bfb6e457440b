"""Runs one claimed job: payload, handler, outcome."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ._errors import PayloadError
from ._job import Job, JobContext, logger
from ._tasks import Task

_LONGEST_MESSAGE = 20_000


async def run_job(
    task: Task[..., Any], job: Job, context: JobContext | None, threads: ThreadPoolExecutor
) -> str | None:
    """Runs the handler; returns None when the job is done, the error message when it failed.

    Only a cancellation passes through: the caller knows whether it is a shutdown.
    """
    started = time.monotonic()
    error: BaseException | None = None
    try:
        arguments = task.arguments(job.payload_json, context)
        if task.is_async:
            await task.handler(*arguments)
        else:
            error = await _in_thread(threads, task.handler, arguments)
    # SystemExit, too: a handler that exits has failed, the worker goes on.
    except (Exception, SystemExit) as raised:
        error = raised
    if error is not None:
        message = _message(error)
        logger.error(
            "job %d (%s) failed, attempt %d of %d: %s",
            job.id,
            job.task_identifier,
            job.attempts,
            job.max_attempts,
            message.partition("\n")[0],
            extra=job.log_fields(),
        )
        return message
    if logger.isEnabledFor(logging.DEBUG):
        milliseconds = (time.monotonic() - started) * 1000
        logger.debug("job %d (%s) done in %.0f ms", job.id, job.task_identifier, milliseconds, extra=job.log_fields())
    return None


async def _in_thread(
    threads: ThreadPoolExecutor, handler: Callable[..., Any], arguments: tuple[Any, ...]
) -> BaseException | None:
    """What the handler raised, as a value: neither a future nor a coroutine can carry StopIteration."""
    run = contextvars.copy_context().run

    def call() -> BaseException | None:
        try:
            run(handler, *arguments)
        except (Exception, SystemExit) as error:
            return error
        return None

    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _message(error: BaseException) -> str:
    """What an operator reads in last_error: the error in one line, then where it came from."""
    summary = traceback.format_exception_only(error)[-1].rpartition(f"{type(error).__module__}.")[2].strip()
    if isinstance(error, PayloadError):
        text = summary
    else:
        # The frames of this module say nothing about the task.
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_globals.get("__name__") == __name__:
            frames = frames.tb_next
        text = f"{summary}\n\n{''.join(traceback.format_exception(type(error), error, frames))}"
    # PostgreSQL's text has no NUL.
    return text.strip().replace("\0", "\\0")[:_LONGEST_MESSAGE]
