"""Handlers as a worker runs them: each with Django's connections as a request has them."""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import close_old_connections, connections

from ..._calls.job import Job
from ..._client.async_client import AsyncClient
from ..._tasks.home import _home
from ..._tasks.registry import TaskRegistry
from ..._tasks.task import Task
from .configuration import configured
from .registry import use_django

_PATIENCE = 60.0
"""Seconds that a handler waits for a server which does not let it in: as long as `context.client` does."""
_PAUSE = 0.2
"""Seconds between two tries."""

_were_there: set[str] = set()
"""The databases to which this process has been connected."""


def worker_tasks(tasks: TaskRegistry | None = None) -> TaskRegistry:
    """Returns the tasks as a worker is to run them, by default those of all installed apps: a job is to Django what a
    request is. `manage.py graphile_worker run` does this; it is for a Worker of your own.

    Old connections are closed before a handler and after it, in the handler's thread. One that lives on is checked when
    it is used again; to open one, a handler waits up to a minute for a server that restarts. An async handler has a
    thread of its own for what it does by `sync_to_async`, as an async view has. Handlers in processes and programs are
    left as they are.

    >>> asyncio.run(Worker(database_address(), worker_tasks()).run(handle_signals=True))  # doctest: +SKIP
    """
    if tasks is None:
        from . import discovered

        tasks = discovered.tasks
    # A worker is connected to the queue's own before it runs anything.
    _were_there.add(configured().database)
    found = TaskRegistry()
    if tasks.client is None:
        use_django(tasks)
    for identifier in tasks:
        task = found._tasks[identifier] = copy.copy(tasks[identifier])  # noqa: SLF001
        _wrap(task)
    return found


def _wrap(task: Task[Any]) -> None:
    on_loop = task.middleware.on_loop if task.middleware else []
    in_place = task.middleware.in_place if task.middleware and task.run_in == "thread" else []
    if task.run_in == "thread" and not in_place:
        task.handler = _in_thread(task)
    elif task.run_in == "loop" and not on_loop:
        task.call = _on_loop(task.call)
    if task.middleware is not None:
        # Middleware of the project's has Django's connections as its handlers have.
        task.middleware = type(task.middleware)(
            [_around_on_loop, *on_loop] if on_loop else [],
            [functools.partial(_around_in_thread, task), *in_place] if in_place else task.middleware.in_place,
        )


def _in_thread(task: Task[Any]) -> Callable[..., Any]:
    handler = task.handler

    @functools.wraps(handler)
    def call(*arguments: Any) -> Any:
        with _connections(task):
            return handler(*arguments)

    return call


def _around_in_thread(task: Task[Any], _job: Job, call: Callable[[], Any]) -> Any:
    with _connections(task):
        return call()


def _on_loop(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def call(*arguments: Any) -> Any:
        async with _own_thread():
            return await handler(*arguments)

    return call


async def _around_on_loop(_job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
    async with _own_thread():
        return await call()


@contextmanager
def _connections(task: Task[Any]) -> Iterator[None]:
    # What it adds by Task.add goes by Django's connection, as in a view: into the transaction that it is in. The
    # context that this is set in is a copy, for this call.
    if not isinstance(task._registry.client, AsyncClient):  # noqa: SLF001
        _home.set(None)
    close_old_connections()
    _prepare()
    try:
        yield
    finally:
        close_old_connections()


@asynccontextmanager
async def _own_thread() -> AsyncIterator[None]:
    async with ThreadSensitiveContext():
        await sync_to_async(_prepare)()
        try:
            yield
        finally:
            # It ends with the job.
            await sync_to_async(connections.close_all)()


def _prepare() -> None:
    """Makes the connections of this thread outlive a restart of their server."""
    for connection in connections.all():
        if connection.vendor == "postgresql":
            # One that was lost since the last job is found out by the first query, and replaced.
            connection.health_check_enabled = True
            if "get_new_connection" not in vars(connection):
                connection.get_new_connection = _patient(connection.get_new_connection, connection.alias)


def _patient(connect: Callable[[Any], Any], alias: str) -> Callable[[Any], Any]:
    def get_new_connection(params: Any) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                found = connect(params)
            except psycopg.OperationalError:
                # A password that has never been right will not be in a minute.
                if alias not in _were_there or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                _were_there.add(alias)
                return found

    return get_new_connection
