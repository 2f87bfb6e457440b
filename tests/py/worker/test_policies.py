"""A worker publishes what its code says of its tasks, and obeys what holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Fixed,
    JobDetails,
    Limit,
    Linear,
    Recovery,
    TaskPolicy,
    TaskRegistry,
    ThreadContext,
    Worker,
)
from graphile_worker.testing import drain
from tests.py.support.workers import Recorder, complaints, has_run, running, set_database
from tests.support import eventually

HOUR = timedelta(hours=1)


def published(client: Client) -> dict[str, TaskPolicy]:
    return {policy.task_identifier: policy for policy in client.list_task_policies()}


async def run(database: str, **options: Any) -> None:
    """Starts a worker whose only task has these options."""
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t", **options)
    await Worker(database, tasks).run_once()


async def test_a_worker_publishes_what_its_code_says(database: str) -> None:
    with Client(database) as client:
        await run(database)
        assert published(client) == {}
        await run(database, max_attempts=3, retry=Linear("1m"), timeout=HOUR)
        policy = published(client)["t"]
        assert (policy.max_attempts, policy.timeout, policy.from_operator) == (3, HOUR, [])
        assert policy.retry["kind"] == "linear"
        client.set_task_policy("t", max_attempts=7)
        # The next release has fewer of them.
        await run(database, priority=2, max_attempts=3)
        policy = published(client)["t"]
        assert (policy.max_attempts, policy.priority, policy.timeout, policy.retry) == (7, 2, None, None)
        client.reset_task_policy("t")
        job = client.add_job("t")
        assert (job.max_attempts, job.priority) == (3, 2)
        await run(database)
        assert published(client) == {}


async def test_a_worker_publishes_limits(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t", limit=Limit(max_running=3, rate=100, per=HOUR, burst=20, weight_by="cost"))
    tasks.limit_queue("tenant:*", width=2, share=3)
    with Client(database) as client:
        await Worker(database, tasks).run_once()
        pattern, task = client.list_limits()
        assert (pattern.kind, pattern.name, pattern.max_running, pattern.share) == ("pattern", "tenant:*", 2, 3)
        assert (task.max_running, task.rate, task.per, task.burst, task.weight_by) == (3, 100, HOUR, 20, "cost")
        assert pattern.from_operator == task.from_operator == []
        client.limit_task("t", max_running=7)
        # The next release limits less.
        tasks = TaskRegistry()
        tasks.add(lambda: None, "t", limit=Limit(max_running=4))
        tasks.limit_queue("tenant:*")
        await Worker(database, tasks).run_once()
        [task] = client.list_limits()
        assert (task.max_running, task.rate) == (7, None)
        client.unlimit_task("t")
        assert client.list_limits()[0].max_running == 4
        await run(database)
        assert client.list_limits() == []


async def test_who_limits_nothing_uses_no_room(database: str) -> None:
    await run(database)
    with psycopg.connect(database) as connection:
        assert connection.execute("select room from graphile_worker._private_rooms").fetchall() == []


async def test_retries_wait_as_long_as_the_policy_says(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task(retry=Fixed([HOUR]))
    async def by_policy() -> None:
        raise ValueError("no")

    @tasks.task(retry=lambda attempts, error: 2 * HOUR)
    async def by_function() -> None:
        raise ValueError("no")

    @tasks.task(give_up_on=LookupError)
    async def given_up() -> None:
        raise KeyError("no")

    async with AsyncClient(database) as client:
        before = datetime.now(UTC)
        for name in tasks:
            await client.add_job(name)
        await Worker(database, tasks).run_once()
        jobs = {job.task_identifier: job for job in await client.list_jobs()}
    minute = timedelta(minutes=1)
    assert timedelta(0) <= jobs["by_policy"].run_at - before - HOUR < minute
    assert timedelta(0) <= jobs["by_function"].run_at - before - 2 * HOUR < minute
    assert (jobs["given_up"].job_state, jobs["given_up"].attempts) == ("failed", 25)
    assert "KeyError" in (jobs["given_up"].last_error or "")


async def test_what_no_handler_has_raised_is_tried_again(database: str) -> None:
    """Whatever `retry_on` says: items of a batch that failed, and a thread that was stopped."""
    tasks = TaskRegistry()

    @tasks.batch(retry_on=OSError)
    async def items(items: list[int]) -> list[str | None]:
        return [None if item else "no item 0" for item in items]

    @tasks.task(retry_on=OSError, timeout=timedelta(milliseconds=200))
    def slow(_payload: Any, context: ThreadContext) -> None:
        while True:
            context.client.list_queues()

    async with AsyncClient(database) as client:
        await client.add_batch_job("items", [0, 1, 0])
        await client.add_job("slow")
        await Worker(database, tasks).run_once()
        jobs = {job.task_identifier: job for job in await client.list_jobs()}
        assert {name: (job.job_state, job.attempts) for name, job in jobs.items()} == {
            "items": ("scheduled", 1),
            "slow": ("scheduled", 1),
        }
        shown = await client.show_job(jobs["items"].id)
        assert shown is not None
        assert shown.payload == [0, 0]
    assert "JobCancelled" in (jobs["slow"].last_error or "")


@pytest.mark.parametrize("way", ["worker", "drain"])
@pytest.mark.parametrize(("code", "operator", "fails"), [("fail", None, True), ("retry", None, False),
                                                        (None, None, False), ("fail", "retry", False),
                                                        (None, "fail", True)])  # fmt: skip
async def test_a_payload_that_does_not_fit(database: str, code: Any, operator: Any, fails: bool, way: str) -> None:
    tasks = TaskRegistry()

    @tasks.task(bad_payload=code)
    async def count(number: int) -> None: ...

    async with AsyncClient(database) as client:
        if operator is not None:
            await client.set_task_policy("count", bad_payload=operator)
        added = await client.add_job("count", "many")
        await (drain(database, tasks) if way == "drain" else Worker(database, tasks).run_once())
        job = await client.show_job(added.id)
    assert isinstance(job, JobDetails)
    assert (job.last_error or "").startswith("PayloadError")
    assert job.job_state == ("failed" if fails else "scheduled")


async def test_a_policy_of_an_operator_is_seen_by_workers_of_any_language(database: str) -> None:
    """What psql adds has what the code says."""
    await run(database, max_attempts=4)
    with psycopg.connect(database) as connection:
        row = connection.execute("select max_attempts from graphile_worker.add_job('t')").fetchone()
    assert row == (4,)


async def test_what_can_not_be_published_keeps_no_worker_from_its_jobs(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is published later; until then the code says how long a job may take."""
    tasks = TaskRegistry()

    @tasks.task(timeout=timedelta(milliseconds=50), max_attempts=3)
    async def slow() -> None:
        await asyncio.Event().wait()

    async with AsyncClient(database) as client, await psycopg.AsyncConnection.connect(
        database, autocommit=True
    ) as admin:  # fmt: skip
        job = await client.add_job("slow")
        await admin.execute("alter function graphile_worker.publish_task_policies rename to away")
        recovery = Recovery(heartbeat_interval=timedelta(seconds=1), sweep_threshold=timedelta(seconds=10))
        async with Worker(database, tasks, recovery=recovery):

            async def has_timed_out() -> bool:
                found = await client.show_job(job.id)
                return found is not None and (found.last_error or "").startswith("Timed out")

            await eventually(has_timed_out)
            assert await client.list_task_policies() == []
            await admin.execute("alter function graphile_worker.away rename to publish_task_policies")

            async def is_published() -> bool:
                return [policy.max_attempts for policy in await client.list_task_policies()] == [3]

            await eventually(is_published)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert (
        len([text for text in warnings if text.startswith("policies and limits of this worker's tasks are not")]) == 1
    )


async def test_a_worker_starts_beside_a_database_that_is_still_read_only(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A standby: it claims once that is the one to write to."""
    recorder = Recorder()
    worker = Worker(database, recorder.tasks, poll_interval=timedelta(milliseconds=50), recovery=None)
    async with AsyncClient(database) as client:
        await client.add_job("record", {"n": 1})
    await set_database(database, "default_transaction_read_only", "on")
    async with running(worker):
        await eventually(lambda: any("trying again" in line for line in complaints(caplog)))
        assert not recorder.runs
        await set_database(database, "default_transaction_read_only", None)
        await eventually(lambda: has_run(recorder, 1))
