"""What the parts of a worker have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from .slots import Slots


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
    slots: Slots | None = field(init=False)
    """Those of tasks that have only so many, None where none has."""
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", slots_of(self.tasks))


def slots_of(tasks: TaskRegistry) -> Slots | None:
    """Returns the slots of a worker's tasks; None where no task has any, and nothing is needed of the module."""
    if all(tasks[name].slots is None for name in tasks):
        return None
    from .slots import Slots

    return Slots(tasks)


def tasks_of(tasks: TaskRegistry, options: WorkerOptions) -> TaskRegistry:
    """Returns the tasks that a worker with these options runs; who runs all needs nothing of the module."""
    if not options.only_tasks and not options.not_tasks:
        return tasks
    from .selection import selected

    return selected(tasks, options)
