"""The one registry of a Django project, and the client by which its tasks are added."""

from __future__ import annotations

from asyncio import _get_running_loop as running_loop
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async

from ..._client.client import Client
from ..._tasks.registry import M, TaskRegistry
from ..._tasks.task import Task
from .clients import client_for


class _Tasks(TaskRegistry):
    def add(self, handler: Callable[..., Any], identifier: str, **options: Any) -> Task[Any]:
        known = self._tasks.get(identifier)
        if known is not None and _is_imported_again(known.handler, handler):
            # The first try failed, further down in its module. Django tries again at each request.
            self._tasks = {name: task for name, task in self._tasks.items() if task is not known}
        return super().add(handler, identifier, **options)

    def middleware(self, function: M, /) -> M:
        self._middleware = [known for known in self._middleware if not _is_imported_again(known, function)]
        return super().middleware(function)


def _is_imported_again(before: Any, now: Any) -> bool:
    """Tells whether two functions are the same one of a module, which was imported twice."""
    names = [(getattr(it, "__module__", it), getattr(it, "__qualname__", it)) for it in (before, now)]
    return names[0] == names[1] and before.__globals__ is not now.__globals__


tasks: TaskRegistry = _Tasks()
"""The registry of the project, for the `tasks.py` of every app."""


class _TaskClient:
    """What Task.add needs of a client: on Django's own connection, and to be awaited in an async view."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def add_job(self, *args: Any, **options: Any) -> Any:
        if running_loop() is None:
            return self._client.add_job(*args, **options)
        return sync_to_async(self._client.add_job)(*args, **options)


def use_django(registry: TaskRegistry) -> None:
    """Makes `Task.add` use Django's connection: to the database that the setting GRAPHILE_WORKER names.

    Raises ImproperlyConfigured when that setting is wrong.
    """
    registry.use(_TaskClient(client_for()))  # type: ignore[arg-type]
