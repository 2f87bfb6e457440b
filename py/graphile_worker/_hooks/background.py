"""A queue of events for hooks, filled without waiting for the hooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, cast

from .._basis.own_tasks import begin
from .decisions import Event
from .hooks import Hooks

P = ParamSpec("P")


class BackgroundHooks:
    """Tells hooks from where nobody can wait, as in a callback of the event loop; in the order of the events."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._emitting: set[asyncio.Task[None]] = set()

    def emit(self, kind: Callable[P, Event], *args: P.args, **fields: P.kwargs) -> None:
        """Begins to tell the hooks that listen for a class of events; made is the event only where one does.

        >>> background.emit(WorkerShutdown, worker_id="w", reason="stop")  # doctest: +SKIP
        """
        if self._hooks.wants(cast("type[Event]", kind)):
            task = begin(self._hooks.emit(kind(*args, **fields)), "graphile_worker hooks")
            self._emitting.add(task)
            task.add_done_callback(self._emitting.discard)

    async def settle(self) -> None:
        """Waits until all hooks were told."""
        if self._emitting:
            # Not `gather`, by which one that is cancelled cancels who waits, and the other way round.
            await asyncio.wait(self._emitting)
