"""A claim that reaches the server after its worker has given it up, and goes on by another connection."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from psycopg.pq import TransactionStatus

from graphile_worker import AsyncClient, Hooks, JobPermanentlyFail, Recovery, TaskRegistry, Worker
from graphile_worker._wire.call_timeout import CallTimeout
from graphile_worker._wire.connections import AsyncConnection
from graphile_worker._worker import late_claims
from graphile_worker._worker.dispatch import Lane
from tests.py.support.late_network import LateNetwork, late_network
from tests.py.support.pooler import pgbouncer
from tests.py.support.workers import fetch, running
from tests.support import eventually


class _Jobs:
    """One that takes the worker's only slot until it is let go, and others that are noted."""

    def __init__(self) -> None:
        self.tasks = TaskRegistry()
        self.is_busy = asyncio.Event()
        self.let_go = asyncio.Event()
        self.noted: list[int] = []
        self.tasks.add(self._hold, "hold")
        self.tasks.add(self.noted.append, "note")

    async def _hold(self, payload: dict[str, bool]) -> None:
        self.is_busy.set()
        await self.let_go.wait()
        if payload.get("fails"):
            raise ValueError("bad luck")


async def _claimed_late(client: AsyncClient, jobs: _Jobs, worker: Worker, network: LateNetwork) -> None:
    """Returns when the claim that was held up has reached the server, and there was something to claim."""
    await client.add_job("note", 1)
    await eventually(lambda: jobs.noted == [1])
    [lane] = worker._lanes.all
    lost = await _between_rounds(lane)
    network.hold(lost)
    lane.exchange._timeout = CallTimeout(first=0.3)
    # Its next look for jobs gets no answer; it opens another connection.
    await eventually(lambda: lane.exchange._connection not in (None, lost))
    lane.exchange._timeout = CallTimeout()
    await client.add_job("hold")
    await asyncio.wait_for(jobs.is_busy.wait(), 20)
    await client.add_job("note", 2, queue_name="q")
    await network.deliver()


async def _between_rounds(lane: Lane) -> AsyncConnection:
    """The lane's connection once no round is under way, until the caller awaits something: one that had begun would
    wait for its answer as long as workers do, a minute, whatever time the lane is given afterwards.
    """
    connection = lane.exchange._connection
    assert connection is not None
    await eventually(lambda: connection.info.transaction_status == TransactionStatus.IDLE)
    assert lane.exchange._connection is connection
    return connection


@pytest.mark.parametrize("recovery", [Recovery(), None], ids=["recovery", "no recovery"])
async def test_a_claim_that_is_delivered_late_takes_nothing(database: str, recovery: Recovery | None) -> None:
    jobs = _Jobs()
    async with late_network(database) as (network, url), AsyncClient(database) as client:
        worker = Worker(
            url,
            jobs.tasks,
            concurrency=1,
            recovery=recovery,
            use_notifications=False,
            read_ahead=timedelta(0),
            poll_interval=timedelta(milliseconds=50),
        )
        async with running(worker):
            await _claimed_late(client, jobs, worker, network)
            [waiting] = await client.list_jobs(task="note")
            assert (waiting.locked_by, waiting.attempts) == (None, 0)
            jobs.let_go.set()
            await eventually(lambda: jobs.noted == [1, 2])
        assert (await client.stats()).total == 0


@pytest.mark.parametrize("has_time_to_look", [True, False], ids=["looks", "stops before"])
async def test_behind_a_pooler_what_it_takes_is_found(
    database: str, has_time_to_look: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There no session is known that could be ended."""
    monkeypatch.setattr(late_claims, "_FIRST_PAUSE", 0.05 if has_time_to_look else 600.0)
    jobs = _Jobs()
    with pgbouncer(database) as pooler:
        async with late_network(pooler.url) as (network, url), AsyncClient(database) as client:
            worker = Worker(
                url,
                jobs.tasks,
                concurrency=1,
                use_notifications=False,
                read_ahead=timedelta(0),
                prepare_statements=False,
                poll_interval=timedelta(milliseconds=50),
            )
            async with running(worker):
                await _claimed_late(client, jobs, worker, network)
                locked = "select 1 from graphile_worker.jobs where task_identifier = 'note' and locked_by is not null"
                assert await fetch(database, locked)
                jobs.let_go.set()
                if has_time_to_look:
                    await eventually(lambda: jobs.noted == [1, 2])
                else:
                    await eventually(lambda: _is_done(client, "hold"))
            left = await client.list_jobs()
            assert [(job.locked_by, job.attempts) for job in left] == [(None, 0)] * (not has_time_to_look)
            assert (await client.stats()).locked_queues == 0


async def _is_done(client: AsyncClient, task: str) -> bool:
    return not await client.list_jobs(task=task)


@pytest.mark.parametrize("fails", [False, True], ids=["completed", "failed"])
async def test_an_outcome_whose_answer_got_lost_is_said_to_be_recorded(
    database: str, fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = _Jobs()
    told: list[JobPermanentlyFail] = []
    hooks = Hooks()
    hooks.on(JobPermanentlyFail)(told.append)
    async with late_network(database) as (network, url), AsyncClient(database) as client:
        caplog.set_level("INFO", "graphile_worker")
        worker = Worker(
            url,
            jobs.tasks,
            use_notifications=False,
            hooks=hooks,
            # Nor may the answer to a look for jobs be the one that is lost: it finds the job when it starts.
            poll_interval=timedelta(minutes=10),
            # To prepare one is a call of its own, whose answer could be lost, too.
            prepare_statements=False,
        )
        await client.add_job("hold", {"fails": fails}, max_attempts=1)
        async with running(worker):
            await asyncio.wait_for(jobs.is_busy.wait(), 20)
            [lane] = worker._lanes.all
            network.lose_answers(await _between_rounds(lane))
            lane.exchange._timeout = CallTimeout(first=0.5)
            jobs.let_go.set()
            await eventually(lambda: "the outcome of 1 jobs is recorded" in caplog.text)
            await eventually(lambda: not fails or told)
        assert (await client.stats()).failed == fails
    assert "taken" not in caplog.text
