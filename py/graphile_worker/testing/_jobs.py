"""The jobs that are in the queue."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, overload

import psycopg
from psycopg_pool import AsyncConnectionPool

from .._basis.errors import UnknownName
from .._calls.operator_rows import JobDetails
from .._client.async_client import AsyncClient
from .._client.client import Client
from .._tasks.task import Task

_NO_LIMIT = 1_000_000_000


@overload
def jobs_of(
    target: str | Client | psycopg.Connection[Any], task: Task[Any] | str | None = ..., *, schema: str = ...
) -> list[JobDetails]: ...
@overload
def jobs_of(
    target: AsyncClient | psycopg.AsyncConnection[Any] | AsyncConnectionPool[Any],
    task: Task[Any] | str | None = ...,
    *,
    schema: str = ...,
) -> Awaitable[list[JobDetails]]: ...
def jobs_of(target: Any, task: Task[Any] | str | None = None, *, schema: str = "graphile_worker") -> Any:
    """Returns the jobs of a task, of all when None, in the order they were added: payload, key, run_at, errors and all.

    `target`: a connection string, a connection (which sees what its own transaction has added) or a client; to be
    awaited when that is an async one. No job, and no such task, is an empty list.

    >>> [job] = jobs_of(connection, send_email)  # doctest: +SKIP
    >>> assert job.payload == {"to": "ada@example.com"}  # doctest: +SKIP
    """
    identifier = task.identifier if isinstance(task, Task) else task
    if isinstance(target, (psycopg.AsyncConnection, AsyncConnectionPool)):
        target = AsyncClient(target, schema=schema)
    if isinstance(target, AsyncClient):
        return _async_jobs(target, identifier)
    if isinstance(target, Client):
        return _jobs(target, identifier)
    with Client(target, schema=schema) as client:
        return _jobs(client, identifier)


def _jobs(client: Client, identifier: str | None) -> list[JobDetails]:
    try:
        found = client.list_jobs(task=identifier, limit=_NO_LIMIT)
    except UnknownName:
        return []
    return [job for summary in reversed(found) if (job := client.show_job(summary.id))]


async def _async_jobs(client: AsyncClient, identifier: str | None) -> list[JobDetails]:
    try:
        found = await client.list_jobs(task=identifier, limit=_NO_LIMIT)
    except UnknownName:
        return []
    return [job for summary in reversed(found) if (job := await client.show_job(summary.id))]
