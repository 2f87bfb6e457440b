"""What passes is tried again, with pauses and few words.

The faults are the server's own: real deadlocks, read-only sessions, roles without a connection left.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from graphile_worker import AsyncClient, JobSpec, Worker
from tests.py.support.sessions import Background, connect
from tests.py.support.workers import Recorder, backends, complaints, has_run, running, set_database, terminate
from tests.support import eventually


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
        # With pauses that double, of which the first, second and fourth failure are told.
        await eventually(lambda: has_complained(caplog, "(4)"))
        assert set(recorder.runs) == {1}
        await set_database(database, "default_transaction_read_only", None)
        await eventually(lambda: has_run(recorder, 2))
    assert recorder.runs == {1: 1, 2: 1}
    assert 1 <= len(complaints(caplog)) <= 8, complaints(caplog)


async def has_complained(caplog: pytest.LogCaptureFixture, pattern: str) -> bool:
    return any(pattern in line for line in complaints(caplog))


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
                await eventually(lambda: has_complained(caplog, "(4)"))
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
        # Long enough for both to be handed in together.
        database,
        recorder.tasks,
        concurrency=2,
        complete_batch_delay=timedelta(seconds=1),
        recovery=None,
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
