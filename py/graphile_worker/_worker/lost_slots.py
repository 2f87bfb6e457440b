"""Slots whose thread goes on though its job was stopped: they take no other job until it ends."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .._basis.error_text import summary_of
from .._basis.log import logger
from .._basis.own_tasks import must_end, shake_off
from .._basis.printable import first_line
from .._calls.job import Job
from .._tasks.elsewhere import Raised
from .held_jobs import HeldJobs
from .work_signal import WorkSignal


async def outlast(
    held: HeldJobs, work: WorkSignal, runner: asyncio.Task[None], job: Job, thread: asyncio.Future[Any]
) -> None:
    """Waits until the thread of a job has come to its end, and frees the slot of the `runner`, the current task.

    The job has had its end: nothing of what the thread comes to is handed in. Heartbeats tell how many slots are lost.
    """
    began = time.monotonic()
    logger.warning(
        "the thread of job %d (%s) goes on though the job was stopped; its slot is lost until it ends",
        *(job.id, job.task_identifier),
        extra=job.log_fields(),
    )
    # So that the next heartbeat comes, and tells, at once.
    held.alarm.ring()
    while not thread.done():
        try:
            await asyncio.wait({thread})
        except asyncio.CancelledError as error:
            if must_end(error):
                raise
            await shake_off(runner)
    del held.lost_slots[runner]
    logger.warning(
        "the thread of job %d (%s), which was stopped, has ended %.1f s later, and its slot is back; %s",
        *(job.id, job.task_identifier, time.monotonic() - began, _what_came_of(thread)),
        extra=job.log_fields(),
    )
    held.alarm.ring()
    work.ask()


def _what_came_of(thread: asyncio.Future[Any]) -> str:
    result = thread.result()
    if isinstance(result, Raised):
        return f"it raised {first_line(summary_of(result.error))}"
    return "it came to a good end, of which nothing was recorded"
