"""The one registry of a Django project, and the client by which its tasks are added."""

from __future__ import annotations

from asyncio import _get_running_loop as running_loop
from typing import Any

from asgiref.sync import sync_to_async

from ..._client.client import Client
from ..._tasks.registry import TaskRegistry
from .clients import client_for
from .configuration import configured

tasks = TaskRegistry()
"""The registry of the project, for the `tasks.py` of every app."""


class _TaskClient:
    """What Task.add needs of a client: on Django's own connection, and to be awaited in an async view."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def add_job(self, *args: Any, **options: Any) -> Any:
        if running_loop() is None:
            return self._client.add_job(*args, **options)
        return sync_to_async(self._client.add_job)(*args, **options)


def use_django() -> None:
    """Makes `Task.add` of `tasks` use Django's connection: to the database that the setting GRAPHILE_WORKER names.

    Raises ImproperlyConfigured when that setting is wrong.
    """
    configured()
    tasks.use(_TaskClient(client_for()))  # type: ignore[arg-type]
