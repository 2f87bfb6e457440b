"""What others have set up: databases with settings, pools with factories, loaders for all connections of a process.

Whoever opens or borrows a connection here does all that a queue is for: migrates, adds, schedules, runs, fails, is
recovered, drains.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.rows import dict_row, scalar_row
from psycopg.types.datetime import TimestamptzBinaryLoader, TimestamptzLoader
from psycopg.types.string import TextBinaryLoader, TextLoader
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient, Client, CronScheduler, Crontab, Recovery, TaskRegistry, Worker, migrate
from graphile_worker.testing import drain
from tests import support

Target = str | AsyncConnectionPool[Any]

SETTINGS = {
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "array_nulls": "off",
    "default_transaction_isolation": "serializable",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "statement_timeout": "2s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "1s",
    "idle_session_timeout": "300ms",
    "search_path": "nowhere",
    "timezone": "Asia/Kolkata",
    "extra_float_digits": "-15",
}


class Theirs(Loader):
    """What an application has text or instants as."""

    def load(self, data: Buffer) -> Any:
        return ("theirs", bytes(data))


class TheirsBinary(Theirs):
    format = Format.BINARY


# Everything, for a target that somebody else has set up.


async def does_everything(url: str, target: Target) -> None:
    await adds_and_looks(target)
    await runs_and_fails(url, target)
    await schedules(url, target)
    await recovers(url, target)
    await drains(url, target)


async def adds_and_looks(target: Target) -> None:
    at = datetime(2020, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    async with AsyncClient(target) as client:
        for _ in range(7):  # More often than statements go unprepared.
            added = await client.add_job("looked_at", {"é": [1, None]}, run_at=at, flags=["NULL"], queue_name="q")
        assert (added.run_at, added.payload, added.flags) == (at, {"é": [1, None]}, {"NULL": True})
        assert added.last_error is None
        [*_, job] = await client.list_jobs(task="looked_at")
        assert (job.run_at, job.task_identifier) == (at, "looked_at")
        shown = await client.show_job(added.id)
        assert shown is not None
        assert shown.payload == {"é": [1, None]}
        stats = await client.stats()
        assert (stats.ready, stats.oldest_ready_age is not None and stats.oldest_ready_age.days > 2000) == (7, True)
        assert [queue.queue_name for queue in await client.list_queues()] == ["q"]
        assert len(await client.permanently_fail_jobs([added.id], "NULL")) == 1
        await client.cleanup(["delete_permanently_failed_jobs"])
        removed = await client.remove_matching_jobs(task="looked_at")
        assert removed.changed == 6


async def runs_and_fails(url: str, target: Target) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []
    tasks.add(seen.append, "note")

    @tasks.task
    async def fails() -> None:
        raise ValueError("bad luck")

    with Client(url) as client:
        client.add_job("note", {"at": "03/02/2020"}, queue_name="q")
        client.add_job("fails")
        worker = Worker(target, tasks, poll_interval=timedelta(milliseconds=20))
        before = worker.id
        async with worker:
            await support.eventually(lambda: seen and client.stats().total == 1)
            await support.eventually(lambda: client.list_jobs()[0].last_error)
            # Through a heartbeat, and what idle connections get.
            await asyncio.sleep(0.5)
            client.add_job("note", 2)
            await support.eventually(lambda: seen[1:])
            assert worker.id == before
        [failed] = client.list_jobs()
        assert (failed.attempts, failed.locked_by) == (1, None)
        assert (failed.last_error or "").startswith("ValueError: bad luck")
        client.remove_matching_jobs(state="all")
    assert seen == [{"at": "03/02/2020"}, 2]


async def schedules(url: str, target: Target) -> None:
    crontab = Crontab.of("* * * * * ticks ?id=t&fill=1h {x: 1}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into graphile_worker._private_known_crontabs values ('t', now() - interval '1 day', null)"
        )
        scheduler = CronScheduler(target, crontab)
        await scheduler.start()
        count = "select count(*) from graphile_worker._private_jobs"
        await support.eventually(lambda: connection.execute(count).fetchone()[0] >= 50)  # type: ignore[index]
        await scheduler.stop()
        connection.execute("delete from graphile_worker._private_jobs")
        connection.execute("delete from graphile_worker._private_known_crontabs")


async def recovers(url: str, target: Target) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []
    tasks.add(seen.append, "note")
    recovery = Recovery(
        heartbeat_interval=timedelta(milliseconds=200),
        sweep_interval=timedelta(milliseconds=100),
        sweep_threshold=timedelta(seconds=1),
        recovery_delay=timedelta(0),
    )
    with psycopg.connect(url, autocommit=True) as connection:
        for number, dead in enumerate(("graphile_worker_dead", "graphile_worker_orphan")):
            connection.execute("select graphile_worker.add_job('note', to_json(%s::int))", [number])
            if "dead" in dead:
                connection.execute("select graphile_worker.worker_heartbeat(%s)", [dead])
            connection.execute("select graphile_worker.get_jobs(%s, null, 1)", [dead])
        # As if it were some minutes later.
        connection.execute("update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour'")
        connection.execute("update graphile_worker._private_jobs set locked_at = now() - interval '1 hour'")
        async with Worker(target, tasks, recovery=recovery, poll_interval=timedelta(milliseconds=20)) as worker:
            before = worker.id
            await support.eventually(lambda: len(seen) == 2)
            assert worker.id == before
    assert support.scalar(url, "select count(*) from graphile_worker._private_workers") == 0
    assert sorted(seen) == [0, 1]


async def drains(url: str, target: Target) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []
    tasks.add(seen.append, "note")

    @tasks.task
    async def fails() -> None:
        raise ValueError("bad luck")

    with Client(url) as client:
        client.add_job("note", {"at": 1})
        client.add_job("fails")
        drained = await drain(target, tasks)
        assert (seen, [job.error.splitlines()[0] for job in drained.failed]) == (
            [{"at": 1}],
            ["ValueError: bad luck"],
        )
        client.remove_matching_jobs(state="all")


# Databases.


@contextmanager
def database_with(server_url: str, *settings: str) -> Iterator[str]:
    with support.temporary_database(server_url) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in settings:
                known = connection.execute(
                    "select from pg_catalog.pg_settings where lower(name) = %s", [name]
                ).fetchone()
                if known is None:
                    pytest.skip(f"this server has no {name}")
                change = sql.SQL("alter database {} set {} = {}").format(
                    sql.Identifier(connection.info.dbname), sql.Identifier(name), sql.Literal(SETTINGS[name])
                )
                connection.execute(change)
        yield url


@pytest.mark.parametrize("setting", SETTINGS)
async def test_a_database_with_a_setting_of_its_own(
    server_url: str, setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    with database_with(server_url, setting) as url:
        migrate(url)
        await does_everything(url, url)
    assert "trying again" not in caplog.text


# Pools.


def by(**kwargs: Any) -> Callable[[str], AsyncConnectionPool[Any]]:
    return lambda url: AsyncConnectionPool(url, min_size=0, max_size=8, open=False, kwargs=kwargs)


POOLS = {
    "dict_row": by(row_factory=dict_row),
    "scalar_row": by(row_factory=scalar_row),
    "raw cursor": by(cursor_factory=psycopg.AsyncRawCursor),
    "client cursor": by(cursor_factory=psycopg.AsyncClientCursor),
    "autocommit": by(autocommit=True, row_factory=dict_row, cursor_factory=psycopg.AsyncRawCursor),
    "no preparation": by(prepare_threshold=None),
    "always prepared": by(prepare_threshold=0),
}


@asynccontextmanager
async def opened(pool: AsyncConnectionPool[Any]) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool:
        yield pool


@pytest.mark.parametrize("kind", POOLS)
async def test_a_pool_of_another_kind(database: str, kind: str) -> None:
    async with opened(POOLS[kind](database)) as pool:
        await does_everything(database, pool)


@pytest.mark.parametrize("kind", ["dict_row", "raw cursor"])
async def test_a_pool_of_another_kind_on_a_database_with_settings(server_url: str, kind: str) -> None:
    with database_with(server_url, *(name for name in SETTINGS if not name.endswith("timeout"))) as url:
        migrate(url)
        async with opened(POOLS[kind](url)) as pool:
            await does_everything(url, pool)


@pytest.mark.parametrize("row_factory", [dict_row, scalar_row])
@pytest.mark.parametrize("cursor_factory", [psycopg.RawCursor, psycopg.ClientCursor])
def test_migrate_on_a_connection_of_another_kind(empty_database: str, row_factory: Any, cursor_factory: Any) -> None:
    with psycopg.connect(
        empty_database, autocommit=True, row_factory=row_factory, cursor_factory=cursor_factory
    ) as connection:
        assert migrate(connection).applied
        assert not migrate(connection).applied
        with Client(connection) as client:
            assert client.add_job("note", {"a": 1}).payload == {"a": 1}
            assert client.stats().total == 1


# Loaders.


@contextmanager
def loaders_of_theirs(name: str, *loaders: type[Loader]) -> Iterator[None]:
    try:
        for theirs in (Theirs, TheirsBinary):
            psycopg.adapters.register_loader(name, theirs)
        yield
    finally:
        for loader in loaders:
            psycopg.adapters.register_loader(name, loader)


@pytest.mark.parametrize(
    ("name", "usual"),
    [("timestamptz", (TimestamptzLoader, TimestamptzBinaryLoader)), ("text", (TextLoader, TextBinaryLoader))],
)
async def test_loaders_that_a_process_has_for_all_its_connections(
    server_url: str, name: str, usual: tuple[type[Loader], ...]
) -> None:
    with support.temporary_database(server_url) as url, loaders_of_theirs(name, *usual):
        migrate(url)
        await does_everything(url, url)
        async with opened(AsyncConnectionPool(url, min_size=0, max_size=8, open=False)) as pool:
            await does_everything(url, pool)
