"""The testing module for tests that are plain functions."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from graphile_worker import Client, GraphileWorkerError, InvalidArgument, JobContext, TaskRegistry, ThreadContext
from graphile_worker.testing.plain import RecordingClient, drain, jobs_of, make_context, run_task


def registry() -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def sign_up(payload: str, context: JobContext) -> str:
        await context.client.add_job("remind", payload, delay=timedelta(days=3))
        return payload.upper()

    @tasks.task
    def remind(payload: str, context: ThreadContext) -> str:
        with context.transaction() as connection:
            connection.execute("select graphile_worker.add_job('in_sql', '1')")
        context.client.add_job("last", payload)
        return threading.current_thread().name

    @tasks.task
    def last() -> None:
        raise ValueError("out of luck")

    return tasks


def test_a_task_by_itself() -> None:
    tasks, client = registry(), RecordingClient()
    assert run_task(tasks["sign_up"], "ada", client=client) == "ADA"
    assert [(job.identifier, job.payload) for job in client.jobs] == [("remind", "ada")]
    assert run_task(tasks["sign_up"], context=make_context("sign_up", "grace")) == "GRACE"
    with pytest.raises(ValueError, match="out of luck"):
        run_task(tasks["last"])


def test_a_queue(database: str) -> None:
    with Client(database) as client:
        client.add_job("sign_up", "ada")
    assert drain(database, registry()).check().identifiers == ["sign_up"]
    [job] = jobs_of(database, "remind")
    assert drain(database, registry(), now=job.run_at).identifiers == ["remind"]
    assert [job.task_identifier for job in jobs_of(database)] == ["in_sql", "last"]


@pytest.mark.parametrize("options", [{}, {"row_factory": dict_row}, {"cursor_factory": psycopg.ClientCursor}])
def test_in_a_transaction_that_is_rolled_back(options: dict[str, Any], database: str) -> None:
    notices: list[str | None] = []
    with psycopg.connect(database, **options) as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        client = Client(connection)
        client.add_job("sign_up", "ada")
        assert drain(connection, registry()).check().identifiers == ["sign_up"]
        in_a_week = datetime.now(UTC) + timedelta(weeks=1)
        done = drain(connection, registry(), now=in_a_week)
        assert (done.identifiers, [failed.error.splitlines()[0] for failed in done.failed]) == (
            ["remind"],
            ["ValueError: out of luck"],
        )
        assert [job.task_identifier for job in jobs_of(connection)] == ["in_sql", "last"]
        # It is the test's as before.
        connection.execute("do $$ begin raise notice 'hello'; end $$")
        assert notices == ["hello"]
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        connection.rollback()
        assert jobs_of(connection) == []
    assert jobs_of(database) == []


def test_on_a_connection_in_autocommit_mode_everything_is_committed(database: str) -> None:
    with psycopg.connect(database, autocommit=True, prepare_threshold=0) as connection:
        connection.execute("select 1")
        Client(connection).add_job("sign_up", "ada")
        drain(connection, registry()).check()
        connection.execute("select 2")
        # As another session sees it.
        assert [job.task_identifier for job in jobs_of(database)] == ["remind"]


async def test_on_an_event_loop_it_is_refused(database: str) -> None:
    with pytest.raises(GraphileWorkerError, match="the plain drain was called on an event loop"):
        drain(database, registry())
    with pytest.raises(GraphileWorkerError, match="import run_task, and await"):
        run_task(registry()["last"])


def test_what_is_refused(database: str) -> None:
    with Client(database) as client:
        with pytest.raises(InvalidArgument, match="It is a RecordingClient"):
            run_task(registry()["last"], client=client)  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument, match="It is a connection string, or a"):
            drain(client, registry())  # type: ignore[arg-type]


def test_in_a_pipeline_it_is_refused(database: str) -> None:
    # Whose answers nobody would read: it waited for ever.
    with psycopg.connect(database) as connection:
        with connection.pipeline(), pytest.raises(InvalidArgument, match="is in a pipeline"):
            drain(connection, registry())
        Client(connection).add_job("last")
        assert [failed.job.task_identifier for failed in drain(connection, registry()).failed] == ["last"]
