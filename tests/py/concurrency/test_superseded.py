"""A job whose key was taken from it while it was claimed: however its claim ends, it is never claimed again."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from graphile_worker import LocalQueue, TaskRegistry, Worker
from tests import support

WORKER = "graphile_worker_dead"
NOTHING_LEFT: list[dict[str, Any]] = []

TAKEN = {
    "replaced": "select add_job('t', '{\"v\": 2}', job_key => 'k')",
    "replaced by add_jobs": """
        select add_jobs(array[row('t', '{"v": 2}', null, null, null, 'k', null, null)::job_spec])""",
    "run_at preserved": "select add_job('t', '{\"v\": 2}', job_key => 'k', job_key_mode => 'preserve_run_at')",
    "removed": "select remove_job('k')",
}
# All of them delete it.
GIVEN_BACK = {
    "returned": "select return_jobs(%(worker)s, %(ids)s)",
    "returned with a delay": "select return_jobs(%(worker)s, %(ids)s, '0.01 seconds')",
    "unknown to its worker after a reconnect": "select resume_worker(%(worker)s)",
    "recovered as other runtimes do": "select recover_dead_worker_jobs(array[%(worker)s])",
    "its worker missing": "select recover_workers(array[%(worker)s], array[null::timestamptz], '0')",
    "its worker stale": """
        with registered as (select worker_heartbeat(%(worker)s)) select from registered;
        update _private_workers set last_heartbeat_at = now() - interval '1 hour';
        select sweep_stale_workers(recovery_delay => '0')""",
    "recovered by a hook, by default": "select recover_jobs(%(worker)s, null, %(ids)s, array['default'])",
    "recovered by a hook, for another time": """
        select recover_jobs(%(worker)s, null, %(ids)s, array['reschedule'], array[now()], array[0])""",
    "its lock expired": "select release_expired_locks('0')",
    "unlocked by force": "select force_unlock_workers(array[%(worker)s])",
}
FAILED = {
    "failed": "select fail_jobs(%(worker)s, %(ids)s, array['boom'])",
    "failed with another payload": "select fail_jobs(%(worker)s, %(ids)s, array['boom'], array['[1]'::json])",
    "failed by a hook of recovery": """
        select recover_jobs(%(worker)s, null, %(ids)s, array['fail'], null, null, array['boom'])""",
}
# What Node.js and Rust send themselves: the attempt is taken off again.
FOREIGN_RETURN = """
    update _private_jobs
    set attempts = greatest(0, attempts - 1), locked_by = null, locked_at = null
    where id = any(%(ids)s)"""


@pytest.fixture
def connection(shared_database: str):
    with psycopg.connect(shared_database, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("set search_path = graphile_worker")
        yield connection


def claim(connection: psycopg.Connection[Any], worker: str = WORKER) -> list[int]:
    rows = connection.execute("select id from get_jobs(%s, '{t}', 10)", [worker]).fetchall()
    return [row["id"] for row in rows]


def take_over(connection: psycopg.Connection[Any], how: str) -> list[int]:
    """The id of a job that is claimed, and has lost its key since; what took its place is done."""
    connection.execute("select add_job('t', '{\"v\": 1}', job_key => 'k')")
    old = claim(connection)
    connection.execute(TAKEN[how])
    # Later than any lock that is asked to expire at once.
    connection.execute("update _private_jobs set locked_at = locked_at - interval '1 second' where id = any(%s)", [old])
    connection.execute("select complete_jobs('w', %s::bigint[])", [claim(connection, "w")])
    return old


def send(connection: psycopg.Connection[Any], script: str, ids: list[int]) -> None:
    for statement in script.split(";\n"):
        connection.execute(statement, {"worker": WORKER, "ids": ids})


def rows(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    return connection.execute("select id, attempts = max_attempts as is_failed, last_error from jobs").fetchall()


@pytest.mark.parametrize("taken", TAKEN)
@pytest.mark.parametrize("given_back", GIVEN_BACK)
def test_given_back_it_is_deleted(connection: psycopg.Connection[Any], taken: str, given_back: str):
    old = take_over(connection, taken)
    send(connection, GIVEN_BACK[given_back], old)
    assert rows(connection) == NOTHING_LEFT
    assert connection.execute("select from _private_crashes").fetchall() == NOTHING_LEFT


@pytest.mark.parametrize("taken", TAKEN)
@pytest.mark.parametrize("failed", FAILED)
def test_failed_it_stays_failed(connection: psycopg.Connection[Any], taken: str, failed: str):
    old = take_over(connection, taken)
    send(connection, FAILED[failed], old)
    assert rows(connection) == [{"id": old[0], "is_failed": True, "last_error": "boom"}]
    for again in (
        "select retry_jobs(%(ids)s)",
        "select reschedule_jobs(%(ids)s, attempts => 0)",
        "select reschedule_jobs(%(ids)s, max_attempts => 99)",
        "select reschedule_jobs(%(ids)s, run_at => now())",
    ):
        with pytest.raises(psycopg.Error, match=f"job {old[0]} was superseded") as caught:
            send(connection, again, old)
        assert caught.value.sqlstate == "GWSUP"
    for again in (
        "select retry_matching_jobs(state => 'all')",
        "select reschedule_matching_jobs(job_ids => %(ids)s, attempts => 0, run_at => now())",
    ):
        send(connection, again, old)
    assert claim(connection) == []
    send(connection, "select cleanup(array['delete_permanently_failed_jobs'])", old)
    assert rows(connection) == NOTHING_LEFT


@pytest.mark.parametrize("taken", TAKEN)
def test_done_it_is_done(connection: psycopg.Connection[Any], taken: str):
    old = take_over(connection, taken)
    send(connection, "select complete_jobs(%(worker)s, %(ids)s)", old)
    assert rows(connection) == NOTHING_LEFT


@pytest.mark.parametrize("taken", TAKEN)
def test_other_runtimes_cannot_revive_it_by_their_own_sql(connection: psycopg.Connection[Any], taken: str):
    old = take_over(connection, taken)
    send(connection, FOREIGN_RETURN, old)
    # Neither by our claim nor by theirs.
    assert claim(connection) == []
    due = connection.execute("select id from _private_jobs where is_available and run_at <= now()").fetchall()
    assert due == []
    # And it does not lie about for ever.
    send(connection, "select release_expired_locks()", old)
    assert rows(connection) == NOTHING_LEFT


def test_a_job_that_had_failed_before_it_lost_its_key_can_be_retried(connection: psycopg.Connection[Any]):
    connection.execute("select add_job('t', job_key => 'k', max_attempts => 1)")
    old = claim(connection)
    send(connection, FAILED["failed"], old)
    connection.execute("select add_job('t', job_key => 'k')")
    send(connection, "select retry_jobs(%(ids)s)", old)
    assert old[0] in claim(connection)


def test_flags_stay_and_the_mark_is_not_shown(connection: psycopg.Connection[Any]):
    connection.execute("select add_job('t', job_key => 'k', flags => '{vip}')")
    connection.execute("select add_job('t', job_key => 'bare')")
    claim(connection)
    connection.execute("select remove_job('k'), remove_job('bare')")
    for source in ("jobs", "list_jobs()", "list_held_jobs('graphile_worker_dead')"):
        shown = connection.execute(f"select flags from {source} order by id").fetchall()
        assert [row["flags"] for row in shown] == [{"vip": True}, None], source


class Recorded:
    """A worker with one runner, and everything that it claims waiting in its memory behind a job that is held up."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ran: list[Any] = []
        self.go_on = asyncio.Event()
        self.tasks = TaskRegistry()
        self.tasks.task("t")(self.run)

    async def run(self, payload: dict[str, Any]) -> None:
        self.ran.append(payload)
        if payload.get("waits"):
            await self.go_on.wait()


