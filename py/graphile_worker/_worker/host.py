"""What the program around a worker has to do with its end: an awaitable of its own, and the body of `async with`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from .._basis.error_text import describe
from .._basis.log import logger
from .shutdown import Shutdown


@contextmanager
def stopped_by_host(
    stop: Callable[..., None],
    shutdown: Shutdown,
    awaitable: Awaitable[object] | None,
    body: Body | None,
    grace: float | None,
) -> Iterator[None]:
    """Calls `stop` when the `awaitable` is done; and at a signal, which ends the `body`, too, if there is a `grace`
    period, in seconds.
    """

    def hear_signal(*, now: bool, reason: str) -> None:
        stop(now=now, reason=reason)
        if body is not None:
            body.interrupt()

    with ExitStack() as ends:
        if grace is not None:
            from .stop_signals import stopped_by_signals

            ends.enter_context(stopped_by_signals(hear_signal, shutdown.announce, grace))
        if awaitable is not None:
            ends.enter_context(_stopped_by(awaitable, stop))
        yield


@contextmanager
def _stopped_by(shutdown: Awaitable[object], stop: Callable[..., None]) -> Iterator[None]:
    """Calls `stop` with `reason` once the host's awaitable is done, or was cancelled. Raises at the end what it raised.

    A Future or Task stays the host's, and is not cancelled when the worker ends before.
    """
    future = asyncio.ensure_future(shutdown)

    def hear(ended: asyncio.Future[Any]) -> None:
        if not ended.cancelled() and (error := ended.exception()) is not None:
            logger.error("what was given as shutdown has raised, stopping: %s", describe(error))
        stop(reason="shutdown")

    future.add_done_callback(hear)
    try:
        yield
    finally:
        future.remove_done_callback(hear)
        if future is not shutdown:
            future.cancel()
    if future.done() and not future.cancelled() and (error := future.exception()) is not None:
        raise error


class Body:
    """The body of an `async with Worker(..., handle_signals=True)`, in the current task: a signal is its end, too."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._is_entered = False
        self._is_interrupted = False
        self._has_ended = False

    def enter(self) -> None:
        """Says that the body begins now; one that was interrupted before ends where it first awaits something."""
        self._is_entered = True
        if self._is_interrupted:
            self._task.cancel()

    def interrupt(self) -> None:
        """Cancels what the body awaits, once."""
        if not self._is_interrupted and not self._has_ended:
            self._is_interrupted = True
            if self._is_entered:
                self._task.cancel()

    async def end(self, error: BaseException | None) -> bool:
        """Takes back the cancellation; tells whether it was nothing else that the body has ended by: this `error`."""
        self._has_ended = True
        if not self._is_interrupted:
            return False
        is_ours_alone = self._task.uncancel() <= self._cancelling
        if not isinstance(error, asyncio.CancelledError):
            # Before Python 3.13 what was asked for and not delivered yet still comes.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            return False
        return is_ours_alone
