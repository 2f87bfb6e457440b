"""Who listens for JobInterrupted hears of each job that is taken back, and costs a recovery no call per job."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient, Fail, Hooks, JobInterrupted, JobRecovery, JobSpec, Skip, WorkerRecovered
from graphile_worker._recovery import hooked_recovery
from graphile_worker._recovery.heartbeat import Heartbeat
from tests.py.recovery.dead_workers import NEVER, counted_looks, die, worker_with
from tests.py.support.sessions import connect, connections
from tests.py.support.workers import complaints, running
from tests.support import eventually

# The first has crashed four workers: the fifth is one too many.
CRASHED = """
    insert into _private_crashes (job_id, crashes, last_crashed_at, last_worker_id)
    select min(id), 4, now(), 'other' from _private_jobs
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of recoveries in this process, whose pages have four jobs."""
    found: list[str] = []
    real = Heartbeat.call

    async def noted(self: Heartbeat, connection: Any, statement: str, **params: Any) -> Any:
        found.append(statement)
        return await real(self, connection, statement, **params)

    monkeypatch.setattr(hooked_recovery, "_PAGE_UNASKED", 4)
    monkeypatch.setattr(Heartbeat, "call", noted)
    return found


async def test_jobs_that_nobody_decides_about_come_page_by_page(database: str, asked: list[str]) -> None:
    told: list[JobInterrupted] = []
    ended: list[WorkerRecovered] = []
    hooks = Hooks()
    hooks.on(JobInterrupted)(told.append)
    hooks.on(WorkerRecovered)(ended.append)
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="t") for _ in range(9))
        with connect(database) as connection:
            connection.execute(CRASHED.encode())
            die(connection, ["graphile_worker_dead"], each=9)
        async with running(worker := worker_with(database, hooks)):
            await eventually(lambda: ended)
        jobs = await client.list_jobs()
    assert [event.job_count for event in ended] == [8]
    assert {(e.worker_id, e.reason, e.dead_worker_id) for e in told} == {
        (worker.id, "worker_crashed", "graphile_worker_dead")
    }
    given_up = {job.id for job in jobs if job.job_state == "failed"}
    assert len(given_up) == 1
    assert {e.job.id: e.will_retry for e in told} == {job.id: job.id not in given_up for job in jobs}
    # Pages of 4, 4 and 1, and the end.
    assert asked.count("recover_jobs") == 4


async def test_what_is_left_by_a_decision_is_not_told(database: str, asked: list[str]) -> None:
    told: list[JobInterrupted] = []
    hooks = Hooks()
    hooks.on(JobInterrupted)(told.append)

    @hooks.on(JobRecovery)
    def decide(event: JobRecovery) -> Any:
        return {"skip": Skip(), "fail": Fail("no")}.get(event.job.task_identifier)

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier=name, max_attempts=1) for name in ("skip", "fail", "plain"))
        with connect(database) as connection:
            die(connection, ["graphile_worker_dead"], each=3)
        async with running(worker_with(database, hooks)):
            await eventually(lambda: len(told) == 2)
        [left] = await client.list_jobs(state="locked")
    assert left.task_identifier == "skip"
    assert {e.job.task_identifier: e.will_retry for e in told} == {"fail": False, "plain": True}
    assert asked.count("recover_jobs") >= 2


async def test_where_nobody_listens_one_call_takes_them_back(database: str, asked: list[str]) -> None:
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="t") for _ in range(9))
        with connect(database) as connection:
            die(connection, ["graphile_worker_dead"], each=9)
        async with running(worker_with(database)):
            await eventually(lambda: "recover_workers" in asked)
    assert "list_held_jobs" not in asked


async def test_what_somebody_else_is_taking_back_is_told_by_nobody_else(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Any] = []
    hooks = Hooks()
    hooks.on(JobInterrupted)(told.append)
    hooks.on(WorkerRecovered)(told.append)
    async with AsyncClient(database) as client:
        await client.add_job("t")
        with connect(database) as connection, connections(database, 1) as [holder], counted_looks() as looks:
            connection.execute("select get_jobs('dead', '{t}')")
            connection.execute("""select worker_heartbeat('dead', '{"session_lock": true}')""")
            holder.execute("select from _private_workers where id = 'dead' for update")
            async with running(
                worker_with(database, hooks, sweep_interval=NEVER, connection_grace=timedelta(seconds=1))
            ):
                await eventually(lambda: sum(bool(dead) for _, dead in looks) == 2)
                assert told == []
                assert not [line for line in complaints(caplog) if "is dead" in line]
                holder.rollback()
                await eventually(lambda: len(told) == 2)
    assert [type(event) for event in told] == [JobInterrupted, WorkerRecovered]
    assert told[1].job_count == 1
