"""The signals that ask a worker to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from .._basis.log import logger, tell_apart

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)
_SLACK = 2.0
"""Seconds that a handler may block the event loop after the grace period, or a second signal, before the end."""


@contextmanager
def stopped_by_signals(stop: Callable[..., None], announce: Callable[[], None], grace: float) -> Iterator[None]:
    """Calls `stop` with `reason`, at the second signal with `now`, too; and `announce` at once, on a blocked loop, too.

    Where a handler blocks the event loop for longer than the `grace` period, in seconds, the process ends all the same.
    """
    loop = asyncio.get_running_loop()
    received = 0
    backstop = _Backstop(loop, announce, grace)

    def receive(number: signal.Signals) -> None:
        nonlocal received
        received += 1
        logger.info("%s received, stopping%s", number.name, "" if received == 1 else " at once")
        stop(now=received > 1, reason="signal")

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, receive, number)
        # Beside it: the loop hears through a pipe, once it goes on.
        signal.signal(number, backstop.receive)
    try:
        yield
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
        backstop.has_ended.set()


class _Backstop:
    """Ends the process that was told to stop while its event loop is blocked and can't hear of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, announce: Callable[[], None], grace: float) -> None:
        self._loop = loop
        self._announce = announce
        self._patience = grace + _SLACK
        self._received = 0
        self.has_ended = threading.Event()
        """Whether the worker has come to its end."""

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Hears of a signal, between two steps of whatever the main thread does."""
        self._received += 1
        self._announce()
        if self._received == 1:
            threading.Thread(target=self._watch, args=(number,), name="graphile_worker stop", daemon=True).start()
        else:
            self._patience = _SLACK

    def _watch(self, number: int) -> None:
        while not self.has_ended.is_set():
            answer = threading.Event()
            with suppress(RuntimeError):  # The loop is closed: the worker's end is near.
                self._loop.call_soon_threadsafe(answer.set)
            asked_at = time.monotonic()
            while not answer.wait(0.1):
                if time.monotonic() - asked_at > self._patience:
                    self._end(signal.Signals(number))
            self.has_ended.wait(0.5)

    def _end(self, number: signal.Signals) -> None:
        message = "the event loop is blocked and can't hear of %s: the process ends, its jobs are left to recovery"
        tell_apart(1.0, logger.error, message, number.name)
        os._exit(128 + number)
