"""The connections of a client that was given a connection string: borrowed, kept, lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.types.datetime import TimestamptzBinaryLoader, TimestamptzLoader
from psycopg_pool import PoolClosed

from graphile_worker import AsyncClient, Client, JobSpec, OutcomeUnknown, SchemaNotInstalled
from graphile_worker._client import pool as _pool
from tests import support
from tests.py.support.sessions import connect, connections, ids, together

CLIENTS = "select pid from pg_stat_activity where application_name = 'graphile-worker client' and datname = %s"
END = "select pg_terminate_backend(pid) from pg_stat_activity where pid = any(%s)"


@pytest.fixture
def monitor(shared_database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(shared_database) as connection:
        yield connection


def backends(monitor: psycopg.Connection[Any]) -> list[int]:
    """The processes that serve clients in this database."""
    return ids(monitor, CLIENTS, [monitor.info.dbname])


def end(monitor: psycopg.Connection[Any], pids: list[int]) -> None:
    """Ends these processes, and waits until they are gone: only then are their ends of the connections closed."""
    monitor.execute(END, [pids])
    support.wait_until(lambda: not set(pids) & set(backends(monitor)))
    support.wait_until(lambda: not any(serves(pid, monitor.info.dbname) for pid in pids))


def serves(pid: int, database: str) -> bool:
    """Whether there is such a process of a server on this machine."""
    try:
        return database in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def jobs(monitor: psycopg.Connection[Any]) -> int:
    return len(ids(monitor, "select id from jobs"))


def test_calls_one_after_the_other_share_a_connection(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    with Client(shared_database) as client:
        for n in range(10):
            client.add_job("t", {"n": n})
            client.add_jobs([JobSpec(identifier="t")])
            assert client.list_jobs(limit=1)[0].task_identifier == "t"
        assert len(backends(monitor)) == 1
    support.wait_until(lambda: backends(monitor) == [])


def test_a_call_is_one_transaction_of_one_statement(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    with Client(shared_database) as client:
        client.add_job("t")
        query = "select state, query from pg_stat_activity where pid = any(%s)"
        [(state, last)] = monitor.execute(query, [backends(monitor)]).fetchall()
        assert state == "idle"
        assert "add_job" in last


@pytest.mark.parametrize("max_pool_size", [1, 2, 5])
def test_threads_share_a_client(shared_database: str, monitor: psycopg.Connection[Any], max_pool_size: int) -> None:
    threads, each = 8, 25
    with Client(shared_database, max_pool_size=max_pool_size) as client:

        def add() -> list[int]:
            return [client.add_job("t").id for _ in range(each)]

        added = [job for job_ids in together([add] * threads) for job in job_ids]
        assert len(backends(monitor)) <= max_pool_size
    assert sorted(added) == ids(monitor, "select id from jobs order by id")
    assert len(added) == threads * each


@pytest.mark.parametrize("max_pool_size", [1, 2, 5])
async def test_async_tasks_share_a_client(
    shared_database: str, monitor: psycopg.Connection[Any], max_pool_size: int
) -> None:
    async with AsyncClient(shared_database, max_pool_size=max_pool_size) as client:
        added = await asyncio.gather(*(client.add_job("t") for _ in range(100)))
        assert len(backends(monitor)) <= max_pool_size
    assert sorted(job.id for job in added) == ids(monitor, "select id from jobs order by id")


def test_a_kept_connection_is_there_for_who_waits(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    """Two connections: while a call waits on one of them, all others go through the other one, one by one."""
    monitor.execute("select add_job('t')")
    with Client(shared_database, max_pool_size=2) as client, connections(shared_database, 1) as (holder,):
        holder.execute("select add_job('t', job_key => 'k')")
        with ThreadPoolExecutor(9) as threads:
            waiting = threads.submit(client.add_job, "t", job_key="k")
            support.wait_until(lambda: ids(monitor, "select 1 where exists (select from pg_locks where not granted)"))
            for other in [threads.submit(client.add_job, "t") for _ in range(40)]:
                other.result(20)
            assert not waiting.done()
            holder.commit()
            waiting.result(20)
    assert jobs(monitor) == 42


def test_calls_before_and_after_they_are_prepared_say_the_same(
    shared_database: str, monitor: psycopg.Connection[Any]
) -> None:
    options: dict[str, Any] = {
        "queue_name": "q%",
        "run_at": datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=-5))),
        "max_attempts": 3,
        "priority": -7,
        "flags": ["a", 'b",{}'],
    }
    with Client(shared_database) as client:
        plain = [client.add_job("t", {"text": 'ä%s$1"\\'}) for _ in range(8)]
        queued = [client.add_job("t%s$1", [1.5, None], **options) for _ in range(8)]
    assert {(job.payload["text"], job.priority, job.max_attempts) for job in plain} == {('ä%s$1"\\', 0, 25)}
    assert {(job.run_at, job.max_attempts, job.priority) for job in queued} == {(options["run_at"], 3, -7)}
    assert [job.flags for job in queued] == [{"a": True, 'b",{}': True}] * 8
    assert [job.payload for job in queued] == [[1.5, None]] * 8
    assert [job.id for job in plain + queued] == ids(monitor, "select id from jobs order by id")
    assert ids(monitor, "select count(*) from jobs where queue_name = 'q%' and key is null") == [8]


class OwnLoader(Loader):
    def load(self, data: Buffer) -> str:
        return "the application's own"


class OwnBinaryLoader(OwnLoader):
    format = Format.BINARY


def test_what_an_application_has_dates_loaded_as_stays_its_own(shared_database: str) -> None:
    try:
        psycopg.adapters.register_loader("timestamptz", OwnLoader)
        psycopg.adapters.register_loader("timestamptz", OwnBinaryLoader)
        with Client(shared_database) as client, connect(shared_database) as connection:
            added = client.add_job("t")
            assert added.created_at == client.list_jobs()[0].created_at
            assert isinstance(added.created_at, datetime)
            assert connection.execute("select now()").fetchone() == ("the application's own",)
    finally:
        psycopg.adapters.register_loader("timestamptz", TimestamptzLoader)
        psycopg.adapters.register_loader("timestamptz", TimestamptzBinaryLoader)


def test_a_call_that_could_not_be_prepared_works_once_it_can(database: str) -> None:
    signature = "(text, json, text, timestamptz, integer, text, integer, text[], text)"
    with Client(database) as client, connect(database) as owner:

        def hide(is_hidden: bool) -> None:
            old, new = ("add_job", "hidden") if is_hidden else ("hidden", "add_job")
            owner.execute(f"alter function {old}{signature} rename to {new}")

        # Sent as a text, prepared, and after that.
        for added in (4, 2, 1):
            for _ in range(added):
                client.add_job("t")
            hide(True)
            with pytest.raises(SchemaNotInstalled):
                client.add_job("t")
            hide(False)
        client.add_job("t")
        assert jobs(owner) == 8


def test_a_log_that_raises_fails_no_call(shared_database: str) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError(f"no room for {record.msg}")

    broken = Broken()
    with Client(shared_database) as client:
        for _ in range(6):
            client.add_job("t")
        assert client._own_pool is not None
        client._own_pool._idle[0].execute("deallocate all")
        logging.getLogger("graphile_worker").addHandler(broken)
        try:
            client.add_job("t")
        finally:
            logging.getLogger("graphile_worker").removeHandler(broken)


def test_an_idle_connection_that_was_ended_is_replaced(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    with Client(shared_database) as client:
        client.add_job("t")
        first = backends(monitor)
        end(monitor, first)
        client.add_job("t")
        assert set(backends(monitor)).isdisjoint(first)
    assert jobs(monitor) == 2


async def test_the_same_with_asyncio(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    async with AsyncClient(shared_database) as client:
        await asyncio.gather(*(client.add_job("t") for _ in range(5)))
        end(monitor, backends(monitor))
        await asyncio.gather(*(client.add_job("t") for _ in range(5)))
    assert jobs(monitor) == 10


# Each waits for a lock of a transaction that has added a job with the task "new" and the key "k".
ADDING: dict[str, Callable[[Client], object]] = {
    "add_job_of_defaults": lambda client: client.add_job("new"),
    "add_job": lambda client: client.add_job("t", job_key="k"),
    "add_jobs": lambda client: client.add_jobs([JobSpec(identifier="t", job_key="k")]),
    "add_unkeyed_jobs": lambda client: client.add_jobs([JobSpec(identifier="new")]),
}


@pytest.mark.parametrize("call", ADDING)
def test_a_connection_lost_while_adding(shared_database: str, monitor: psycopg.Connection[Any], call: str) -> None:
    with Client(shared_database) as client, connections(shared_database, 1) as (holder,):
        holder.execute("select add_job('new', job_key => 'k')")
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(ADDING[call], client)
            [pid] = support.wait_until(lambda: backends(monitor))
            support.wait_until(lambda: ids(monitor, "select 1 where cardinality(pg_blocking_pids(%s)) > 0", [pid]))
            end(monitor, [pid])
            with pytest.raises(OutcomeUnknown, match=r"lost while jobs were being added: .*job_key"):
                waiting.result(20)
        holder.rollback()
        assert jobs(monitor) == 0
        # Nothing was repeated behind the caller's back, and the client goes on.
        ADDING[call](client)
        assert jobs(monitor) == 1


def test_looking_is_no_adding(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    with Client(shared_database) as client, connections(shared_database, 1) as (holder,):
        holder.execute("lock table _private_jobs in access exclusive mode")
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(client.list_jobs)
            [pid] = support.wait_until(lambda: backends(monitor))
            support.wait_until(lambda: ids(monitor, "select 1 where cardinality(pg_blocking_pids(%s)) > 0", [pid]))
            end(monitor, [pid])
            with pytest.raises(psycopg.OperationalError) as error:
                waiting.result(20)
        assert not isinstance(error.value, OutcomeUnknown)


def test_an_error_of_the_server_leaves_a_connection_that_works(
    shared_database: str, monitor: psycopg.Connection[Any]
) -> None:
    with Client(shared_database) as client:
        client.add_job("t")
        [pid] = backends(monitor)
        for _ in range(3):
            with pytest.raises(ValueError, match="128 characters"):
                client.add_job("t" * 129)
            client.add_job("t")
        assert backends(monitor) == [pid]


async def test_a_call_that_is_cancelled(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    async with AsyncClient(shared_database) as client:
        with connections(shared_database, 1) as (holder,):
            holder.execute("select add_job('t', job_key => 'k')")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.add_job("t", job_key="k"), 0.2)
        assert (await client.add_job("t")).key is None
    assert jobs(monitor) == 1


def test_an_old_connection_is_replaced(
    shared_database: str, monitor: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pool, "_REPLACED_AFTER", 0.0)
    with Client(shared_database) as client:
        served = set()
        for _ in range(3):
            client.add_job("t")
            served.update(backends(monitor))
        assert len(served) == 3
        support.wait_until(lambda: len(backends(monitor)) == 1)


def test_spare_connections_are_closed_in_time(
    shared_database: str, monitor: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pool, "_SPARE_FOR", 0.0)
    with Client(shared_database) as client:
        together([lambda: client.list_jobs()] * 4)
        for _ in range(4):
            client.add_job("t")
        support.wait_until(lambda: len(backends(monitor)) == 1)
        monkeypatch.setattr(_pool, "_SPARE_FOR", 60.0)
        kept = backends(monitor)
        client.add_job("t")
        assert backends(monitor) == kept


def test_a_closed_client_says_so(shared_database: str) -> None:
    client = Client(shared_database)
    client.add_job("t")
    client.close()
    client.close()
    with pytest.raises(PoolClosed):
        client.add_job("t")
