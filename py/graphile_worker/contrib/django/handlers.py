"""Handlers as a worker runs them: each with Django's connections as a request has them."""

from __future__ import annotations

import copy
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import close_old_connections, connections

from ..._calls.job import Job
from ..._client.async_client import AsyncClient
from ..._tasks.home import _home
from ..._tasks.registry import TaskRegistry
from ..._tasks.task import Task
from .configuration import configured
from .connections import prepare, were_reached
from .registry import use_django


class Lent(Protocol):
    """A connection of a test's, in whose transaction handlers work: `graphile_worker.contrib.django.testing`."""

    def here(self) -> AbstractContextManager[None]:
        """Makes the connection Django's own in the thread that enters the block."""


lent: ContextVar[Lent | None] = ContextVar("lent", default=None)


def worker_tasks(tasks: TaskRegistry | None = None) -> TaskRegistry:
    """Returns the tasks as a worker is to run them, by default those of all installed apps: a job is to Django what a
    request is. `manage.py graphile_worker run` does this; it is for a Worker of your own.

    Old connections are closed before a handler and after it, in the handler's thread. One that lives on is checked when
    it is used again; to open one, a handler waits up to a minute for a server that restarts. An async handler has a
    thread of its own for what it does by `sync_to_async`, as an async view has. One in a process finds Django set up.

    >>> asyncio.run(Worker(database_address(), worker_tasks()).run(handle_signals=True))  # doctest: +SKIP
    """
    if tasks is None:
        from . import discovered

        tasks = discovered.tasks
    # A worker is connected to the queue's own before it runs anything.
    were_reached(configured().database)
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
    elif task.run_in == "process":
        from ..._tasks.middleware import Middleware
        from .process import around

        task.middleware = Middleware(on_loop, [around, *(task.middleware.in_place if task.middleware else [])])
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
    if (connection := lent.get()) is not None:
        with connection.here():
            yield
        return
    close_old_connections()
    prepare()
    try:
        yield
    finally:
        close_old_connections()


@asynccontextmanager
async def _own_thread() -> AsyncIterator[None]:
    async with ThreadSensitiveContext():
        if (connection := lent.get()) is not None:
            block = connection.here()
            await sync_to_async(block.__enter__)()
            try:
                yield
            finally:
                await sync_to_async(block.__exit__)(None, None, None)
            return
        await sync_to_async(prepare)()
        try:
            yield
        finally:
            # It ends with the job.
            await sync_to_async(connections.close_all)()
