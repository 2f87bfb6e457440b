"""For tests that are plain functions: `drain` and `run_task` as in `graphile_worker.testing`, but not awaited.

    from graphile_worker.testing.plain import RecordingClient, drain, jobs_of, make_context, run_task

Each runs an event loop of its own for as long as it takes: async handlers are run, too.
"""

from __future__ import annotations

import asyncio
from asyncio import _get_running_loop as running_loop
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg

from .._basis.arguments import refuse
from .._basis.errors import GraphileWorkerError
from .._hooks.hooks import Hooks, Plugin
from .._tasks.context import JobContext
from .._tasks.registry import TaskRegistry
from .._tasks.task import Task
from . import _drain, _isolated
from ._borrowing import as_async
from ._drain import Drained, FailedJob
from ._isolated import AddedJob, RecordingClient, make_context
from ._jobs import jobs_of

__all__ = ["AddedJob", "Drained", "FailedJob", "RecordingClient", "drain", "jobs_of", "make_context", "run_task"]


def drain(
    target: str | psycopg.Connection[Any],
    tasks: TaskRegistry,
    *,
    now: datetime | None = None,
    schema: str = "graphile_worker",
    state: Mapping[str, Any] | None = None,
    hooks: Hooks | None = None,
    plugins: Iterable[Plugin] = (),
    max_jobs: int = 1000,
) -> Drained:
    """Runs every job of these tasks that is due, those added meanwhile included: `graphile_worker.testing.drain`.

    On a connection, a plain one, everything happens in the transaction that is open there, and the test must not use it
    meanwhile in another thread. Raises GraphileWorkerError on an event loop, which it would block.

    >>> client.add_job("welcome", {"email": "ada@example.com"})  # doctest: +SKIP
    >>> assert drain(url, tasks).check().identifiers == ["welcome"]  # doctest: +SKIP
    """
    _refuse_loop("drain")
    options: dict[str, Any] = {
        "now": now,
        "schema": schema,
        "state": state,
        "hooks": hooks,
        "plugins": plugins,
        "max_jobs": max_jobs,
    }
    if isinstance(target, psycopg.Connection):
        with as_async(target) as connection:
            return asyncio.run(_drain.drain(connection, tasks, **options))
    if not isinstance(target, str):
        refuse("target", target, "It is a connection string, or a psycopg.Connection")
    return asyncio.run(_drain.drain(target, tasks, **options))


def run_task(
    task: Task[Any], payload: Any = None, context: JobContext | None = None, *, client: RecordingClient | None = None
) -> Any:
    """Runs a task as a worker would, without a database, and returns what its handler returns: see
    `graphile_worker.testing.run_task`. Raises GraphileWorkerError on an event loop, which it would block.

    >>> client = RecordingClient()
    >>> run_task(welcome, {"email": "ada@example.com"}, client=client)  # doctest: +SKIP
    >>> assert [job.identifier for job in client.jobs] == ["send_email"]  # doctest: +SKIP
    """
    _refuse_loop("run_task")
    if client is not None and not isinstance(client, RecordingClient):
        refuse("client", client, "It is a RecordingClient; what is in a database is run by drain")
    return asyncio.run(_isolated.run_task(task, payload, context, client=client))


def _refuse_loop(name: str) -> None:
    if running_loop() is not None:
        raise GraphileWorkerError(
            f"the plain {name} was called on an event loop, which it would block",
            hint=f"In async code it is: from graphile_worker.testing import {name}, and await {name}(...)",
        )
