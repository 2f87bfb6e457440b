"""What a worker is made of, checked before anything is."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from psycopg_pool import AsyncConnectionPool

from .._basis.arguments import refuse
from .._basis.errors import InvalidArgument
from .._hooks.hooks import Hooks
from .._tasks.registry import TaskRegistry
from .options import WorkerOptions


def check(target: Any, tasks: Any, options: Any, hooks: Any, shutdown: Any) -> None:
    """Raises InvalidArgument for an argument of Worker that is something else."""
    if not isinstance(target, (str, AsyncConnectionPool)) and not callable(target):
        rule = "It is a connection string, an AsyncConnectionPool or an async function that opens a connection"
        refuse("target", target, rule)
    if not isinstance(tasks, TaskRegistry):
        refuse("tasks", tasks, "It is a TaskRegistry, in which tasks are registered: tasks = TaskRegistry()")
    if options is not None and not isinstance(options, WorkerOptions):
        refuse("options", options, "It is WorkerOptions(...); each of them is also a keyword argument of Worker")
    if hooks is not None and not isinstance(hooks, Hooks):
        refuse("hooks", hooks, "It is Hooks(); plugins are given as plugins=[...]")
    if shutdown is not None and not isawaitable(shutdown):
        refuse(
            "shutdown", shutdown, "It is an awaitable that is done when the worker is to stop: asyncio.Event().wait()"
        )
    if not len(tasks):
        raise InvalidArgument("the registry has no tasks", hint="Register one with @tasks.task")


def options_of(options: WorkerOptions | None, keywords: dict[str, Any]) -> WorkerOptions:
    """Returns the options that were given, as a whole or each as a keyword argument. Raises TypeError for another."""
    if options is not None:
        if keywords:
            raise TypeError(f"options were given, and {', '.join(keywords)} beside them")
        return options
    if not keywords.keys() <= WorkerOptions.__annotations__.keys():
        from .._basis import habits

        habits.check_options(keywords, WorkerOptions.__annotations__, habits.WORKING, "a worker")
    # No recovery is a choice; of everything else None is the default.
    return WorkerOptions(**{name: value for name, value in keywords.items() if value is not None or name == "recovery"})
