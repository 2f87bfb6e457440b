"""A worker that was taken for dead while it lived learns of it and drops what it has; what it says late is void."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Hooks,
    JobContext,
    JobInterrupted,
    JobSpec,
    LocalQueue,
    Recovery,
    TaskRegistry,
    Worker,
    WorkerStart,
    WorkerSwept,
)
from tests.py.support.sessions import alter_function, connect
from tests.support import eventually

NEVER = timedelta(minutes=10)
# Heartbeats, but for those that something asks for, only once per test; nobody sweeps but the test.
ASKED = Recovery(heartbeat_interval=NEVER, sweep_interval=NEVER, sweep_threshold=timedelta(hours=1))
OFTEN = Recovery(heartbeat_interval=timedelta(milliseconds=200), sweep_interval=NEVER, sweep_threshold=NEVER)
SWEEP = """
    update _private_workers set last_heartbeat_at = '-infinity' where id like %(id)s || '%%';
    update _private_jobs set locked_at = now() - interval '1 hour' where locked_by like %(id)s || '%%';
"""


def sweep(connection: psycopg.Connection[Any], worker_id: str) -> int:
    """As if it had not been heard of for long; returns the number of jobs that were taken from it."""
    with connection.transaction():
        for statement in SWEEP.strip().split(";")[:-1]:
            connection.execute(statement.encode(), {"id": worker_id})
        query = "select coalesce(sum(recovered_jobs), 0) from sweep_stale_workers(recovery_delay => '0', force => true)"
        [count] = connection.execute(query).fetchone() or [None]
    return int(count or 0)


class Runs:
    """A task whose runs end when the test says so, and that records what they are."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.tasks = TaskRegistry()
        self.tasks.add(self._run, "run")
        self.hooks = Hooks()
        self.swept: list[WorkerSwept] = []
        self.lost: list[JobInterrupted] = []
        self.hooks.on(WorkerSwept)(self.swept.append)
        self.hooks.on(JobInterrupted)(self.lost.append)
        self.started: list[WorkerStart] = []
        self.hooks.on(WorkerStart)(self.started.append)
        self.contexts: list[JobContext] = []
        self.ended: list[JobContext] = []
        self.may_end: list[asyncio.Event] = []
        self._stubborn = stubborn

    async def _run(self, _payload: Any, context: JobContext) -> None:
        self.contexts.append(context)
        self.may_end.append(event := asyncio.Event())
        try:
            await event.wait()
        except asyncio.CancelledError:
            if not self._stubborn:
                raise
            await event.wait()
        self.ended.append(context)


async def locked_by(client: AsyncClient) -> list[str | None]:
    return [job.locked_by for job in await client.list_jobs(state="locked")]


async def test_handlers_are_cut_off_and_the_job_runs_again_under_the_new_id(database: str) -> None:
    runs = Runs()
    # It claims nothing by itself before its heartbeat tells it.
    worker = Worker(database, runs.tasks, concurrency=3, hooks=runs.hooks, recovery=OFTEN, poll_interval=NEVER)
    former_id = worker.id
    with connect(database) as connection:
        async with AsyncClient(database) as client, worker:
            job = await client.add_job("run")
            await eventually(lambda: runs.contexts)
            assert sweep(connection, worker.id) == 1
            # Before it knows, it may have claimed the job again under the old id.
            await eventually(lambda: runs.contexts[-1].worker_id == worker.id != former_id)
            *cut_off, last = runs.contexts
            assert all(context.is_cancelled and context.worker_id == former_id for context in cut_off)
            assert not last.is_cancelled
            assert (last.job.id, last.job.attempts) == (job.id, 1)
            await eventually(lambda: runs.swept)
            assert [(event.former_id, event.worker_id, event.job_count) for event in runs.swept] == [
                (former_id, worker.id, 1)
            ]
            await eventually(lambda: len(runs.lost) == len(cut_off))
            assert {(event.job.id, event.reason) for event in runs.lost} == {(job.id, "lost")}
            assert [row.worker_id for row in await client.list_workers()] == [worker.id]
            runs.may_end[-1].set()
            await eventually(lambda: _none_left(client))
    assert runs.ended == [last]


async def _none_left(client: AsyncClient, runs: Runs | None = None) -> bool:
    for event in runs.may_end if runs else ():
        event.set()
    return (await client.stats()).total == 0


async def test_a_handler_that_will_not_be_cancelled_changes_nothing(database: str) -> None:
    """The job is claimed again by the very process whose first run of it still goes on."""
    runs = Runs(stubborn=True)
    # It claims nothing by itself before its heartbeat tells it.
    worker = Worker(database, runs.tasks, concurrency=3, hooks=runs.hooks, recovery=OFTEN, poll_interval=NEVER)
    with connect(database) as connection:
        async with AsyncClient(database) as client, worker:
            await client.add_job("run")
            await eventually(lambda: runs.contexts)
            former_id = worker.id
            sweep(connection, former_id)
            await eventually(lambda: runs.contexts[-1].worker_id == worker.id != former_id)
            *stubborn, holding = runs.may_end
            for event in stubborn:
                event.set()
            await eventually(lambda: len(runs.ended) == len(stubborn))
            # Something else is handed in after it: what it came to has had its chance.
            await client.add_job("run")
            await eventually(lambda: len(runs.contexts) == len(stubborn) + 2)
            runs.may_end[-1].set()
            await eventually(lambda: _count_is(client, 1))
            assert await locked_by(client) == [worker.id]
            holding.set()
            await eventually(lambda: _none_left(client))


async def _count_is(client: AsyncClient, count: int) -> bool:
    return (await client.stats()).total == count


