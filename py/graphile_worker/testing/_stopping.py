"""Stops a handler in a test as a worker does: when its time is up, or when somebody has cancelled its job."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from .._tasks.executors import Places

_LOOK_AGAIN = 0.05
"""Seconds between two looks whether a handler that was told in its thread goes on where it can be interrupted."""


class Stopping:
    """A block in which the current task runs a handler, which `stop` stops; a thread is only told.

    `was_cut_off` says afterwards that it has not come to an end of its own. A cancellation by anybody else goes on.
    """

    def __init__(self, places: Places, limit: timedelta | None) -> None:
        """Takes where handlers run, and how long this one may; None for as long as it does."""
        self.reason: str | None = None
        """Why it was stopped: cancelled, or timeout."""
        self.was_cut_off = False
        self._places = places
        self._has_cancelled = False
        self._limit = limit
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False

    def is_stopped(self) -> bool:
        """Tells the handler, in any thread, that nobody wants what it comes to."""
        return self.reason is not None

    def stop(self, reason: str) -> None:
        """Stops the handler, unless it is stopped already."""
        if self.reason is None and not self._is_over:
            self.reason = reason
            self._cut_off()

    def end_handler(self, runner: asyncio.Task[Any]) -> None:  # noqa: ARG002  # It is the only one.
        """Hears that the handler has ended: what hooks do about it is not cut off."""
        self._is_over = True

    def _cut_off(self) -> None:
        if self._is_over:
            return
        if self._places.is_in_thread(self._runner):
            self._runner.get_loop().call_later(_LOOK_AGAIN, self._cut_off)
        else:
            self._has_cancelled = self._runner.cancel()

    async def __aenter__(self) -> Self:
        runner = asyncio.current_task()
        assert runner is not None
        self._runner = runner
        self._cancelling = runner.cancelling()
        if self._limit is not None:
            self._timer = runner.get_loop().call_later(self._limit.total_seconds(), self.stop, "timeout")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        if not self._has_cancelled:
            return False
        # As `asyncio.timeout` does.
        is_ours = self._runner.uncancel() <= self._cancelling
        self.was_cut_off = is_ours and kind is not None and issubclass(kind, asyncio.CancelledError)
        return self.was_cut_off
