"""A queue of events for hooks, filled without waiting for the hooks."""

from __future__ import annotations

import asyncio

from .._basis.own_tasks import begin
from .events import Event
from .hooks import Hooks


class BackgroundHooks:
    """Tells hooks from where nobody can wait, as in a callback of the event loop; in the order of the events."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._emitting: set[asyncio.Task[None]] = set()

    def emit(self, event: Event) -> None:
        """Begins to tell the hooks that listen for the event."""
        if self._hooks.wants(type(event)):
            task = begin(self._hooks.emit(event), "graphile_worker hooks")
            self._emitting.add(task)
            task.add_done_callback(self._emitting.discard)

    async def settle(self) -> None:
        """Waits until all hooks were told."""
        if self._emitting:
            # Not `gather`, by which one that is cancelled cancels who waits, and the other way round.
            await asyncio.wait(self._emitting)
