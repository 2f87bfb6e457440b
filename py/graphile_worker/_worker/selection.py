"""Which of a registry's tasks a worker runs."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

from .._basis.errors import InvalidArgument
from .._basis.printable import some_of
from .._tasks.registry import TaskRegistry
from .._tasks.task import Task
from .options import WorkerOptions


def selected(tasks: TaskRegistry, options: WorkerOptions) -> TaskRegistry:
    """Returns a registry of those tasks that the options leave. Raises InvalidArgument for a pattern that no task fits,
    and where no task is left.
    """
    left = _fitting(tasks, "only_tasks", options.only_tasks) if options.only_tasks else list(tasks)
    left_out = {*_fitting(tasks, "not_tasks", options.not_tasks)}
    chosen = copy(tasks)
    chosen._tasks = {name: tasks[name] for name in left if name not in left_out}  # noqa: SLF001
    if not len(chosen):
        raise InvalidArgument("only_tasks and not_tasks leave no task to run", hint=f"There are {some_of(tasks)}")
    return chosen


def _fitting(tasks: TaskRegistry, option: str, patterns: Sequence[str]) -> list[str]:
    for pattern in patterns:
        if not any(_fits(tasks[name], pattern) for name in tasks):
            raise InvalidArgument(f"{option} has {pattern!r}, which no task fits", hint=f"There are {some_of(tasks)}")
    return [name for name in tasks if any(_fits(tasks[name], pattern) for pattern in patterns)]


def _fits(task: Task[Any], pattern: str) -> bool:
    # Jobs that were added under a former name of the task are its jobs.
    names = (task.identifier, *task.aliases)
    return any(name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for name in names)
