"""An idle worker's look reads nothing again where nothing could have changed, and misses nothing that has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import migrate
from tests import support
from tests.py.support.sessions import connect

Connection = psycopg.Connection[Any]
LOOK = "select id from get_jobs('w', {}, 10{})"
MANY = 5_000


@pytest.fixture
def idle(shared_database: str) -> Iterator[Connection]:
    """A worker's session that has looked and found nothing; the tasks t and u are known."""
    with connect(shared_database) as connection:
        connection.execute("insert into _private_tasks (identifier) values ('t'), ('u')")
        assert look(connection) == []
        yield connection


@pytest.fixture
def other(shared_database: str) -> Iterator[Connection]:
    with connect(shared_database) as connection:
        yield connection


def look(connection: Connection, tasks: str = "null", more: str = "") -> list[int]:
    return [row[0] for row in connection.execute(LOOK.format(tasks, more).encode())]


def buffers_read(connection: Connection, tasks: str = "null") -> int:
    """Pages that a look reads."""
    query = f"explain (analyze, buffers, timing off, format json) {LOOK.format(tasks, '')}"
    plan = connection.execute(query.encode()).fetchone()[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def assert_nothing_is_read_again(connection: Connection, tasks: str = "null") -> None:
    """The next look reads little, or one after it: other tests may end transactions on this server in between."""
    support.wait_until(lambda: buffers_read(connection, tasks) < 20)


def add(connection: Connection, run_at: str = "now()", more: str = "") -> int:
    return connection.execute(f"select id from add_job('t', run_at => {run_at}{more})".encode()).fetchone()[0]


def test_what_is_dead_is_read_once(shared_database: str, other: Connection) -> None:
    with connect(shared_database, autocommit=False) as pin, connect(shared_database) as idle:
        # Vacuum can't clean up what this snapshot may still see.
        pin.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        pin.execute("select")
        other.execute(f"select add_job('t') from generate_series(1, {MANY})")
        other.execute("delete from _private_jobs")
        # The first look of a session plans, and reads catalogs.
        assert look(idle) == []
        assert_nothing_is_read_again(idle)
        assert_nothing_is_read_again(idle, "'{t}'")
        # Any transaction that has written something may have added a job.
        other.execute("select txid_current()")
        assert buffers_read(idle) > MANY / 100


CHANGES: dict[str, tuple[str, str]] = {
    "an update": ("", "update _private_jobs set run_at = now()"),
    "an operator": ("", "select reschedule_jobs(array(select id from _private_jobs), run_at => now())"),
    "a pause that ends": ("select pause_task('t'); update _private_jobs set run_at = now()", "select resume_task('t')"),
    "a queue that is freed": (
        """
        insert into _private_job_queues (queue_name, locked_at, locked_by) values ('q', now(), 'x');
        update _private_jobs set run_at = now(), job_queue_id = (select id from _private_job_queues)
        """,
        "select force_unlock_workers('{x}')",
    ),
    "a worker that hands in": (
        "update _private_jobs set run_at = now(); select get_jobs('v')",
        "select return_jobs('v', array(select id from _private_jobs))",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_job_that_comes_to_be_due_is_found(shared_database: str, other: Connection, change: str) -> None:
    before, after = CHANGES[change]
    added = add(other, "now() + interval '1 day'")
    other.execute(before.encode())
    with connect(shared_database) as idle:
        assert look(idle) == look(idle) == []
        other.execute(after.encode())
        assert look(idle) == [added]


def test_a_job_is_found_when_its_transaction_is_committed(idle: Connection, other: Connection) -> None:
    with other.transaction():
        added = add(other, "now() - interval '1 hour'")
        assert look(idle) == look(idle) == []
    assert look(idle) == [added]


def test_transactions_that_end_in_another_order(shared_database: str, idle: Connection, other: Connection) -> None:
    with connect(shared_database) as third:
        with other.transaction():
            added = add(other)
            third.execute("select txid_current()")
            assert look(idle) == look(idle) == []
        assert look(idle) == [added]


def test_a_job_is_found_when_it_is_due(idle: Connection, other: Connection) -> None:
    later = add(other, "now() + interval '2 hours'")
    sooner = add(other, "now() + interval '1 hour'", ", priority => 7, queue_name => 'q'")
    assert look(idle) == look(idle) == []
    assert look(idle, more=", now => now() + interval '1 hour'") == [sooner]
    assert look(idle, more=", now => now() + interval '2 hours'") == [later]


def test_a_job_is_found_when_its_lock_is_given_up_in_a_transaction_that_goes_on(
    idle: Connection, other: Connection
) -> None:
    added = add(other)
    with other.transaction():
        other.execute("select txid_current()")
        with other.transaction(force_rollback=True):
            other.execute("select from _private_jobs for update")
            assert look(idle) == look(idle) == []
        assert look(idle) == [added]


def test_what_the_same_transaction_has_added_is_found(idle: Connection) -> None:
    with idle.transaction():
        assert look(idle) == []
        added = add(idle)
        assert look(idle) == [added]


@pytest.fixture
def behind_a_locked_queue(other: Connection) -> int:
    """A job that is due, whose queue another worker holds."""
    holder = add(other, more=", queue_name => 'q'")
    assert [row[0] for row in other.execute("select id from get_jobs('x')")] == [holder]
    return add(other, more=", queue_name => 'q'")


def test_jobs_behind_a_locked_queue_are_looked_at_once(
    shared_database: str, other: Connection, behind_a_locked_queue: int
) -> None:
    other.execute(f"select add_job('t', queue_name => 'q', priority => g % 3) from generate_series(1, {MANY}) as g")
    with connect(shared_database) as idle:
        assert look(idle) == []
        assert_nothing_is_read_again(idle)
        other.execute("select complete_jobs('x', array(select id from _private_jobs where locked_by = 'x'))")
        assert look(idle) == [behind_a_locked_queue]


def test_a_free_queue_between_locked_ones_is_found_when_its_job_is_due(
    idle: Connection, other: Connection, behind_a_locked_queue: int
) -> None:
    later = add(other, "now() + interval '2 hours'", ", queue_name => 'free'")
    sooner = add(other, "now() + interval '1 hour'", ", queue_name => 'also free', priority => 3")
    assert look(idle) == look(idle) == []
    assert look(idle, more=", now => now() + interval '1 hour'") == [sooner]
    assert look(idle, more=", now => now() + interval '2 hours'") == [later]
    other.execute("select force_unlock_workers('{x}')")
    [formerly_held] = look(idle)
    assert formerly_held < behind_a_locked_queue


def test_a_queue_whose_row_somebody_has_locked(idle: Connection, other: Connection) -> None:
    added = add(other, more=", queue_name => 'q'")
    with other.transaction():
        other.execute("select txid_current()")
        with other.transaction(force_rollback=True):
            other.execute("select from _private_job_queues for update")
            assert look(idle) == look(idle) == []
        assert look(idle) == [added]


def test_a_queue_that_is_not_paused_any_more(idle: Connection, other: Connection, behind_a_locked_queue: int) -> None:
    other.execute("select pause_queue('p')")
    paused = add(other, more=", queue_name => 'p'")
    assert look(idle) == look(idle) == []
    other.execute("select resume_queue('p')")
    assert look(idle) == [paused]


def test_other_tasks_are_looked_for(idle: Connection, other: Connection) -> None:
    added = add(other)
    assert look(idle, "'{u}'") == look(idle, "'{u}'") == []
    assert look(idle, "'{t}'") == [added]


def test_jobs_that_a_worker_has_to_leave_alone(idle: Connection, other: Connection) -> None:
    added = add(other, more=", flags => '{red}'")
    assert look(idle, more=", forbidden_flags => '{red}'") == []
    assert look(idle) == [added]


def test_a_schema_of_its_own(database: str) -> None:
    migrate(database, schema="second one")
    with connect(database) as idle:
        idle.execute("""select "second one".add_job('t')""")
        idle.execute("insert into _private_tasks (identifier) values ('t')")
        assert look(idle) == look(idle) == []
        assert len(idle.execute("""select from "second one".get_jobs('w')""").fetchall()) == 1