async def test_it_learns_at_its_next_call(database: str) -> None:
    """No heartbeat is due for minutes; what it hands in is not taken, so it asks."""
    runs = Runs()
    worker = Worker(database, runs.tasks, concurrency=3, hooks=runs.hooks, recovery=ASKED)
    former_id = worker.id
    with connect(database) as connection:
        async with AsyncClient(database) as client, worker:
            await client.add_jobs([JobSpec(identifier="run")] * 2)
            await eventually(lambda: len(runs.contexts) == 2)
            assert sweep(connection, worker.id) == 2
            runs.may_end[0].set()
            # The other one is cut off.
            await eventually(lambda: runs.swept)
            await eventually(lambda: runs.lost)
            assert worker.id != former_id
            # More, if both were claimed again under the old id before.
            await eventually(lambda: len(runs.contexts) >= 4)
            await eventually(lambda: _none_left(client, runs))


async def test_it_claims_nothing_under_the_old_id(database: str) -> None:
    """No heartbeat is due for minutes, and it has nothing to hand in: the claim says it."""
    runs = Runs()
    worker = Worker(database, runs.tasks, concurrency=1, hooks=runs.hooks, recovery=ASKED)
    former_id = worker.id
    with connect(database) as connection:
        async with AsyncClient(database) as client, worker:
            await eventually(lambda: runs.started)
            sweep(connection, former_id)
            await client.add_job("run")
            await eventually(lambda: runs.contexts)
            assert await locked_by(client) == [worker.id] == [runs.contexts[0].worker_id]
            assert worker.id != former_id
            assert [event.job_count for event in runs.swept] == [0]
            await eventually(lambda: _none_left(client, runs))
    assert len(runs.contexts) == 1


async def test_what_it_has_claimed_under_the_old_id_meanwhile_is_returned(database: str) -> None:
    """As when the sweep is committed while it claims."""
    with connect(database) as connection:
        alter_function(connection, "_private_claim", "not must_be_registered or", "true or")
    runs = Runs()
    worker = Worker(
        database, runs.tasks, concurrency=1, hooks=runs.hooks, recovery=ASKED, poll_interval=timedelta(seconds=0.05)
    )
    former_id = worker.id
    with connect(database) as connection:
        async with AsyncClient(database) as client, worker:
            await eventually(lambda: runs.started)
            sweep(connection, former_id)
            await client.add_job("run")
            await eventually(lambda: runs.contexts)
            assert await locked_by(client) == [former_id]
            worker._shared.alarm.ring()
            await eventually(lambda: len(runs.contexts) == 2)
            await eventually(lambda: runs.swept)
            assert await locked_by(client) == [worker.id]
            assert worker.id != former_id
            runs.may_end[1].set()
            await eventually(lambda: _none_left(client))
            assert [event.job_count for event in runs.swept] == [1]


async def test_only_the_lane_that_was_swept_is_renamed(database: str) -> None:
    runs = Runs()
    worker = Worker(
        database,
        runs.tasks,
        concurrency=2,
        hooks=runs.hooks,
        recovery=OFTEN,
        local_queue=LocalQueue(size=1, queue_count=2),
    )
    former_id = worker.id
    with connect(database) as connection:
        async with AsyncClient(database) as client, worker:
            await eventually(lambda: runs.started)
            assert sweep(connection, f"{former_id}_1") == 0
            await eventually(lambda: runs.swept)
            ids = {row.worker_id for row in await client.list_workers()}
            assert ids == {former_id, runs.swept[0].worker_id}
            assert worker.id == former_id
            await client.add_jobs([JobSpec(identifier="run")] * 4)
            await eventually(lambda: len(runs.contexts) == 2)
            assert {context.worker_id for context in runs.contexts} == ids
            await eventually(lambda: _none_left(client, runs))


async def test_stopping_after_a_sweep_leaves_nothing(database: str) -> None:
    runs = Runs()
    worker = Worker(database, runs.tasks, hooks=runs.hooks, recovery=ASKED, grace_period=timedelta(0))
    with connect(database) as connection:
        async with AsyncClient(database) as client:
            async with worker:
                await client.add_job("run")
                await eventually(lambda: runs.contexts)
                sweep(connection, worker.id)
            assert await locked_by(client) == []
            assert await client.list_workers() == []


@pytest.mark.parametrize("hand_in", ["complete_jobs", "fail_jobs", "return_jobs"])
def test_late_calls_change_no_row(database: str, hand_in: str) -> None:
    """Whoever holds the job by then: nobody, another, or the same worker under its new id."""
    call = {
        "complete_jobs": "select * from complete_jobs('old', %s)",
        "fail_jobs": "select * from fail_jobs('old', %s, '{late}')",
        "return_jobs": "select * from return_jobs('old', %s)",
    }[hand_in]
    with Client(database) as client, connect(database) as late, connect(database) as other:
        job = client.add_job("t", queue_name="q")
        for worker_id in (None, "another", "new"):
            late.execute("select worker_heartbeat('old')")
            other.execute("truncate _private_crashes")
            assert late.execute("select id from get_jobs('old')").fetchall() == [(job.id,)]
            assert sweep(other, "old") == 1
            if worker_id:
                assert other.execute("select id from get_jobs(%s)", [worker_id]).fetchall() == [(job.id,)]
            before = other.execute("select j::text, q::text from _private_jobs j, _private_job_queues q").fetchall()
            assert late.execute(call.encode(), [[job.id]]).fetchall() == []
            after = other.execute("select j::text, q::text from _private_jobs j, _private_job_queues q").fetchall()
            assert after == before
            if worker_id:
                assert other.execute("select return_jobs(%s, %s)", [worker_id, [job.id]]).fetchall() == [(job.id,)]
