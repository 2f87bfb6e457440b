"""One job: payload, handler, outcome, and what is logged of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    JobContext,
    TaskRegistry,
    Worker,
)


def _appender(seen: list[Any], payload_type: type) -> Callable[[Any], None]:
    def append(payload: Any) -> None:
        seen.append(payload)

    append.__annotations__["payload"] = payload_type
    return append


async def test_typed_payloads_are_checked_and_converted(database: str) -> None:
    @dataclass
    class Mail:
        to: str
        copies: int = 1

    class Size(TypedDict):
        width: int

    tasks = TaskRegistry()
    seen: list[Any] = []
    tasks.add(_appender(seen, Mail), "mail")
    tasks.add(_appender(seen, Size), "resize")

    async with AsyncClient(database) as client:
        await client.add_job("mail", Mail("ada@example.com", copies=2))
        await client.add_job("resize", {"width": 3})
        bad = await client.add_job("mail", {"to": 5})
        await Worker(database, tasks, concurrency=1).run_once()
        assert seen == [Mail("ada@example.com", copies=2), {"width": 3}]
        job = await client.show_job(bad.id)
        assert job is not None
        assert job.last_error == "PayloadError: the payload does not fit mail: Expected `str`, got `int` - at `$.to`"
        assert job.attempts == 1
        assert job.payload == {"to": 5}


@pytest.mark.parametrize("error", [ValueError, SystemExit, StopIteration, asyncio.CancelledError])
@pytest.mark.parametrize("kind", ["async", "plain"])
async def test_a_failing_job_is_kept_for_its_retry(database: str, kind: str, error: type[BaseException]) -> None:
    if kind == "plain" and error is asyncio.CancelledError:
        pytest.skip("a thread can't be cancelled")
    tasks = TaskRegistry()

    async def fail_async() -> None:
        raise error("no\0 good")

    def fail_plain() -> None:
        raise error("no\0 good")

    tasks.add(fail_async if kind == "async" else fail_plain, "fail")
    async with AsyncClient(database) as client:
        added = await client.add_job("fail", max_attempts=2)
        await Worker(database, tasks).run_once()
        job = await client.show_job(added.id)
        assert job is not None
        assert job.job_state == "scheduled"
        assert job.locked_by is None
        assert job.last_error is not None
        assert error.__name__ in job.last_error.partition("\n")[0]
        assert "/_runner.py" not in job.last_error
        delay = job.run_at - datetime.now(UTC)
        assert timedelta(0) < delay < timedelta(seconds=3)

        await client.reschedule_jobs([added.id], run_at=datetime.now(UTC))
        await Worker(database, tasks).run_once()
        assert (await client.show_job(added.id)).job_state == "failed"  # type: ignore[union-attr]


async def test_log_records_carry_the_job(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task
    def speak(payload: Any, context: JobContext) -> None:
        context.logger.warning("hear, hear")

    with Client(database) as client:
        job = client.add_job("speak")
    with caplog.at_level(logging.DEBUG, "graphile_worker"):
        await Worker(database, tasks).run_once()
    record = next(r for r in caplog.records if r.message == "hear, hear")
    assert (record.job_id, record.task_identifier, record.attempts) == (job.id, "speak", 1)  # type: ignore[attr-defined]
