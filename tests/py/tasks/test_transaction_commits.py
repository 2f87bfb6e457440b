"""Commits that fail, whose answer is lost, or that are interrupted."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Hooks,
    JobContext,
    TaskRegistry,
    Worker,
)
from graphile_worker._tasks.transaction import Finish
from tests.py.support.late_network import LateNetwork, late_network
from tests.py.support.workers import complaints, running
from tests.py.tasks.written import NEVER, WRITE, left, registry, told, written
from tests.support import eventually


async def test_a_commit_that_the_database_refuses_is_a_failure(table: str, kind: str) -> None:
    async with await psycopg.AsyncConnection.connect(table, autocommit=True) as connection:
        await connection.execute("alter table written add unique (job_id) deferrable initially deferred")
    async with AsyncClient(table) as client:
        job = await client.add_job("write")
        async with await psycopg.AsyncConnection.connect(table, autocommit=True) as connection:
            await connection.execute(WRITE, [[job.id]])
        await Worker(table, registry(kind)).run_once()
    assert await written(table) == [job.id]
    [(_, attempts, error)] = await left(table)
    assert attempts == 1
    assert error.startswith("UniqueViolation: ")


# The answer to a commit gets lost.


def lose_commit(monkeypatch: pytest.MonkeyPatch, network: LateNetwork, *, arrives: bool) -> None:
    """Has the network lose the answer to each commit; with `arrives` off the commit itself, too."""
    complete = Finish.complete

    async def lose(self: Finish, client: AsyncClient, **options: Any) -> None:
        await complete(self, client, **options)
        async with client._borrow() as connection:
            network.lose_answers(connection)
            if not arrives:
                network.hold(connection)

    monkeypatch.setattr(Finish, "complete", lose)
    monkeypatch.setattr("graphile_worker._tasks.transaction._ANSWER", 0.5 if arrives else 12.0)


async def test_a_commit_whose_answer_is_lost_is_found_out(
    table: str, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hooks = Hooks()
    heard = told(hooks)
    caplog.set_level(logging.INFO)
    async with late_network(table) as (network, url), AsyncClient(table) as client:
        lose_commit(monkeypatch, network, arrives=True)
        job = await client.add_job("write")
        async with running(Worker(url, registry(kind), hooks=hooks, poll_interval=NEVER)):
            await eventually(lambda: heard)
    assert await written(table) == [job.id]
    assert await left(table) == []
    assert heard == ["JobComplete"]
    assert complaints(caplog) == []
    assert f"the transaction of job {job.id} is committed" in caplog.text


async def test_a_commit_that_never_arrives_is_a_failure(
    table: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server, which hears nothing, ends the session, so that nobody waits for the job's lock."""
    hooks = Hooks()
    heard = told(hooks)
    async with late_network(table) as (network, url), AsyncClient(table) as client:
        lose_commit(monkeypatch, network, arrives=False)
        await client.add_job("write", max_attempts=1)
        async with running(Worker(url, registry("loop"), hooks=hooks, poll_interval=NEVER)):
            await eventually(lambda: heard)
    assert await written(table) == []
    assert heard == ["JobFail"]
    assert len(await left(table)) == 1


async def test_a_worker_that_reconnects_misses_no_job_that_is_just_done(
    table: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the commit at the server and its answer the worker compares what it holds."""
    hooks = Hooks()
    heard = told(hooks)
    worker = Worker(table, registry("loop"), hooks=hooks, poll_interval=NEVER)
    lane = worker._lanes.all[0]
    commit = Finish._commit

    async def compare_first(self: Finish, work: Any) -> None:
        async def late() -> None:
            await work
            await lane.exchange._resume(lane.exchange._connection)  # type: ignore[arg-type]

        await commit(self, late())

    monkeypatch.setattr(Finish, "_commit", compare_first)
    async with AsyncClient(table) as client:
        await client.add_job("write")
        async with running(worker):
            await eventually(lambda: heard)
    assert heard == ["JobComplete"]
    assert complaints(caplog) == []


async def test_a_cancellation_waits_for_the_commit(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Finish._commit
    runner: list[asyncio.Task[Any]] = []

    async def cancel_meanwhile(self: Finish, work: Any) -> None:
        async def late() -> None:
            runner[0].cancel()
            await asyncio.sleep(0)
            await work

        await commit(self, late())

    monkeypatch.setattr(Finish, "_commit", cancel_meanwhile)
    tasks = TaskRegistry()

    @tasks.task
    async def write(context: JobContext) -> None:
        task = asyncio.current_task()
        assert task is not None
        runner[:] = [task]
        async with context.transaction() as connection:
            await connection.execute(WRITE, [[context.job.id]])

    async with AsyncClient(table) as client:
        job = await client.add_job("write")
    await Worker(table, tasks).run_once()
    assert await written(table) == [job.id]
    assert await left(table) == []
