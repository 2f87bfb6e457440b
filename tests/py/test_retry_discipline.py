"""What passes is tried again, with pauses and few words; what does not pass concerns the one job it is about.

The faults are the server's own: real deadlocks, read-only sessions, roles without a connection left, triggers that
raise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from graphile_worker import AsyncClient, BeforeJobRun, Fail, Hooks, JobFail, JobSpec, Recovery, Worker, WorkerStart
from graphile_worker._connect import is_transient, was_rolled_back
from graphile_worker._patience import Patience
from tests.py.sessions import Background, connect
from tests.py.test_worker_faults import Recorder, backends, eventually, fetch
from tools.faults.proxy import proxied


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """A worker that has started, and is stopped in the end."""
    started = asyncio.Event()
    worker.hooks.on(WorkerStart)(lambda _event: started.set())
    async with worker:
        async with asyncio.timeout(30):
            await started.wait()
        yield


async def terminate(url: str, pids: list[int]) -> None:
    await fetch(url, "select pg_terminate_backend(pid) from unnest(%s::int[]) as p (pid)", pids)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    ours = [record for record in caplog.records if record.name == "graphile_worker"]
    return [record.message for record in ours if record.levelno >= logging.WARNING]


async def set_database(url: str, setting: str, value: str | None) -> None:
    """A setting of the database, for sessions to come."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("set default_transaction_read_only = off")
        name = sql.Identifier(connection.info.dbname)
        statement = sql.SQL("alter database {} reset {}" if value is None else "alter database {} set {} = {}")
        parts = [name, sql.Identifier(setting), *([] if value is None else [sql.Literal(value)])]
        await connection.execute(statement.format(*parts))


