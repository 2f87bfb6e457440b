"""What the parts of a worker have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._calls.statements import Statements
from .._client.async_client import AsyncClient
from .._hooks.background import BackgroundHooks
from .._hooks.decisions import Event
from .._hooks.hooks import Hooks
from .._recovery.alarm import Alarm
from .._tasks.executors import Places
from .._tasks.registry import TaskRegistry
from .._wire.connections import ConnectionSource
from .options import WorkerOptions
from .policies import Policies
from .shutdown import Shutdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One per worker, given to each of its lanes, and to what these are made of."""

    options: WorkerOptions
    tasks: TaskRegistry
    hooks: Hooks
    told: BackgroundHooks
    """The same, told from where nobody can wait; a lane waits for them in the end."""
    source: ConnectionSource
    statements: Statements
    client: AsyncClient
    """That of the handlers. It knows the worker's id of the moment."""
    places: Places
    policies: Policies
    shutdown: Shutdown = field(default_factory=Shutdown)
    alarm: Alarm = field(default_factory=Alarm)
    """Rung by who misses jobs: this worker may have been taken for dead."""

    async def emit(self, kind: type[Event], **fields: Any) -> None:
        """Tells the hooks of something that concerns the worker as a whole."""
        if self.hooks.wants(kind):
            await self.hooks.emit(kind(worker_id=self.client.worker_id, **fields))

    def tell(self, kind: type[Event], **fields: Any) -> None:
        """Begins to tell the hooks, from where nobody can wait."""
        self.told.emit(kind, worker_id=self.client.worker_id, **fields)
