"""Workers for the tests: one that has started, what it has run, what it said, and its sessions at the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from graphile_worker import TaskRegistry, Worker, WorkerStart


class Recorder:
    """A task that counts its runs by job."""

    def __init__(self) -> None:
        self.tasks = TaskRegistry()
        self.runs: dict[int, int] = {}
        self.tasks.add(self._record, "record")

    async def _record(self, payload: dict[str, int]) -> None:
        self.runs[payload["n"]] = self.runs.get(payload["n"], 0) + 1


async def has_run(recorder: Recorder, n: int) -> bool:
    """Whether the job with this payload has run, for `eventually`."""
    return n in recorder.runs


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """A worker that has started, and is stopped in the end."""
    started = asyncio.Event()
    worker.hooks.on(WorkerStart)(lambda _event: started.set())
    async with worker:
        async with asyncio.timeout(30):
            await started.wait()
        yield


async def backends(url: str, worker: Worker) -> list[int]:
    """The processes of the server that this worker's connections have."""
    rows = await fetch(
        url, "select pid from pg_stat_activity where application_name like 'graphile-worker%%' || %s", worker.id
    )
    return [row[0] for row in rows]


async def terminate(url: str, pids: list[int]) -> None:
    """Ends these connections from the server's side."""
    await fetch(url, "select pg_terminate_backend(pid) from unnest(%s::int[]) as p (pid)", pids)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What this package logged as a warning or worse."""
    ours = [record for record in caplog.records if record.name == "graphile_worker"]
    return [record.message for record in ours if record.levelno >= logging.WARNING]


async def set_database(url: str, setting: str, value: str | None) -> None:
    """A setting of the database, for sessions to come."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("set default_transaction_read_only = off")
        name = sql.Identifier(connection.info.dbname)
        statement = sql.SQL("alter database {} reset {}" if value is None else "alter database {} set {} = {}")
        parts = [name, sql.Identifier(setting), *([] if value is None else [sql.Literal(value)])]
        await connection.execute(statement.format(*parts))


async def fetch(url: str, query: str, *params: object) -> Any:
    """The rows of a query, asked in a connection of its own."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await (await connection.execute(query, params)).fetchall()
