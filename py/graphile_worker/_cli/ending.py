"""The end of `run`: of the process, too, whatever handlers have left in it."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, NoReturn

from .._hooks.events import WorkerShutdown
from .._worker.worker import Worker
from .failure import FAILED, Failure
from .text import count

QUIET = 1.0
"""Seconds that threads have to end in before something is said."""


def run_to_the_end(worker: Worker, run: Coroutine[Any, Any, None]) -> str | None:
    """Runs a worker on an event loop of its own, to the end of the process; returns why it has stopped."""
    try:
        return asyncio.run(to_the_end(worker, run))
    except asyncio.CancelledError:
        # Not by Ctrl-C, of which asyncio makes KeyboardInterrupt.
        raise Failure("something in this process has cancelled the worker, and it has stopped") from None


async def to_the_end(worker: Worker, run: Coroutine[Any, Any, None]) -> str | None:
    """Runs a worker, and has the process end with it, whatever of its handlers is left; returns why it has stopped.

    Python would wait for handlers that swallow their interruption, and for threads, for ever. The job of a handler that
    was interrupted is due again after a while, elsewhere: until then a thread may come to its end.
    """
    reasons: list[str] = []
    worker.hooks.on(WorkerShutdown)(lambda event: reasons.append(event.reason))
    before = set(threading.enumerate())
    try:
        await run
    finally:
        # One that ran to its end has interrupted nobody.
        if reasons and reasons != ["finished"]:
            arguments = (worker.options.interrupted_job_retry_delay, before)
            threading.Thread(target=_outlive, args=arguments, name="graphile_worker end", daemon=True).start()
    if worker.left_running:
        _end_without(f"{count(worker.left_running, 'handler')} could not be interrupted")
    return reasons[0] if reasons else None


def _outlive(delay: timedelta, before: set[threading.Thread]) -> None:
    """Waits for threads that were not there before, and ends the process if they don't; in one that keeps nobody."""
    time.sleep(QUIET)
    seconds = max(delay.total_seconds() - QUIET, 0)
    if names := _names(before):
        sys.stderr.write(f"warning: threads still run: {names}; the process ends with them, or in {seconds:.0f} s\n")
        time.sleep(seconds)
    if names := _names(before):
        _end_without(f"threads still run: {names}")


def _names(before: set[threading.Thread]) -> str:
    names = sorted(each.name for each in threading.enumerate() if not each.daemon and each not in before)
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _end_without(what: str) -> NoReturn:
    sys.stderr.write(f"{Failure(f'{what}, the process ends without them').report()}\n")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(FAILED)
