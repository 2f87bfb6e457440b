"""What a handler gets to know besides the payload."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from psycopg import sql

from graphile_worker import AsyncClient, JobCancelled, JobContext, TaskRegistry, ThreadContext, Worker, migrate
from graphile_worker.testing import RecordingClient, make_context


async def test_a_handler_reads_the_workers_state(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []

    @tasks.task
    async def look(payload: Any, context: JobContext) -> None:
        seen.append(context.state["mailer"])

    async with AsyncClient(database) as client:
        await client.add_job("look")
        await Worker(database, tasks, state={"mailer": "smtp"}).run_once()
    assert seen == ["smtp"]


async def test_a_handler_knows_the_schema_and_gets_a_connection(database: str) -> None:
    tasks = TaskRegistry()
    found: list[Any] = []
    look = sql.SQL("select attempts from {}.jobs")

    @tasks.task
    async def on_the_loop(payload: Any, context: JobContext) -> None:
        async with context.connection() as connection:
            cursor = await connection.execute(look.format(sql.Identifier(context.schema)))
            found.append(await cursor.fetchone())

    @tasks.task
    def in_a_thread(payload: Any, context: ThreadContext) -> None:
        with context.connection() as connection:
            found.append(connection.execute(look.format(sql.Identifier(context.schema))).fetchone())

    migrate(database, schema="my jobs")
    async with AsyncClient(database, schema="my jobs") as client:
        for task in (on_the_loop, in_a_thread):
            await client.add_job(task.identifier)
            await Worker(database, tasks, schema="my jobs").run_once()
    assert found == [(1,), (1,)]


async def test_records_of_its_logger_carry_the_job(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def say(context: JobContext) -> None:
        context.logger.info("%d of %d", 1, 2)

    caplog.set_level(logging.INFO)
    async with AsyncClient(database) as client:
        job = await client.add_job("say")
        worker = Worker(database, tasks)
        await worker.run_once()
    record = next(record for record in caplog.records if record.getMessage() == "1 of 2")
    assert (record.__dict__["job_id"], record.__dict__["worker_id"]) == (job.id, worker.id)
    assert (record.pathname, record.funcName) == (__file__, "say")


async def test_records_that_have_the_fields_already_cost_no_job(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def say(context: JobContext) -> None:
        context.logger.warning("said")

    original = logging.getLogRecordFactory()

    def make(*args: Any, **keywords: Any) -> logging.LogRecord:
        record = original(*args, **keywords)
        record.job_id = "ours"
        return record

    logging.setLogRecordFactory(make)
    try:
        async with AsyncClient(database) as client:
            await client.add_job("say")
            await Worker(database, tasks).run_once()
            assert [job.last_error for job in await client.list_jobs()] == []
    finally:
        logging.setLogRecordFactory(original)
    record = next(record for record in caplog.records if record.getMessage() == "said")
    assert (record.__dict__["job_id"], record.funcName) == ("ours", "say")


def add_there(context: JobContext) -> Any:
    return context.client.add_job("other")


def add_on_a_loop_there(context: JobContext) -> Any:
    async def add() -> Any:
        return await context.client.add_job("other")

    return asyncio.run(add())


def look_there(context: JobContext) -> None:
    context.raise_if_cancelled()


@pytest.mark.parametrize("call", [add_there, add_on_a_loop_there, look_there])
async def test_a_thread_whose_job_is_cancelled_hears_it_at_its_next_call(call: Callable[[JobContext], Any]) -> None:
    cancelled = False
    client = RecordingClient()
    context = JobContext(make_context().job, "w", client, is_cancelled=lambda: cancelled)
    await asyncio.to_thread(call, context)
    added = len(client.jobs)
    cancelled = True
    for _ in range(2):
        with pytest.raises(JobCancelled):
            await asyncio.to_thread(call, context)
    assert len(client.jobs) == added
    # Logging is no call that anybody has to be kept from, and an async handler is interrupted otherwise.
    await asyncio.to_thread(context.logger.info, "cleaned up")
    await context.client.add_job("other")
    assert len(client.jobs) == added + 1


def test_its_exception_is_none_that_code_catches_by_chance() -> None:
    assert issubclass(JobCancelled, asyncio.CancelledError)
    assert not issubclass(JobCancelled, Exception)
