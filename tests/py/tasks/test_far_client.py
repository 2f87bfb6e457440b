"""Adding jobs from where no event loop runs, or another one: threads, scripts, unit tests of plain handlers."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    GraphileWorkerError,
    Hooks,
    InvalidJob,
    JobContext,
    JobRow,
    JobSpec,
    Proceed,
    TaskRegistry,
    ThreadContext,
    Worker,
)
from graphile_worker.testing import RecordingClient, drain, jobs_of, make_context, run_task


async def stamp(event: BeforeJobSchedule) -> Proceed:
    return Proceed({**(event.payload or {}), "stamped": True})


def registry() -> tuple[TaskRegistry, list[Any]]:
    tasks = TaskRegistry()
    seen: list[Any] = []

    @tasks.task(priority=7)
    async def other(payload: dict[str, Any]) -> None:
        seen.append(payload["by"])

    @tasks.task
    def plain(payload: Any, context: ThreadContext) -> None:
        assert isinstance(context, ThreadContext)
        row = context.client.add_job("other", {"by": "context"})
        assert isinstance(row, JobRow)
        assert len(context.client.add_jobs([JobSpec(identifier="other", payload={"by": "many"})])) == 1
        added = other.add({"by": "task"})
        assert (added.priority, isinstance(added, JobRow)) == (7, True)
        assert context.client.show_job(row.id) is not None

    @tasks.task
    def with_a_loop_of_its_own(payload: Any, context: JobContext) -> None:
        async def add() -> None:
            await context.client.add_job("other", {"by": "another loop"})
            await context.client.add_jobs([JobSpec(identifier="other", payload={"by": "another loop, many"})])
            await other.add({"by": "another loop, task"})

        asyncio.run(add())

    @tasks.task
    async def asks_a_thread(payload: Any, context: JobContext) -> None:
        def add() -> None:
            context.client.add_job("other", {"by": "to_thread"})  # type: ignore[unused-coroutine]
            other.add({"by": "to_thread, task"})

        await asyncio.to_thread(add)
        await other.add({"by": "the loop"})

    return tasks, seen


BY = {
    "plain": {"context", "many", "task"},
    "with_a_loop_of_its_own": {"another loop", "another loop, many", "another loop, task"},
    "asks_a_thread": {"to_thread", "to_thread, task", "the loop"},
}


@pytest.mark.parametrize("name", BY)
async def test_in_a_worker(database: str, name: str) -> None:
    tasks, seen = registry()
    hooks = Hooks()
    hooks.on(BeforeJobSchedule)(stamp)
    async with AsyncClient(database) as client:
        await client.add_job(name, {}, priority=-1)
        await Worker(database, tasks, hooks=hooks).run_once()
        assert set(seen) == BY[name]
        assert await client.list_jobs() == []


@pytest.mark.parametrize("name", BY)
async def test_in_drain_and_run_task(database: str, name: str) -> None:
    tasks, seen = registry()
    async with AsyncClient(database) as client:
        await client.add_job(name, {})
        done = await drain(database, tasks)
        assert done.check().identifiers[0] == name
        assert set(seen) == BY[name]
    if name != "plain":  # It looks for a job, and no RecordingClient can.
        recording = RecordingClient()
        await run_task(tasks[name], {}, client=recording)
        assert {job.payload["by"] for job in recording.jobs} == BY[name]


async def test_errors_come_back_to_the_thread(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    def bad(payload: Any, context: ThreadContext) -> None:
        with pytest.raises(InvalidJob):
            context.client.add_job("")
        context.client.add_job("good")

    async with AsyncClient(database) as client:
        await client.add_job("bad")
        await Worker(database, tasks).run_once()
        assert [job.task_identifier for job in await client.list_jobs()] == ["good"]


async def test_in_a_transaction_that_is_rolled_back(database: str) -> None:
    tasks, seen = registry()
    async with await psycopg.AsyncConnection.connect(database) as connection:
        client = AsyncClient(connection)
        await client.add_job("plain", {})
        (await drain(connection, tasks)).check()
        assert set(seen) == BY["plain"]
        await connection.rollback()
    assert jobs_of(database) == []


def test_in_a_script(database: str) -> None:
    tasks, _ = registry()
    with Client(database) as client:
        tasks.use(client)
        row = tasks["other"].add({"by": "script"})
        assert (row.priority, [job.payload for job in jobs_of(client)]) == (7, [{"by": "script"}])
        other = tasks["other"].add({"by": "argument"}, client=client)
        assert other.id != row.id


async def test_a_plain_client_is_plain_on_a_loop_too(database: str) -> None:
    tasks, _ = registry()
    with Client(database) as client:
        assert tasks["other"].add({"by": "loop"}, client=client).id
        assert len(jobs_of(client)) == 1


def test_an_async_client_in_a_script_is_refused(database: str) -> None:
    tasks, _ = registry()
    tasks.use(AsyncClient(database))
    with pytest.raises(GraphileWorkerError, match=r"where no event loop runs.*tasks.use\(Client"):
        tasks["other"].add({"by": "nobody"})
    with pytest.raises(GraphileWorkerError, match=r"where no event loop runs"):
        tasks["other"].add({"by": "nobody"}, client=AsyncClient(database))
    assert jobs_of(database) == []


def test_a_plain_handler_can_be_called_by_itself() -> None:
    client = RecordingClient()
    tasks = TaskRegistry()

    @tasks.task
    def welcome(payload: dict[str, str], context: ThreadContext) -> None:
        context.client.add_job("send", payload)
        context.client.add_jobs([JobSpec(identifier="many")])

    welcome({"to": "ada"}, make_context(client=client))
    assert [(job.identifier, job.payload) for job in client.jobs] == [("send", {"to": "ada"}), ("many", {})]


async def test_the_client_of_a_thread_does_not_block_the_loop() -> None:
    clients: list[Any] = []
    tasks = TaskRegistry()
    tasks.add(lambda _payload, context: clients.append(context.client), "keep")
    await run_task(tasks["keep"])
    with pytest.raises(GraphileWorkerError, match="on the worker's event loop, which it would block"):
        clients[0].add_job("x")


def test_a_thread_that_outlives_its_worker_is_told_so() -> None:
    clients: list[Any] = []
    tasks = TaskRegistry()
    tasks.add(lambda _payload, context: clients.append(context.client), "keep")
    asyncio.run(run_task(tasks["keep"]))
    with pytest.raises(GraphileWorkerError, match="has stopped"):
        clients[0].add_job("x")
