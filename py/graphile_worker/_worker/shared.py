"""What the parts of a worker have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._calls.statements import Statements
from .._client.async_client import AsyncClient
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
    source: ConnectionSource
    statements: Statements
    client: AsyncClient
    """That of the handlers. It knows the worker's id of the moment."""
    places: Places
    policies: Policies
    slots: Slots | None = None
    """Those of tasks that have only so many, None where none has."""
    shutdown: Shutdown = field(default_factory=Shutdown)
    alarm: Alarm = field(default_factory=Alarm)
    """Rung by who misses jobs: this worker may have been taken for dead."""


def slots_of(tasks: TaskRegistry) -> Slots | None:
    """Returns the slots of a worker's tasks; None where no task has any, and nothing is needed of the module."""
    if all(tasks[name].slots is None for name in tasks):
        return None
    from .slots import Slots

    return Slots(tasks)
