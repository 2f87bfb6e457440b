"""Sweeps: several at once, rows that somebody holds, hooks that decide, and the watch over lost connections."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import (
    AsyncClient,
    Client,
    Fail,
    Hooks,
    JobRecovery,
    JobSpec,
    Reschedule,
    Skip,
    TaskRegistry,
    Worker,
    WorkerRecovered,
    migrate,
)
from graphile_worker._embedded import EmbeddedServer
from tests import support
from tests.py.recovery.dead_workers import counted_looks, die, worker_with
from tests.py.support.pooler import pgbouncer
from tests.py.support.sessions import Background, connect, connections, together
from tests.support import eventually

LATER = datetime(2100, 1, 1, tzinfo=UTC)
HOLDERS = """
    select l.pid, application_name from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and a.datname = current_database()
"""


def test_several_sweeps_at_once_take_back_everything_once(database: str) -> None:
    with Client(database) as client, connections(database, 6, autocommit=True) as sessions:
        workers = [f"w{n}" for n in range(20)]
        client.add_jobs(JobSpec(identifier="t", queue_name=None if n % 3 else f"q{n}") for n in range(20 * 70))
        die(sessions[0], workers, each=70)
        query = "select worker_id, recovered_jobs from sweep_stale_workers()"
        swept = [row for rows in together([lambda s=s: s.execute(query).fetchall() for s in sessions]) for row in rows]
        assert sorted(swept) == sorted((worker, 70) for worker in workers)
        assert sessions[0].execute("select distinct attempts from _private_jobs").fetchall() == [(0,)]
        crashed = client.list_crashes(limit=2000)
        assert (len(crashed), {(job.task_identifier, job.crashes) for job in crashed}) == (1400, {("t", 1)})
        assert sessions[0].execute("select * from list_locked_workers()").fetchall() == []


def test_a_sweep_and_the_recoveries_of_the_watch_at_once(database: str) -> None:
    """One goes by heartbeats, the others by connections; each worker is recovered by one of them."""
    with Client(database) as client, connections(database, 4, autocommit=True) as sessions:
        client.add_jobs(JobSpec(identifier="t") for _ in range(2000))
        die(sessions[0], ["w1", "w2"], each=1000)
        recover = """
            select worker_id, recovered_jobs
            from recover_workers('{w2,w1}', array(select last_heartbeat_at from _private_workers order by id desc), '0')
        """
        queries = ["select worker_id, recovered_jobs from sweep_stale_workers()", recover, recover, recover]
        functions = [lambda s=s, q=q: s.execute(q).fetchall() for s, q in zip(sessions, queries, strict=True)]
        assert sorted(row for rows in together(functions) for row in rows) == [("w1", 1000), ("w2", 1000)]


def test_rows_that_somebody_holds_are_left_for_the_next_sweep(database: str) -> None:
    with Client(database) as client, connections(database, 2) as [holder, monitor], connect(database) as sweeper:
        ids = client.add_jobs(JobSpec(identifier="t", queue_name=f"q{n}") for n in range(3))
        die(sweeper, ["w"], each=3)
        holder.execute("select from _private_jobs where id = %s for update", [ids[1]])
        sweep = "select recovered_jobs, skipped_jobs from sweep_stale_workers()"
        assert Background(sweeper, sweep).result() == [(2, 1)]
        # A heartbeat does not bring it back.
        assert sweeper.execute("select * from beat_workers('{w}')").fetchall() == []
        holder.rollback()
        assert sweeper.execute(sweep).fetchall() == [(1, 0)]
        assert sweeper.execute("select * from list_workers()").fetchall() == []
        monitor.rollback()


def test_a_heartbeat_during_a_sweep_waits_and_learns_of_it(database: str) -> None:
    with connections(database, 2) as [sweeper, worker], connect(database) as monitor:
        die(monitor, ["w"], each=0)
        assert sweeper.execute("select worker_id from sweep_stale_workers()").fetchall() == [("w",)]
        beat = Background(worker, "select worker_id from beat_workers('{w}')")
        beat.wait_blocked(monitor)
        sweeper.commit()
        assert beat.result() == []


def test_a_sweep_during_a_heartbeat_passes_it_over(database: str) -> None:
    with connections(database, 2) as [worker, sweeper], connect(database) as monitor:
        die(monitor, ["w"], each=0)
        worker.execute("select from beat_workers('{w}')")
        assert Background(sweeper, "select worker_id from sweep_stale_workers()").result() == []
        worker.commit()
        sweeper.rollback()
        assert sweeper.execute("select worker_id from sweep_stale_workers()").fetchall() == []


def test_who_holds_its_lock_is_not_missing(database: str) -> None:
    with connect(database) as worker, connect(database) as other:
        worker.execute("select hold_worker_locks('{w}')")
        worker.execute("""select worker_heartbeat('w', '{"session_lock": true}')""")
        missing = "select worker_id from list_missing_workers()"
        assert other.execute(missing).fetchall() == []
        assert other.execute("select hold_worker_locks('{w}')").fetchall() == []
        worker.close()
        assert support.wait_until(lambda: other.execute(missing).fetchall()) == [("w",)]


async def test_hooks_decide_about_each_job(database: str) -> None:
    hooks = Hooks()
    asked: list[JobRecovery] = []
    recovered: list[WorkerRecovered] = []
    hooks.on(WorkerRecovered)(recovered.append)

    @hooks.on(JobRecovery)
    async def decide(event: JobRecovery) -> Any:
        asked.append(event)
        return {
            "again": Reschedule(run_at=LATER, attempts=3),
            "later": Reschedule(run_at=LATER),
            "fail": Fail("its worker died"),
            "skip": Skip(),
        }.get(event.job.task_identifier)

    @hooks.on(JobRecovery)
    def broken(_event: JobRecovery) -> None:
        raise ValueError("a hook that raises decides nothing")

    async with AsyncClient(database) as client:
        names = ["default", "again", "later", "fail", "skip"]
        for name in names * 60:
            await client.add_job(name, {"n": 1}, queue_name=None)
        with connect(database) as connection:
            die(connection, ["dead"], each=300)
        async with worker_with(database, hooks):
            await eventually(lambda: sum(event.job_count for event in recovered) >= 240)
            # And at the next sweep again.
            await eventually(lambda: sum(event.job.task_identifier == "skip" for event in asked) >= 120)
        jobs = {job.task_identifier: job for job in await client.list_jobs(limit=300)}
        assert {event.dead_worker_ids[0] for event in recovered} == {"dead"}
        assert [event.job.task_identifier for event in asked[:5]] == names
        assert (asked[0].dead_worker_id, asked[0].job.payload, asked[0].crashes) == ("dead", {"n": 1}, 0)
        assert {name: job.attempts for name, job in jobs.items()} == {
            "default": 0, "again": 3, "later": 0, "fail": 1, "skip": 1
        }  # fmt: skip
        assert jobs["again"].run_at == jobs["later"].run_at == LATER
        assert jobs["fail"].last_error == "its worker died"
        assert {name for name, job in jobs.items() if job.locked_by} == {"skip"}
        assert jobs["skip"].locked_by == "dead"


@pytest.mark.timeout(120)
async def test_a_restart_of_the_server_makes_nobody_dead(restartable_server: EmbeddedServer) -> None:
    url = restartable_server.url
    migrate(url)
    recovered: list[WorkerRecovered] = []
    hooks = Hooks()
    hooks.on(WorkerRecovered)(recovered.append)
    options = {"connection_grace": timedelta(seconds=3)}
    workers = [worker_with(url, hooks, **options) for _ in range(3)]
    ids = {worker.id for worker in workers}
    with counted_looks() as looks:
        async with workers[0], workers[1], workers[2], AsyncClient(url) as client:
            for _ in range(2):
                await eventually(lambda: _registered(client, ids))
                await asyncio.to_thread(restartable_server.restart, "immediate")
                # Everybody has looked for longer than the grace since.
                before = len(looks)
                await eventually(lambda before=before: len(looks) > before + 9)
            await eventually(lambda: _registered(client, ids))
    assert recovered == []
    assert {worker.id for worker in workers} == ids


async def _registered(client: AsyncClient, ids: set[str]) -> bool:
    try:
        return {row.worker_id for row in await client.list_workers()} == ids
    except psycopg.OperationalError:
        return False


def test_behind_a_pooler_heartbeats_alone_count(database: str) -> None:
    async def run(url: str) -> None:
        tasks = TaskRegistry()
        tasks.add(lambda payload: None, "something else")
        worker = Worker(url, tasks, use_notifications=False, prepare_statements=False)
        async with worker, AsyncClient(database) as client:
            await eventually(client.list_workers)
            [row] = await client.list_workers()
            assert row.worker_id == worker.id
            assert row.metadata["session_lock"] is False
            with connect(database) as connection:
                assert connection.execute(HOLDERS).fetchall() == []
        with connect(database) as connection:
            assert connection.execute("select * from _private_workers").fetchall() == []

    with pgbouncer(database) as pooler:
        asyncio.run(run(pooler.url))


@pytest.mark.parametrize("kind", ["pool", "factory"])
async def test_the_heartbeat_has_a_connection_of_its_own(database: str, kind: str) -> None:
    """Like those of the caller's pool, or from the caller's function; not one of the pool's."""
    configured: list[int] = []

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        configured.append(connection.info.backend_pid)

    async def factory() -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(database, application_name="made here")

    pool = AsyncConnectionPool(database, open=False, max_size=4, min_size=0, configure=configure)
    async with pool, AsyncClient(database) as client:
        worker = worker_with(pool if kind == "pool" else factory)
        async with worker:
            await eventually(client.list_workers)
            with connect(database) as connection:
                holders = connection.execute(HOLDERS).fetchall()
            [(pid, name)] = holders
            assert name == "made here" if kind == "factory" else pid in configured
        assert await client.list_workers() == []


async def test_without_recovery_there_is_no_heartbeat(database: str) -> None:
    tasks = TaskRegistry()
    done = asyncio.Event()
    tasks.add(lambda payload: done.set(), "t")
    async with AsyncClient(database) as client, Worker(database, tasks, recovery=None):
        await client.add_job("t")
        await asyncio.wait_for(done.wait(), 20)
        assert [row for row in await client.list_workers() if row.last_heartbeat_at] == []


@pytest.mark.parametrize(("held", "level"), [(0, "INFO"), (2, "WARNING")])
async def test_a_dead_worker_that_held_nothing_is_no_warning(
    database: str, caplog: pytest.LogCaptureFixture, held: int, level: str
) -> None:
    caplog.set_level("INFO", "graphile_worker")
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="t") for _ in range(held))
    with connect(database, autocommit=True) as connection:
        die(connection, ["w"], each=held)

    def told() -> list[str]:
        said = f"worker w is dead: {held} of its jobs were recovered"
        return [record.levelname for record in caplog.records if record.getMessage().startswith(said)]

    async with worker_with(database):
        await eventually(lambda: bool(told()))
    assert told() == [level]
