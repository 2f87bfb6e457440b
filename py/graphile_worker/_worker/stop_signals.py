"""The signals that ask a worker to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .._basis.log import logger

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


@contextmanager
def stopped_by_signals(stop: Callable[..., None]) -> Iterator[None]:
    """Calls `stop` with `reason`, at the second signal with `now`, too."""
    loop = asyncio.get_running_loop()
    received = 0

    def receive(number: signal.Signals) -> None:
        nonlocal received
        received += 1
        logger.info("%s received, stopping%s", number.name, "" if received == 1 else " at once")
        stop(now=received > 1, reason="signal")

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, receive, number)
    try:
        yield
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