async def test_a_node_that_turns_read_only_is_left_for_the_one_that_is_not(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As in a failover: a session on the old node stays read-only for ever; a new one leads to the new node."""
    recorder = Recorder()
    worker = Worker(database, recorder.tasks, poll_interval=timedelta(milliseconds=50), recovery=None)
    async with AsyncClient(database) as client, running(worker):
        await client.add_job("record", {"n": 1})
        await eventually(lambda: has_run(recorder, 1))
        await set_database(database, "default_transaction_read_only", "on")
        await terminate(database, await backends(database, worker))
        # That of the client is an older one.
        await client.add_job("record", {"n": 2})
        await asyncio.sleep(2)
        assert set(recorder.runs) == {1}
        await set_database(database, "default_transaction_read_only", None)
        await eventually(lambda: has_run(recorder, 2))
    assert recorder.runs == {1: 1, 2: 1}
    # With pauses that double, two seconds are worth about six tries, of which the first, second and fourth are told.
    assert 1 <= len(complaints(caplog)) <= 8, complaints(caplog)


async def has_run(recorder: Recorder, n: int) -> bool:
    return n in recorder.runs


async def test_without_a_connection_left_it_waits_its_turn(database: str, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    role = f"worker_{database.rpartition('_')[2]}"
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as admin:
        identifier = sql.Identifier(role)
        await admin.execute(sql.SQL("create role {} login password 'secret'").format(identifier))
        try:
            await admin.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
            url = psycopg.conninfo.make_conninfo(database, user=role, password="secret")
            worker = Worker(url, recorder.tasks, poll_interval=timedelta(milliseconds=50), recovery=None)
            async with running(worker):
                pids = await backends(database, worker)
                await admin.execute(sql.SQL("alter role {} connection limit 0").format(identifier))
                await terminate(database, pids)
                async with AsyncClient(database) as client:
                    await client.add_job("record", {"n": 1})
                await asyncio.sleep(2)
                assert recorder.runs == {}
                await admin.execute(sql.SQL("alter role {} connection limit -1").format(identifier))
                await eventually(lambda: has_run(recorder, 1))
        finally:
            await admin.execute(sql.SQL("drop owned by {0}; drop role {0}").format(identifier))
    assert recorder.runs == {1: 1}
    assert any("too many connections" in line for line in complaints(caplog))
    assert len(complaints(caplog)) <= 8, complaints(caplog)


async def test_a_deadlock_costs_nothing_but_time(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody who keeps no lock order meets a worker that hands in; the server ends the worker's call."""
    recorder = Recorder()
    # Whoever has waited for that long finds out that it can't go on, and gives way: the worker.
    await set_database(database, "deadlock_timeout", "1s")
    worker = Worker(
        database, recorder.tasks, concurrency=2, complete_batch_delay=timedelta(milliseconds=300), recovery=None
    )
    async with AsyncClient(database) as client, running(worker):
        with connect(database, autocommit=False) as other, connect(database) as monitor:
            other.execute("set deadlock_timeout = '1min'")
            lock = "select id from _private_jobs where id = {} for update"
            first, second = await client.add_jobs(JobSpec(identifier="record", payload={"n": n}) for n in range(2))
            await eventually(lambda: has_run(recorder, 1))
            other.execute(lock.format(second).encode())
            blocked = "select exists (select from pg_locks where not granted)"
            await eventually(lambda: is_true(monitor, blocked))
            waiting = Background(other, lock.format(first))
            await eventually(lambda: is_over(waiting))
            assert waiting.result() == [(first,)]
            other.rollback()
        await eventually(lambda: is_empty(client))
    assert recorder.runs == {0: 1, 1: 1}
    assert any("deadlock detected" in line for line in complaints(caplog)), complaints(caplog)


async def is_true(connection: psycopg.Connection[Any], query: str) -> bool:
    return (connection.execute(query.encode()).fetchone() or [False])[0]


async def is_over(statement: Background) -> bool:
    return statement.done


async def is_empty(client: AsyncClient) -> bool:
    return (await client.stats()).total == 0


async def test_serialization_failures_are_got_over(database: str) -> None:
    """Workers of a database whose transactions are serializable refuse each other's claims all the time."""
    await set_database(database, "default_transaction_isolation", "serializable")
    recorder = Recorder()
    workers = [Worker(database, recorder.tasks, concurrency=4, recovery=None) for _ in range(3)]
    async with AsyncClient(database) as client:
        for start in range(0, 300, 50):
            specs = [
                JobSpec(identifier="record", payload={"n": n}, queue_name=f"q{n % 3}" if n % 2 else None)
                for n in range(start, start + 50)
            ]
            await again(lambda specs=specs: client.add_jobs(specs))
        await asyncio.gather(*(worker.run_once() for worker in workers))
        assert (await client.stats()).total == 0
    assert recorder.runs == dict.fromkeys(range(300), 1)


async def again(call: Any) -> Any:
    while True:
        try:
            return await call()
        except psycopg.errors.SerializationFailure:
            pass


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
        stats = await client.stats()
        assert stats.locked == 1
        assert stats.total == (1 if outcome == "completed" else 8)


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


async def test_refused_connections_are_not_hammered(database: str, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    async with proxied(database) as (proxy, url), AsyncClient(database) as client:
        worker = Worker(url, recorder.tasks, poll_interval=timedelta(milliseconds=20))
        async with running(worker):
            proxy.refuse()
            before = proxy.accepted
            await asyncio.sleep(3)
            # Each of the worker's few connections is tried again after 0.1, 0.2, 0.4, 0.8, 1.6 s, or half that.
            assert 2 <= proxy.accepted - before <= 40
            proxy.restore()
            await client.add_job("record", {"n": 1})
            await eventually(lambda: has_run(recorder, 1))
    assert len(complaints(caplog)) <= 12, complaints(caplog)


async def test_a_silent_network_does_not_keep_a_worker_from_stopping(database: str) -> None:
    recorder = Recorder()
    async with proxied(database) as (proxy, url), AsyncClient(database) as client:
        worker = Worker(url, recorder.tasks, grace_period=timedelta(0), poll_interval=timedelta(milliseconds=20))
        run = asyncio.create_task(worker.run())
        await eventually(lambda: backends(database, worker))
        proxy.silence()
        await client.add_job("record", {"n": 1})
        # Long enough for it to ask.
        await asyncio.sleep(0.5)
        worker.stop()
        done, _ = await asyncio.wait({run}, timeout=40)
        assert done, "it still waits for an answer"


async def test_calls_without_an_answer_are_made_again_on_new_connections(database: str) -> None:
    """What was sent into the silence never comes through, and those connections stay open for ever."""
    recorder = Recorder()
    recovery = Recovery(
        heartbeat_interval=timedelta(milliseconds=500),
        sweep_threshold=timedelta(seconds=3),
        sweep_interval=timedelta(seconds=1),
    )
    async with proxied(database) as (proxy, url), AsyncClient(database) as client:
        worker = Worker(url, recorder.tasks, poll_interval=timedelta(milliseconds=20), recovery=recovery)
        for lane in worker._lanes:
            lane._exchange._patience = Patience(first=0.5)
        async with running(worker):
            proxy.silence()
            await client.add_job("record", {"n": 1})
            await asyncio.sleep(0.7)
            proxy.forget()
            silent_until = await fetch(database, "select now()")
            await eventually(lambda: has_run(recorder, 1))
            await eventually(lambda: has_beaten_since(client, silent_until[0][0]))
    assert recorder.runs == {1: 1}


async def has_beaten_since(client: AsyncClient, instant: datetime) -> bool:
    return any(w.last_heartbeat_at and w.last_heartbeat_at > instant for w in await client.list_workers())


def test_which_errors_pass() -> None:
    errors = psycopg.errors
    for passing in (
        errors.DeadlockDetected, errors.SerializationFailure, errors.AdminShutdown, errors.CannotConnectNow,
        errors.TooManyConnections, errors.DiskFull, errors.ReadOnlySqlTransaction, errors.LockNotAvailable,
        errors.QueryCanceled, errors.ConnectionFailure, psycopg.OperationalError, psycopg.InterfaceError,
    ):  # fmt: skip
        assert is_transient(passing()), passing
    assert is_transient(psycopg.OperationalError("server closed the connection unexpectedly"))
    assert not is_transient(psycopg.DataError("text fields cannot contain NUL (0x00) bytes"))
    assert not was_rolled_back(psycopg.OperationalError("server closed the connection unexpectedly"))


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("select 1 / 0", False),
        ("do $$ begin raise exception 'no'; end $$", False),
        ("select nextval('nowhere')", False),
        # An OperationalError for psycopg, and the same tomorrow.
        ("do $$ begin raise exception using errcode = '54000'; end $$", False),
        ("do $$ begin raise exception using errcode = '55000'; end $$", False),
        ("do $$ begin raise exception using errcode = '40P01'; end $$", True),
        ("select pg_terminate_backend(pg_backend_pid())", True),
    ],
)
def test_which_errors_of_a_server_pass(server_url: str, statement: str, passes: bool) -> None:
    with connect(server_url) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement.encode())
    assert is_transient(caught.value) == passes
    assert was_rolled_back(caught.value) == ("terminate" not in statement)
