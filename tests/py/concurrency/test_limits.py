"""Limits while several sessions claim: none is exceeded, none waits for long, and who makes room says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.py.support.sessions import Background, alter_function, connect, connections
from tests.support import wait_until

Connection = psycopg.Connection[Any]
CLAIM = "select id from get_jobs(%s, max_jobs => %s)"


def claim(connection: Connection, worker_id: str = "w", max_jobs: int = 10) -> list[int]:
    return [row[0] for row in connection.execute(CLAIM, [worker_id, max_jobs])]


def add(connection: Connection, count: int, task: str = "t", queue_name: str | None = None) -> None:
    connection.execute("select add_job(%s, queue_name => %s) from generate_series(1, %s)", [task, queue_name, count])


@pytest.fixture
def session(shared_database: str) -> Iterator[Connection]:
    with connect(shared_database) as connection:
        yield connection


def running(connection: Connection) -> int:
    row = connection.execute("select count(*) from _private_jobs where locked_at is not null").fetchone()
    assert row is not None
    return row[0]


def test_a_claim_under_way_counts_once_it_is_committed(shared_database: str, session: Connection) -> None:
    session.execute("select limit_task('t', 3)")
    add(session, 5)
    with connections(shared_database, 1) as [under_way]:
        assert len(claim(under_way, max_jobs=2)) == 2
        # It holds the limit, and this one does not wait for longer than 50 ms.
        assert claim(session, "v") == []
        under_way.commit()
        assert len(claim(session, "v")) == 1
    assert running(session) == 3


def test_what_was_completed_makes_room_once_it_is_committed(shared_database: str, session: Connection) -> None:
    session.execute("select limit_task('t', 1)")
    add(session, 2)
    [job_id] = claim(session)
    with connections(shared_database, 1) as [ending]:
        ending.execute("select complete_jobs('w', %s)", [[job_id]])
        assert claim(session, "v") == []
        ending.commit()
        assert len(claim(session, "v")) == 1


def test_others_are_claimed_while_somebody_holds_a_limit(shared_database: str, session: Connection) -> None:
    session.execute("select limit_task('t', 9)")
    add(session, 3)
    add(session, 2, "free")
    with connections(shared_database, 1) as [under_way]:
        under_way.execute("select id from get_jobs('w', '{t}')")
        assert len(claim(session, "v")) == 2


@pytest.mark.parametrize(("limit", "queue_name"), [("limit_task('t', 3)", None), ("limit_queue('q', 3)", "q")])
def test_eight_claimers_exceed_no_limit(
    shared_database: str, session: Connection, limit: str, queue_name: str | None
) -> None:
    session.execute(f"select {limit}".encode())
    add(session, 160, queue_name=queue_name)
    most = 0
    guard = threading.Lock()
    held: set[int] = set()

    def work(number: int) -> None:
        nonlocal most
        with connect(shared_database) as connection:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                ids = claim(connection, f"w{number}", 1 + number % 2)
                with guard:
                    held.update(ids)
                    most = max(most, len(held))
                if not ids and not connection.execute("select from _private_jobs limit 1").fetchone():
                    return
                # Long enough for others to look.
                time.sleep(0.005 * len(ids))
                # Before they are handed in, or another one may claim in between.
                with guard:
                    held.difference_update(ids)
                connection.execute("select complete_jobs(%s, %s)", [f"w{number}", ids])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert most == 3
    assert session.execute("select count(*) from _private_jobs").fetchone() == (0,)


def test_a_job_that_becomes_one_of_a_limited_task_meanwhile_counts(database: str) -> None:
    with connect(database) as session, connections(database, 2) as [holder, claimer]:
        # A claim here waits when it has its snapshot, and no job's lock yet. As if it saw all that is locked by then.
        session.execute(
            "create function pause() returns boolean language plpgsql volatile"
            " as $$ begin perform pg_advisory_xact_lock_shared(99); return true; end $$"
        )
        alter_function(
            session,
            "_private_claim_held_queues",
            "j.ctid = any(v_ctids)",
            "j.id = any(array(select s.id from graphile_worker._private_jobs as s where s.ctid = any(v_ctids)))"
            " and (select graphile_worker.pause())",
        )
        session.execute("select limit_task('t', 1), limit_queue('*', 2)")
        session.execute("select add_job('t', queue_name => 'a'), add_job('u', queue_name => 'b', job_key => 'k')")
        # As due as it was.
        session.execute("update _private_jobs set run_at = '2020-01-01'")
        holder.execute("select pg_advisory_xact_lock(99)")
        waiting = Background(claimer, CLAIM, ["w", 10])
        waiting.wait_blocked(session)
        session.execute("select add_job('t', queue_name => 'b', job_key => 'k', run_at => '2020-01-01')")
        # As due as it was.
        session.execute("update _private_jobs set run_at = '2020-01-01'")
        holder.commit()
        assert len(waiting.result()) == 1
        claimer.commit()
        assert running(session) == 1
        assert session.execute("select count(*) from _private_job_queues where not is_available").fetchone() == (0,)


def test_a_wide_queue_is_claimed_by_one_at_a_time(shared_database: str, session: Connection) -> None:
    session.execute("select limit_queue('q', 3)")
    add(session, 5, queue_name="q")
    with connections(shared_database, 1) as [under_way]:
        assert len(claim(under_way, max_jobs=1)) == 1
        assert claim(session, "v") == []
        under_way.commit()
        assert len(claim(session, "v")) == 2
    assert claim(session, "u") == []
    assert session.execute("select is_available from _private_job_queues").fetchone() == (False,)


def test_an_operator_who_does_not_commit_keeps_no_claim_waiting(shared_database: str, session: Connection) -> None:
    session.execute("select limit_queue('a', 5, rate => 5, per => '1 second', burst => 1), limit_queue('b', 5)")
    add(session, 2, queue_name="a")
    add(session, 1, queue_name="b")
    ids = claim(session)
    assert len(ids) == 2
    # The rows of queues of which jobs run are the operator's, too, and passed over.
    session.execute("select complete_jobs('w', %s)", [ids])
    with connections(shared_database, 2) as [operator, claimer]:
        operator.execute("select limit_queue('other', 1)")
        room = "select bool_and(next_at <= clock_timestamp()) from _private_buckets"
        wait_until(lambda: session.execute(room).fetchone() == (True,), what="the rate to have room again")
        add(session, 1, queue_name="b")
        claimer.execute("set statement_timeout = '20 s'")
        assert len(claim(claimer)) == 1
        claimer.commit()
        operator.commit()
        assert len(claim(claimer)) == 1


def test_two_last_ones_leave_a_wide_queue_free(shared_database: str, session: Connection) -> None:
    session.execute("select limit_queue('q', 2)")
    add(session, 2, queue_name="q")
    first, second = claim(session)
    with connections(shared_database, 2) as [one, other]:
        one.execute("select complete_jobs('w', %s)", [[first]])
        waiting = Background(other, "select complete_jobs('w', %s)", [[second]])
        waiting.wait_blocked(session)
        one.commit()
        waiting.result()
        other.commit()
    assert session.execute("select is_available from _private_job_queues").fetchone() == (True,)


@pytest.mark.parametrize("level", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_limits_are_for_read_committed(shared_database: str, session: Connection, level: str) -> None:
    add(session, 1)
    session.execute("select limit_task('other', 1)")
    with connections(shared_database, 1) as [connection]:
        connection.isolation_level = psycopg.IsolationLevel[level]
        assert len(claim(connection)) == 1
        connection.rollback()
        session.execute("select limit_task('t', 1)")
        with pytest.raises(psycopg.Error) as error:
            claim(connection)
        assert error.value.sqlstate == "GWISO"


@pytest.mark.parametrize(
    "end",
    [
        "complete_jobs('w', %s)",
        "worker_round('w', completed => %s, max_jobs => 0)",
        "worker_round('w', completed => %s, task_identifiers => '{other}')",
        "worker_round('w', returned => %s, max_jobs => 0)",
        "worker_round('w', failed => %s, error_messages => array_fill('no'::text, array[2]), max_jobs => 0)",
    ],
)
@pytest.mark.parametrize(("limit", "queue_name"), [("limit_task('t', 2)", None), ("limit_queue('q', 2)", "q")])
def test_who_hands_in_wakes_others(
    shared_database: str, session: Connection, end: str, limit: str, queue_name: str | None
) -> None:
    session.execute(f"select {limit}".encode())
    add(session, 4, queue_name=queue_name)
    ids = claim(session)
    with connect(shared_database) as listener:
        listener.execute('listen "jobs:insert"')
        session.execute(f"select from {end}".encode(), [ids])
        assert [notification.channel for notification in listener.notifies(timeout=10, stop_after=1)] == ["jobs:insert"]


@pytest.mark.parametrize(("limit", "queue_name"), [("limit_task('t', 2)", None), ("limit_queue('q', 2)", "q")])
def test_a_recovery_wakes_others(shared_database: str, session: Connection, limit: str, queue_name: str | None) -> None:
    session.execute(f"select {limit}".encode())
    add(session, 4, queue_name=queue_name)
    claim(session, "graphile_worker_dead")
    with connect(shared_database) as listener:
        listener.execute('listen "jobs:insert"')
        session.execute("select recover_workers('{graphile_worker_dead}', array[null::timestamptz])")
        assert [notification.channel for notification in listener.notifies(timeout=10, stop_after=1)] == ["jobs:insert"]


def test_an_idle_look_locks_nothing(session: Connection) -> None:
    session.execute("select limit_task('full', 1), limit_task('none', 1)")
    add(session, 2, "full")
    assert len(claim(session)) == 1
    with session.transaction():
        assert claim(session) == []
        assert session.execute("select txid_current_if_assigned()").fetchone() == (None,)
