"""What a recovery can't take back, or a hook can't decide, is left for a later one, and keeps nobody busy."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Fail,
    Hooks,
    InvalidArgument,
    JobRecovery,
    JobSpec,
    Reschedule,
    Skip,
    WorkerRecovered,
)
from graphile_worker._recovery import hooked_recovery
from graphile_worker._recovery.heartbeat import Heartbeat
from tests.py.recovery.dead_workers import NEVER, SOON, counted_looks, die, worker_with
from tests.py.support.sessions import connect, connections
from tests.py.support.workers import complaints, set_database
from tests.support import eventually

GRACE = {"connection_grace": timedelta(seconds=1)}
DEAD = """select worker_heartbeat('dead', '{"session_lock": true}')"""


def refuse(connection: psycopg.Connection[Any], *, deferred: bool = False) -> None:
    """A trigger that lets nobody take back jobs of priority 1."""
    connection.execute("""
        create function public.refuse() returns trigger language plpgsql as $$
        begin
          if new.priority = 1 and old.locked_at is not null and new.locked_at is null then raise 'not this one'; end if;
          return new;
        end $$""")
    kind, when = ("constraint ", "deferrable initially deferred ") if deferred else ("", "")
    trigger = f"create {kind}trigger refuse after update on _private_jobs {when}for each row execute function refuse()"
    connection.execute(trigger.encode())


@pytest.mark.parametrize("kind", ["refused", "held by somebody", "skipped by a hook"])
async def test_what_stays_behind_keeps_nobody_busy(database: str, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    hooks = Hooks()
    recovered: list[WorkerRecovered] = []
    hooks.on(WorkerRecovered)(recovered.append)
    if kind == "skipped by a hook":
        hooks.on(JobRecovery)(lambda event: Skip() if event.job.priority == 1 else None)
    with connect(database) as connection, connections(database, 1) as [holder], counted_looks() as looks:
        with Client(database) as client:
            client.add_jobs(JobSpec(identifier="t", priority=n) for n in (0, 1))
        connection.execute("select get_jobs('dead', max_jobs => 2)")
        connection.execute(DEAD.encode())
        if kind == "refused":
            refuse(connection)
        if kind == "held by somebody":
            holder.execute("select from _private_jobs where priority = 1 for update")
        # Sweeps are rare in between: looks alone.
        async with worker_with(database, hooks, sweep_threshold=NEVER, **GRACE):
            await eventually(lambda: recovered)
            before = len(looks)
            await eventually(lambda: len(looks) > before + 12)
        assert [(event.dead_worker_ids, event.job_count) for event in recovered] == [(["dead"], 1)]
        assert [dead for _, dead in looks if dead] == [{"dead"}]
        assert len([line for line in complaints(caplog) if "is dead" in line]) == 1
        left = connection.execute("select priority from _private_jobs where locked_by = 'dead'").fetchall()
        assert left == [(1,)]
        if kind == "held by somebody":
            # The next sweep has it, long before the threshold.
            holder.rollback()
            async with worker_with(database, hooks, sweep_threshold=NEVER, **GRACE):
                await eventually(lambda: len(recovered) == 2)
            assert recovered[1].job_count == 1


async def test_a_worker_that_somebody_else_deals_with_is_tried_again_after_another_grace(database: str) -> None:
    with connect(database) as connection, connections(database, 1) as [holder], counted_looks() as looks:
        connection.execute(DEAD.encode())
        holder.execute("select from _private_workers where id = 'dead' for update")
        async with worker_with(database, sweep_interval=NEVER, **GRACE):
            await eventually(lambda: sum(bool(dead) for _, dead in looks) == 3)
        tries = [now for now, dead in looks if dead]
        assert all(after - before >= 1 for before, after in pairwise(tries)), looks


async def test_a_constraint_that_is_deferred_keeps_back_one_job(database: str) -> None:
    with connect(database) as connection, Client(database) as client:
        client.add_jobs(JobSpec(identifier="t", priority=n) for n in range(3))
        die(connection, ["dead"], each=3)
        refuse(connection, deferred=True)
        assert connection.execute("select recovered_jobs, skipped_jobs from sweep_stale_workers()").fetchall() == [
            (2, 1)
        ]
        assert connection.execute("select priority from _private_jobs where locked_by = 'dead'").fetchall() == [(1,)]


async def test_a_slow_recovery_costs_no_heartbeat(database: str) -> None:
    """A trigger waits for a lock while the worker goes on to say that it lives; no timeout undoes the recovery."""
    async with AsyncClient(database) as client:
        await client.add_job("t")
        with connect(database) as connection, connections(database, 1) as [holder]:
            die(connection, ["dead"], each=1)
            connection.execute("""
                create function public.linger() returns trigger language plpgsql as $$
                begin perform pg_advisory_xact_lock(4711); return new; end $$""")
            connection.execute(
                "create trigger linger before update on _private_jobs for each row execute function linger()"
            )
            await set_database(database, "statement_timeout", "1s")
            holder.execute("select pg_advisory_xact_lock(4711)")
            async with worker_with(database) as worker:
                waiting = "select pid from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"
                [sweeping] = await eventually(lambda: connection.execute(waiting.encode()).fetchall())
                beats: set[datetime | None] = set()

                async def has_beaten() -> bool:
                    beats.update(
                        row.last_heartbeat_at for row in await client.list_workers() if row.worker_id == worker.id
                    )
                    return len(beats) > 6

                # For longer than the threshold.
                await eventually(has_beaten)
                assert connection.execute(waiting.encode()).fetchall() == [sweeping]
                holder.rollback()
                await eventually(lambda: connection.execute("select from jobs where locked_by is null").fetchall())


async def test_no_decision_of_a_hook_stops_the_recovery(database: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()
    slow = asyncio.Event()

    @hooks.on(JobRecovery)
    async def decide(event: JobRecovery) -> Any:
        match event.job.task_identifier:
            case "surrogate":
                return Fail("bad \ud83d")
            case "nul":
                return Fail("a\0b")
            case "too many":
                return Reschedule(attempts=2**40)
            case "not text":
                return Fail(ValueError("odd"))  # type: ignore[arg-type]
            case "odd":
                return OddFail("a class of its own")
            case "naive":
                return Reschedule(run_at=datetime(2100, 1, 1))  # noqa: DTZ001
            case "aware":
                return Reschedule(run_at=datetime(2100, 1, 1, tzinfo=UTC))
            case "never":
                await slow.wait()
        return None

    names = ["surrogate", "never", "nul", "too many", "not text", "odd", "naive", "aware", "plain"]
    async with AsyncClient(database) as client:
        for name in names:
            await client.add_job(name)
        with connect(database) as connection, pytest.MonkeyPatch.context() as patch:
            patch.setattr(hooked_recovery, "_DECIDE_WITHIN", 0.2)
            die(connection, ["dead"], each=len(names))
            async with worker_with(database, hooks):
                held = "select task_identifier from jobs where locked_by = 'dead'"
                await eventually(lambda: len(connection.execute(held.encode()).fetchall()) == 2)
                assert set(connection.execute(held.encode()).fetchall()) == {("never",), ("odd",)}
                # Both are asked about again.
                slow.set()
                await eventually(lambda: connection.execute(held.encode()).fetchall() == [("odd",)])
            errors = dict(
                connection.execute("select task_identifier, last_error from jobs where locked_by is null").fetchall()
            )
    assert errors.pop("surrogate") == "bad \\ud83d"
    assert errors.pop("nul") == "a\\0b"
    assert errors.pop("not text") == "odd"
    assert set(errors.values()) == {"Job recovered after worker interruption"}
    assert any("can not be carried out" in line for line in complaints(caplog))


class OddFail(Fail):
    """Not one of those that are known."""


async def test_the_sweeper_outlives_whatever_is_raised(database: str, caplog: pytest.LogCaptureFixture) -> None:
    recovered: list[WorkerRecovered] = []
    hooks = Hooks()
    hooks.on(WorkerRecovered)(recovered.append)
    real, raised = Heartbeat.call, 0

    async def broken(self: Heartbeat, connection: Any, statement: str, **params: Any) -> Any:
        nonlocal raised
        if raised < 3 and statement == "recover_workers":
            raised += 1
            raise ValueError("not of the database")
        return await real(self, connection, statement, **params)

    with connect(database) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Heartbeat, "call", broken)
        die(connection, ["dead"], each=0)
        async with worker_with(database, hooks, sweep_interval=SOON):
            await eventually(lambda: recovered)
    assert raised == 3
    # The first and the second.
    assert len([line for line in complaints(caplog) if "not of the database" in line]) == 2


@pytest.mark.parametrize("bad", [{"attempts": -1}, {"attempts": 32768}, {"attempts": "3"}, {"run_at": "soon"}], ids=str)
def test_a_reschedule_out_of_bounds(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        Reschedule(**bad)


def test_the_queue_of_a_job_that_somebody_holds_is_not_released_without_it(database: str) -> None:
    """Else another worker gets the next job of the queue while this one may still be run."""
    with connect(database) as connection, connections(database, 1) as [holder], Client(database) as client:
        ids = client.add_jobs(JobSpec(identifier="t", queue_name="q") for _ in range(2))
        assert connection.execute("select id from get_jobs('old', max_jobs => 5)").fetchall() == [(ids[0],)]
        connection.execute("update _private_jobs set locked_at = now() - interval '5 hours' where locked_by = 'old'")
        connection.execute("update _private_job_queues set locked_at = now() - interval '5 hours'")
        holder.execute("select from _private_jobs where id = %s for update", [ids[0]])
        assert connection.execute("select * from release_expired_locks()").fetchall() == []
        assert connection.execute("select id from get_jobs('new', max_jobs => 5)").fetchall() == []
        holder.rollback()
        released = connection.execute("select job_id, queue_name from release_expired_locks()").fetchall()
        assert released == [(ids[0], "q")]
        assert connection.execute("select id from get_jobs('new', max_jobs => 5)").fetchall() == [(ids[0],)]