@pytest.mark.parametrize("taken", ["replaced", "removed"])
async def test_a_worker_drops_what_waits_in_its_memory(shared_database: str, taken: str):
    recorded = Recorded(shared_database)
    async with await psycopg.AsyncConnection.connect(shared_database, autocommit=True) as connection:
        await connection.execute("set search_path = graphile_worker")
        await connection.execute("select add_job('t', '{\"waits\": true}')")
        await connection.execute("select add_job('t', '{\"v\": 1}', job_key => 'k')")
        queue = LocalQueue(size=10, ttl=timedelta(minutes=5))
        async with Worker(shared_database, recorded.tasks, concurrency=1, local_queue=queue):

            async def counted(condition: str) -> int:
                cursor = await connection.execute(f"select count(*) from jobs where {condition}")
                return (await cursor.fetchone())[0]

            async def listens() -> bool:
                cursor = await connection.execute("""
                    select query from pg_stat_activity
                    where datname = current_database() and application_name like 'graphile-worker listen%'
                      and state = 'idle' and query = 'LISTEN "schedules:change"'""")
                return bool(await cursor.fetchall())

            await support.eventually(listens)
            await support.eventually(lambda: _equals(counted("locked_by is not null"), 2))
            await connection.execute(TAKEN[taken])
            # It is gone although its worker is busy, and nothing but the notification tells it.
            began = time.monotonic()
            await support.eventually(lambda: _equals(counted("key is null"), 1))
            assert time.monotonic() - began < 30
            recorded.go_on.set()
            await support.eventually(lambda: _equals(counted("true"), 0))
    assert recorded.ran == [{"waits": True}] + ([{"v": 2}] if taken == "replaced" else [])


async def test_it_is_dropped_when_its_claim_is_heard_of_later(shared_database: str):
    """Notification and answer come on two connections: either may be the first."""
    recorded = Recorded(shared_database)
    async with await psycopg.AsyncConnection.connect(shared_database, autocommit=True) as connection:
        await connection.execute("set search_path = graphile_worker")
        worker = Worker(shared_database, recorded.tasks, concurrency=1, local_queue=LocalQueue(size=10))
        [lane] = worker._lanes.all
        await connection.execute("select add_job('t', '{\"waits\": true}')")
        cursor = await connection.execute("select id from add_job('t', '{\"v\": 1}')")
        [superseded] = await cursor.fetchone() or []
        await connection.execute("select add_job('t', '{\"v\": 2}')")
        await connection.execute(
            """update _private_jobs set flags = '{"graphile_worker:superseded": true}' where id = %s""", [superseded]
        )
        lane.supersede([superseded])
        async with worker:
            await support.eventually(lambda: recorded.ran)
            recorded.go_on.set()

            async def nothing_left() -> bool:
                cursor = await connection.execute("select count(*) from jobs")
                return await cursor.fetchone() == (0,)

            await support.eventually(nothing_left)
    assert recorded.ran == [{"waits": True}, {"v": 2}]


async def _equals(found: Any, wanted: Any) -> bool:
    return await found == wanted
