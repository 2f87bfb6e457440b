"""What is held for hours: by whom it may be, and who dates it anew."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker
from tests import support

AGES = """
    select extract(epoch from now() - locked_at)::integer / 3600 from _private_jobs
    where locked_by is not null order by id"""


@pytest.fixture
def connection(shared_database: str):
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute("set search_path = graphile_worker")
        yield connection


def values(connection: psycopg.Connection[Any], query: str, *parameters: Any) -> list[Any]:
    return [value for (value,) in connection.execute(query, parameters).fetchall()]


def hold(connection: psycopg.Connection[Any], worker: str, age: str, queue: str | None = None) -> int:
    """A job that this worker claimed so long ago; its id."""
    connection.execute("select add_job('t', queue_name => %s)", [queue])
    (job_id,) = values(connection, "select id from get_jobs(%s, '{t}')", worker)
    for table, column in (("_private_jobs", "id"), ("_private_job_queues", "locked_by")):
        key = job_id if column == "id" else worker
        connection.execute(f"update {table} set locked_at = now() - %s::interval where {column} = %s", [age, key])
    return job_id


@pytest.mark.parametrize(
    ("registered", "is_freed"),
    [
        (None, True),
        ("select worker_heartbeat('w')", False),
        # Within the threshold, though late.
        (
            "select worker_heartbeat('w'); update _private_workers set last_heartbeat_at = now() - interval '4 min'",
            False,
        ),
        (
            "select worker_heartbeat('w'); update _private_workers set last_heartbeat_at = now() - interval '6 min'",
            True,
        ),
        ("""insert into _private_workers values ('w', now(), now(), '{"swept": true}')""", True),
        ("select worker_heartbeat('another')", True),
    ],
)
def test_locks_of_the_living_do_not_expire(connection: psycopg.Connection[Any], registered: str | None, is_freed: bool):
    if registered:
        connection.execute(registered)
    job_id = hold(connection, "w", "5 hours", "q")
    freed = [(job_id, "q", "w")] if is_freed else []
    assert connection.execute("select * from release_expired_locks(dry_run => true)").fetchall() == freed
    assert values(connection, "select locked_by from jobs") == ["w"]
    assert connection.execute("select * from release_expired_locks()").fetchall() == freed
    holders = [None if is_freed else "w"]
    assert values(connection, "select locked_by from jobs") == holders
    assert values(connection, "select locked_by from _private_job_queues") == holders


def test_a_queue_that_is_held_without_a_job_goes_by_the_same_rule(connection: psycopg.Connection[Any]):
    connection.execute("select worker_heartbeat('alive')")
    for worker in ("alive", "dead"):
        hold(connection, worker, "5 hours", f"of {worker}")
    connection.execute("delete from _private_jobs")
    for dry_run in (True, False):
        freed = connection.execute("select * from release_expired_locks(dry_run => %s)", [dry_run]).fetchall()
        assert freed == [(None, "of dead", "dead")]
    assert values(connection, "select locked_by from _private_job_queues order by id") == ["alive", None]


@pytest.mark.parametrize(
    "renewal",
    [
        "select renew_locks('{w}')",
        "select worker_heartbeat('w')",
        "select worker_heartbeat('w'); select beat_workers('{w}')",
    ],
)
def test_what_is_held_for_more_than_an_hour_is_dated_anew(connection: psycopg.Connection[Any], renewal: str):
    hold(connection, "w", "5 hours", "q")
    hold(connection, "w", "90 minutes")
    hold(connection, "other", "5 hours")
    connection.execute(renewal)
    assert values(connection, AGES) == [0, 0, 5]
    assert values(connection, "select now() - locked_at < interval '1 minute' from _private_job_queues") == [True]


def test_nothing_is_written_for_what_is_held_for_less(connection: psycopg.Connection[Any]):
    hold(connection, "w", "55 minutes", "q")
    hold(connection, "w", "1 minute")
    before = connection.execute("select ctid, xmin from _private_jobs order by id").fetchall()
    queues = connection.execute("select ctid, xmin from _private_job_queues").fetchall()
    connection.execute("select worker_heartbeat('w')")
    assert values(connection, "select worker_id from beat_workers('{w}')") == ["w"]
    assert values(connection, "select renew_locks('{w}')") == [0]
    assert connection.execute("select ctid, xmin from _private_jobs order by id").fetchall() == before
    assert connection.execute("select ctid, xmin from _private_job_queues").fetchall() == queues


def test_who_was_taken_for_dead_renews_nothing(connection: psycopg.Connection[Any]):
    hold(connection, "w", "5 hours")
    connection.execute("""insert into _private_workers values ('w', now(), now(), '{"swept": true}')""")
    assert values(connection, "select worker_id from beat_workers('{w}')") == []
    assert values(connection, AGES) == [5]


def test_a_renewal_waits_for_nobody_and_passes_over_what_is_locked(shared_database: str):
    with psycopg.connect(shared_database) as holder, psycopg.connect(shared_database, autocommit=True) as beating:
        for connection in (holder, beating):
            connection.execute("set search_path = graphile_worker")
        first, second = (hold(beating, "w", "2 hours") for _ in range(2))
        holder.execute("select from _private_jobs where id = %s for update", [first])
        beating.execute("set lock_timeout = '1ms'")
        assert values(beating, "select renew_locks('{w}')") == [1]
        assert values(beating, "select id from jobs where now() - locked_at < interval '1 minute'") == [second]


def test_a_renewal_that_a_trigger_refuses_costs_no_heartbeat(database: str):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("set search_path = graphile_worker")
        connection.execute("select worker_heartbeat('w')")
        hold(connection, "w", "2 hours")
        connection.execute("""
            create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
            create trigger refuse before update on _private_jobs for each row execute function refuse()""")
        connection.execute("update _private_workers set last_heartbeat_at = now() - interval '1 minute'")
        assert values(connection, "select worker_id from beat_workers('{w}')") == ["w"]
        assert values(connection, "select now() - last_heartbeat_at < interval '50 s' from _private_workers") == [True]


@pytest.mark.parametrize("once", [False, True])
async def test_a_worker_without_recovery_renews_what_it_holds(shared_database: str, once: bool):
    soon = {name: timedelta(seconds=0.1) for name in ("min_reset_locked_interval", "max_reset_locked_interval")}
    tasks = TaskRegistry()
    go_on = asyncio.Event()

    @tasks.task
    async def long(payload: dict[str, Any]) -> None:
        await go_on.wait()

    async with AsyncClient(shared_database) as client:
        await client.add_job("long", {})
        worker = Worker(shared_database, tasks, recovery=None, poll_interval=timedelta(seconds=0.1), **soon)
        running = asyncio.create_task(worker.run_once() if once else worker.run())
        async with await psycopg.AsyncConnection.connect(shared_database, autocommit=True) as connection:
            await connection.execute("set search_path = graphile_worker")

            async def rows(query: str) -> list[Any]:
                return await (await connection.execute(query)).fetchall()

            async def is_held() -> bool:
                return bool(await rows("select from jobs where locked_by is not null"))

            async def is_young() -> bool:
                return bool(await rows("select from jobs where now() - locked_at < interval '30 minutes'"))

            await support.eventually(is_held)
            await connection.execute("update _private_jobs set locked_at = now() - interval '2 hours'")
            await support.eventually(is_young)
            # Neither by itself nor by others.
            assert await client.release_expired_locks() == []
            go_on.set()
            await support.eventually(lambda: _negated(rows("select from jobs")))
        worker.stop()
        await running


async def _negated(found: Any) -> bool:
    return not await found
