"""An application's logging that is broken, at any line that the package logs: it costs no slot and no heartbeat."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import Recovery
from tests.py.faults.bad_tasks import Panic, tasks
from tests.py.faults.slots import slots
from tests.support import eventually

logger = logging.getLogger("graphile_worker")


class Raising(logging.Filter):
    """With a bug, at each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        raise Panic(record.msg)


@pytest.fixture(params=["logger", "handler"])
def broken_filter(request: pytest.FixtureRequest) -> Iterator[None]:
    handler = logging.StreamHandler()
    place: Any = logger if request.param == "logger" else handler
    place.addFilter(Raising())
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        logger.filters.clear()


@pytest.fixture(params=["raises", "sets job_id"])
def broken_factory(request: pytest.FixtureRequest) -> Iterator[None]:
    original = logging.getLogRecordFactory()

    def make(*args: Any, **keywords: Any) -> logging.LogRecord:
        record = original(*args, **keywords)
        if record.name == "graphile_worker":
            if request.param == "raises":
                raise KeyError("tenant")
            record.job_id = 1
        return record

    logging.setLogRecordFactory(make)
    try:
        yield
    finally:
        logging.setLogRecordFactory(original)


@pytest.mark.usefixtures("broken_filter")
async def test_a_filter_that_raises(shared_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    await _check(shared_database)
    assert "failed, attempt 1 of 1: ValueError: bad luck (not logged: Panic: " in capsys.readouterr().err


@pytest.mark.usefixtures("broken_factory")
async def test_a_factory_that_raises(shared_database: str) -> None:
    await _check(shared_database)


async def test_a_factory_that_sets_a_field_of_ours(
    shared_database: str, broken_factory: None, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    if "[sets" not in request.node.name:
        pytest.skip("the other kind loses the line")
    await _check(shared_database)
    assert any("ValueError: bad luck" in record.getMessage() for record in caplog.records)


async def _check(url: str) -> None:
    recovery = Recovery(heartbeat_interval=timedelta(seconds=0.2), sweep_interval=timedelta(seconds=0.5))
    async with slots(url, tasks, recovery=recovery) as worker:
        for _ in range(4):
            job = await worker.fail("loop", "ordinary")
            assert job.last_error is not None
            assert job.last_error.startswith("ValueError: bad luck")
            await worker.all_work()
        before = await _end_connections(url, worker.worker.id)
        # Each of its connections has said that it is gone; the heartbeats go on.
        await eventually(lambda: _beats_since(url, worker.worker.id, before))
        await worker.all_work()


async def _end_connections(url: str, worker_id: str) -> Any:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'graphile-worker%%' || %s",
            [worker_id],
        )
        [now] = await (await connection.execute("select clock_timestamp()")).fetchone() or [None]
    return now


async def _beats_since(url: str, worker_id: str, before: Any) -> bool:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        rows = await (
            await connection.execute(
                "select 1 from graphile_worker.list_workers() where worker_id = %s and last_heartbeat_at > %s",
                [worker_id, before],
            )
        ).fetchall()
    return bool(rows)
