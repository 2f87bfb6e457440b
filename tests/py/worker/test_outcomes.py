"""An outcome that the database refuses to record concerns its own job only: triggers that raise, text that is none."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient, BeforeJobRun, Fail, Hooks, JobFail, JobSpec, Worker
from tests.py.support.sessions import connect
from tests.py.support.workers import Recorder, backends, complaints, has_run, running, terminate
from tests.support import eventually

REFUSE = """
    create function refuse() returns trigger language plpgsql as $$
    begin
      if (old.payload->>'n')::integer = {poison} then
        raise exception 'the bookkeeping says no to %', old.id;
      end if;
      return coalesce(new, old);
    end $$;
    create trigger refuse before {event} on graphile_worker._private_jobs for each row {condition}
    execute function refuse();
"""


@pytest.mark.parametrize("count", [1, 2, 37])
async def test_one_job_that_cannot_be_deleted_fails_and_the_others_are_done(
    database: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    poison = count // 2
    with connect(database) as connection:
        connection.execute(REFUSE.format(poison=poison, event="delete", condition="").encode())
    recorder, failed, hooks = Recorder(), [], Hooks()
    hooks.on(JobFail)(lambda event: failed.append((event.job.id, event.will_retry)))
    worker = Worker(
        database,
        recorder.tasks,
        concurrency=8,
        hooks=hooks,
        complete_batch_delay=timedelta(milliseconds=100),
        recovery=None,
    )
    async with AsyncClient(database) as client:
        ids = await client.add_jobs(JobSpec(identifier="record", payload={"n": n}) for n in range(count))
        async with running(worker):
            await eventually(lambda: len_is(recorder.runs, count))
            await eventually(lambda: is_left(client, 1))
        [left] = await client.list_jobs()
    assert left.id == ids[poison]
    assert left.locked_at is None
    assert left.attempts == 1
    assert left.last_error is not None
    assert "refused to record its outcome" in left.last_error
    assert f"says no to {left.id}" in left.last_error
    assert failed == [(left.id, True)]
    assert recorder.runs == dict.fromkeys(range(count), 1)
    assert len(complaints(caplog)) == 1


async def len_is(runs: dict[int, int], count: int) -> bool:
    return len(runs) == count


async def is_left(client: AsyncClient, count: int) -> bool:
    stats = await client.stats()
    return stats.total == count and stats.locked == 0


@pytest.mark.parametrize("outcome", ["completed", "failed"])
async def test_one_job_that_cannot_be_touched_stays_locked_and_the_worker_goes_on(database: str, outcome: str) -> None:
    # Once claimed nobody may change it.
    with connect(database) as connection:
        condition = "when (old.locked_at is not null)"
        connection.execute(REFUSE.format(poison=3, event="update or delete", condition=condition).encode())
    recorder = Recorder()

    async def fail(payload: dict[str, int]) -> None:
        raise RuntimeError(f"bad {payload['n']}")

    recorder.tasks.add(fail, "fail")
    worker = Worker(database, recorder.tasks, concurrency=8, recovery=None)
    task = "record" if outcome == "completed" else "fail"
    async with AsyncClient(database) as client, running(worker):
        await client.add_jobs(JobSpec(identifier=task, payload={"n": n}) for n in range(8))
        await eventually(lambda: is_settled(client, ready=0, locked=1))
        # It goes on, over a lost connection, too: what stays locked is not taken for a claim that was cut off.
        await terminate(database, await backends(database, worker))
        await client.add_job("record", {"n": 100})
        await eventually(lambda: has_run(recorder, 100))
        await eventually(lambda: is_settled(client, ready=0, locked=1))
        stats = await client.stats()
        assert stats.total == (1 if outcome == "completed" else 8)


async def test_one_job_that_collides_every_time_stands_in_the_way_of_no_other(database: str) -> None:
    with connect(database) as connection:
        connection.execute(
            """
            create function collide() returns trigger language plpgsql as $$
            begin raise exception 'collided' using errcode = '40001'; end $$;
            create trigger collide before delete on _private_jobs
            for each row when (old.payload::text like '%3%') execute function collide();
            create trigger collide_claim before update on _private_jobs
            for each row when (old.payload::text like '%4%') execute function collide()"""
        )
    recorder = Recorder()
    worker = Worker(database, recorder.tasks, concurrency=8, recovery=None)
    async with AsyncClient(database) as client, running(worker):
        await client.add_jobs(JobSpec(identifier="record", payload={"n": n}, max_attempts=1) for n in range(8))
        await eventually(lambda: is_settled(client, ready=1, locked=0))
        errors = {job.last_error for job in await client.list_jobs(state="failed")}
        assert errors == {"the database refused to record its outcome: collided"}
        assert sorted(recorder.runs) == [0, 1, 2, 3, 5, 6, 7]


async def is_settled(client: AsyncClient, *, ready: int, locked: int) -> bool:
    stats = await client.stats()
    return stats.ready == ready and stats.locked == locked


async def test_messages_that_no_database_can_hold_are_recorded_all_the_same(database: str) -> None:
    recorder = Recorder()

    async def fail(payload: Any) -> None:
        raise RuntimeError("zero \0 and half a pair \ud83d")

    recorder.tasks.add(fail, "fail")
    hooks = Hooks()

    @hooks.on(BeforeJobRun)
    def veto(event: BeforeJobRun) -> Fail | None:
        return Fail("no \0 way") if event.job.payload_json == b'{"n":7}' else None

    async with AsyncClient(database) as client:
        await client.add_job("fail")
        await client.add_job("record", {"n": 7})
        await Worker(database, recorder.tasks, hooks=hooks, recovery=None).run_once()
        errors = {job.task_identifier: job.last_error or "" for job in await client.list_jobs()}
    assert errors["fail"].startswith("RuntimeError: zero \\0 and half a pair \\ud83d")
    assert errors["record"] == "no \\0 way"


@pytest.mark.parametrize("task", ["record", "fail"])
async def test_a_batch_delay_holds_up_no_queue(database: str, task: str) -> None:
    """One worker would hold the queue for an hour after its first job of it; three others wait for the next ones."""
    delay = timedelta(hours=1)
    recorder = Recorder()

    async def fail(payload: dict[str, int]) -> None:
        recorder.runs[payload["n"]] = recorder.runs.get(payload["n"], 0) + 1
        raise RuntimeError

    recorder.tasks.add(fail, "fail")
    slow = Worker(
        database, recorder.tasks, complete_batch_delay=delay, fail_batch_delay=delay, recovery=None, concurrency=2
    )
    async with AsyncClient(database) as client, AsyncExitStack() as others, running(slow):
        await client.add_job(task, {"n": 0}, queue_name="q")
        await eventually(lambda: has_run(recorder, 0))
        for _ in range(3):
            await others.enter_async_context(running(Worker(database, recorder.tasks, recovery=None)))
        await client.add_jobs(JobSpec(identifier=task, payload={"n": n}, queue_name="q") for n in range(1, 100))
        await eventually(lambda: len_is(recorder.runs, 100))
    assert set(recorder.runs.values()) == {1}
