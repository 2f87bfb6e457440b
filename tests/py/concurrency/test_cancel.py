"""A job that is cancelled while it is claimed: exactly one end, whatever comes first, and never another run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.py.support.sessions import Background, connect, connections, ids

WORKER = "graphile_worker_dead"
CANCEL = "select outcome from cancel_jobs(%(ids)s, 'late', %(remove)s)"
BULK = "select changed from cancel_matching_jobs(task => 't', reason => 'late', remove => %(remove)s)"

# How a claim ends that brings no outcome, or a failure.
ENDINGS = {
    "failed": "select id from fail_jobs(%(worker)s, %(ids)s, array['boom'])",
    "failed, with a time for its retry": """
        select id from fail_jobs(%(worker)s, %(ids)s, array['boom'], retry_ats => array[now()])""",
    "given up": "select id from fail_jobs(%(worker)s, %(ids)s, array['boom'], given_up => array[true])",
    "returned": "select return_jobs(%(worker)s, %(ids)s)",
    "put off": "select return_jobs(%(worker)s, %(ids)s, run_ats => array[now()])",
    "unknown to its worker after a reconnect": "select id from resume_worker(%(worker)s)",
    "recovered as other runtimes do": "select recover_dead_worker_jobs(array[%(worker)s])",
    "its worker missing": "select worker_id from recover_workers(array[%(worker)s], array[null::timestamptz], '0')",
    "its worker stale": """
        with registered as (select worker_heartbeat(%(worker)s)) select from registered;
        update _private_workers set last_heartbeat_at = now() - interval '1 hour';
        select worker_id from sweep_stale_workers(recovery_delay => '0')""",
    "recovered by a hook, by default": "select id from recover_jobs(%(worker)s, null, %(ids)s, array['default'])",
    "recovered by a hook, as failed": """
        select id from recover_jobs(%(worker)s, null, %(ids)s, array['fail'], null, null, array['boom'])""",
    "recovered by a hook, for another time": """
        select id from recover_jobs(%(worker)s, null, %(ids)s, array['reschedule'], array[now()], array[0])""",
    "its lock expired": "select job_id from release_expired_locks('0')",
    "unlocked by force": "select force_unlock_workers(array[%(worker)s])",
}
# What Node.js and Rust send themselves: the attempt is taken off again.
FOREIGN_RETURN = """
    update _private_jobs
    set attempts = greatest(0, attempts - 1), locked_by = null, locked_at = null
    where id = any(%(ids)s)"""
FOREIGN_FAILURE = """
    update _private_jobs
    set last_error = 'boom', run_at = greatest(now(), run_at) + exp(least(attempts, 10)) * interval '1 second',
      locked_by = null, locked_at = null
    where id = any(%(ids)s) and locked_by = %(worker)s"""
# Those that wait for the row; a sweep passes over one that somebody is just changing.
WAITING = [name for name in ENDINGS if name not in ("its worker missing", "its worker stale", "its lock expired")]
WAITING = [name for name in WAITING if not name.startswith("recovered by a hook")]

Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(shared_database: str):
    with connect(shared_database) as connection:
        yield connection


def send(connection: Connection, script: str, job_ids: list[int], remove: bool = False) -> None:
    for statement in script.split(";\n"):
        connection.execute(statement.encode(), {"worker": WORKER, "ids": job_ids, "remove": remove})


def claimed(connection: Connection) -> list[int]:
    """The id of a job that is claimed, with a key and a queue, and so long ago that its lock may expire."""
    connection.execute("select add_job('t', '{\"v\": 1}', 'q', job_key => 'k')")
    found = ids(connection, "select id from get_jobs(%s, '{t}', 10)", [WORKER])
    connection.execute("update _private_jobs set locked_at = locked_at - interval '1 second'")
    connection.execute("update _private_job_queues set locked_at = locked_at - interval '1 second'")
    return found


def jobs(connection: Connection) -> list[tuple[Any, ...]]:
    query = """
        select id, last_error, attempts = max_attempts, locked_by, flags, run_at <= now()
        from _private_jobs order by id"""
    return connection.execute(query).fetchall()


def assert_has_ended(connection: Connection, job_ids: list[int], remove: bool) -> None:
    """It is gone, or has failed as cancelled; nobody claims it, its queue is free, its worker has nothing to stop."""
    assert jobs(connection) == ([] if remove else [(job_ids[0], "Cancelled: late", True, None, None, True)])
    assert connection.execute("select locked_by from _private_job_queues").fetchall() == [(None,)]
    assert ids(connection, "select job_id from list_cancelled(array[%s])", [WORKER]) == []
    assert ids(connection, "select id from get_jobs('w', null, 10, null, now() + interval '1 year')") == []
    assert connection.execute("select from _private_crashes").fetchall() == []


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_however_its_claim_ends_it_is_not_tried_again(connection: Connection, ending: str, remove: bool):
    job_ids = claimed(connection)
    send(connection, CANCEL, job_ids, remove)
    assert ids(connection, "select job_id from list_cancelled(array[%s])", [WORKER]) == job_ids
    send(connection, ENDINGS[ending], job_ids)
    assert_has_ended(connection, job_ids, remove)
    if not remove:
        assert ids(connection, "select id from retry_jobs(%s)", [job_ids]) == job_ids
        assert ids(connection, "select id from get_jobs('w', null, 10)") == job_ids, "an operator can try it again"
        assert ids(connection, "select id from fail_jobs('w', %s, array['x']) where will_retry", [job_ids]) == job_ids


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("ending", WAITING)
@pytest.mark.parametrize("cancel", [CANCEL, BULK], ids=["by id", "by filter"])
def test_an_end_that_waits_for_the_cancel_meets_its_mark(shared_database: str, ending: str, remove: bool, cancel: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (operator, worker):
        job_ids = claimed(monitor)
        send(operator, cancel, job_ids, remove)
        worker.autocommit = True
        query = ENDINGS[ending].replace("%(worker)s", f"'{WORKER}'").replace("%(ids)s", f"array[{job_ids[0]}::bigint]")
        hand_in = Background(worker, query)
        hand_in.wait_blocked(monitor)
        operator.commit()
        hand_in.result()
        assert_has_ended(monitor, job_ids, remove)


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_cancel_that_waits_for_the_end_meets_what_came_of_it(shared_database: str, ending: str, remove: bool):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (operator, worker):
        job_ids = claimed(monitor)
        # Nothing but the last statement is to hold anything.
        *before, last = ENDINGS[ending].split(";\n")
        for statement in before:
            send(monitor, statement, job_ids)
        send(worker, last, job_ids)
        operator.autocommit = True
        cancel = Background(operator, "select outcome from cancel_jobs(%s, 'late', %s)", [job_ids, remove])
        cancel.wait_blocked(monitor)
        worker.commit()
        assert cancel.result() == [("removed" if remove else "failed",)]
        error = {"given up": "boom"}.get(ending, "Cancelled: late")
        assert [row[1:4] for row in jobs(monitor)] == ([] if remove else [(error, True, None)])
        assert ids(monitor, "select id from get_jobs('w', null, 10, null, now() + interval '1 year')") == []


@pytest.mark.parametrize("first", ["cancel", "complete"])
def test_a_job_that_is_completed_is_done_whatever_comes_first(shared_database: str, first: str):
    complete = f"select complete_jobs('{WORKER}', %s::bigint[])"
    cancel = "select outcome from cancel_jobs(%s::bigint[], 'late')"
    with connect(shared_database) as monitor, connections(shared_database, 2) as (one, other):
        job_ids = claimed(monitor)
        one.execute((cancel if first == "cancel" else complete).encode(), [job_ids])
        other.autocommit = True
        second = Background(other, complete if first == "cancel" else cancel, [job_ids])
        second.wait_blocked(monitor)
        one.commit()
        assert second.result() == ([(job_ids[0],)] if first == "cancel" else [("gone",)])
        assert jobs(monitor) == []
        assert monitor.execute("select locked_by from _private_job_queues").fetchall() == [(None,)]


@pytest.mark.parametrize("first", ["cancel", "finish"])
def test_a_job_that_finishes_in_its_own_transaction_is_done(shared_database: str, first: str):
    finish = f"select 1 from (select finish_job('{WORKER}', (%s::bigint[])[1])) as f"
    cancel = "select outcome from cancel_jobs(%s::bigint[], 'late')"
    with connect(shared_database) as monitor, connections(shared_database, 2) as (one, other):
        monitor.execute("create table if not exists written (job_id bigint)")
        job_ids = claimed(monitor)
        finisher = other if first == "cancel" else one
        finisher.execute("insert into written values (%s)", [job_ids[0]])
        if first == "cancel":
            one.execute(cancel.encode(), [job_ids])
        else:
            one.execute(finish.encode(), [job_ids])
        second = Background(other, finish if first == "cancel" else cancel, [job_ids])
        second.wait_blocked(monitor)
        one.commit()
        assert second.result() == ([(1,)] if first == "cancel" else [("gone",)])
        other.commit()
        assert ids(monitor, "select job_id from written") == job_ids
        assert jobs(monitor) == []
        monitor.execute("drop table written")


@pytest.mark.parametrize("sweep", ["its worker missing", "recovered as other runtimes do", "unlocked by force"])
def test_what_was_swept_before_can_not_be_finished(shared_database: str, sweep: str):
    with connect(shared_database) as monitor, connections(shared_database, 1) as (worker,):
        job_ids = claimed(monitor)
        worker.execute("select 1")
        send(monitor, ENDINGS[sweep], job_ids)
        with pytest.raises(psycopg.Error, match=f"job {job_ids[0]} is not held by worker") as caught:
            worker.execute("select finish_job(%s, %s)", [WORKER, job_ids[0]])
        assert caught.value.sqlstate == "GWNHL"


def test_a_sweep_passes_over_a_job_that_is_just_finished(shared_database: str):
    with connect(shared_database) as monitor, connections(shared_database, 1) as (worker,):
        job_ids = claimed(monitor)
        worker.execute("select finish_job(%s, %s)", [WORKER, job_ids[0]])
        query = """
            select recovered_jobs, given_up_jobs, skipped_jobs
            from recover_workers(array[%s], array[null::timestamptz])"""
        row = monitor.execute(query, [WORKER]).fetchone()
        assert row == (0, 0, 1)
        worker.commit()
        assert jobs(monitor) == []


ADDS = {
    "add_job": "select id from add_job('t', '{\"v\": 2}', job_key => 'k')",
    "add_jobs": "select id from add_jobs(array[row('t', '{\"v\": 2}', null, null, null, 'k', null, null)::job_spec])",
    "unsafe_dedupe": "select id from add_job('t', '{\"v\": 2}', job_key => 'k', job_key_mode => 'unsafe_dedupe')",
}


@pytest.mark.parametrize("add", ADDS)
def test_a_keyed_add_that_waits_for_the_cancel_makes_a_new_job(shared_database: str, add: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (operator, producer):
        old = claimed(monitor)
        send(operator, CANCEL, old)
        producer.autocommit = True
        adding = Background(producer, ADDS[add])
        adding.wait_blocked(monitor)
        operator.commit()
        [(new,)] = adding.result()
        assert new not in old
        assert ids(monitor, "select id from get_jobs('v', '{t}', 10)") == [new]
        send(monitor, ENDINGS["failed"], old)
        rows = monitor.execute("select id, last_error, attempts = max_attempts, key from _private_jobs order by id")
        assert rows.fetchall() == [(old[0], "Cancelled: late", True, None), (new, None, False, "k")]


@pytest.mark.parametrize("add", ["add_job", "add_jobs"])
def test_a_cancel_that_waits_for_the_keyed_add_is_about_the_old_job(shared_database: str, add: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (producer, operator):
        old = claimed(monitor)
        [new] = ids(producer, ADDS[add])
        operator.autocommit = True
        cancel = Background(operator, "select id, outcome from cancel_jobs(%s, 'late')", [old])
        cancel.wait_blocked(monitor)
        producer.commit()
        assert cancel.result() == [(old[0], "asked")]
        # It lost its key as well: given back it is deleted, as ever.
        send(monitor, ENDINGS["returned"], old)
        assert [row[0] for row in jobs(monitor)] == [new]


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("end", [FOREIGN_RETURN, FOREIGN_FAILURE], ids=["returned", "failed"])
def test_other_runtimes_do_not_revive_it_by_their_own_sql(connection: Connection, end: str, remove: bool):
    job_ids = claimed(connection)
    send(connection, CANCEL, job_ids, remove)
    send(connection, end, job_ids)
    connection.execute("update _private_job_queues set locked_by = null, locked_at = null")
    assert ids(connection, "select id from get_jobs('w', null, 10, null, now() + interval '1 year')") == []
    assert ids(connection, "select id from _private_jobs where is_available and run_at <= now()") == []
    connection.execute("select release_expired_locks()")
    if end == FOREIGN_RETURN:
        assert_has_ended(connection, job_ids, remove)
    else:
        # It has failed for good, with their error; what an operator tries again is cancelled no more.
        assert ids(connection, "select id from reschedule_jobs(%s, attempts => 0)", [job_ids]) == job_ids
        assert ids(connection, "select id from get_jobs('w', null, 10)") == job_ids
        assert ids(connection, "select id from fail_jobs('w', %s, array['x']) where will_retry", [job_ids]) == job_ids


def test_flags_stay_and_marks_are_not_shown(connection: Connection):
    connection.execute("select add_job('t', job_key => 'k', flags => '{vip}')")
    found = ids(connection, "select id from get_jobs(%s, '{t}', 10)", [WORKER])
    send(connection, CANCEL, found, remove=True)
    for source in ("jobs", "list_jobs()", f"list_held_jobs('{WORKER}')", f"show_job({found[0]})"):
        [(shown,)] = connection.execute(f"select flags from {source}".encode()).fetchall()
        assert shown == {"vip": True}, source


def heard(listener: Connection, call: Callable[[], object]) -> list[Any]:
    """What comes on jobs:cancel of a call: the mark that is sent after it comes after it."""
    listener.execute('listen "jobs:cancel"; listen mark')
    call()
    listener.execute("select pg_notify('mark', '')")
    payloads: list[Any] = []
    for notification in listener.notifies(timeout=10):
        if notification.channel == "mark":
            return payloads
        payloads.append(json.loads(notification.payload))
    raise AssertionError("no mark came")


def test_each_worker_is_notified_of_its_jobs(shared_database: str, connection: Connection):
    connection.execute("select add_job('t') from generate_series(1, 605)")
    of_v = ids(connection, "select id from get_jobs('v', '{t}', 600)")
    of_w = ids(connection, "select id from get_jobs('w', '{t}', 2)")
    waiting = ids(connection, "select id from _private_jobs where locked_at is null")
    with connect(shared_database) as listener:
        everything = [*of_v, *of_w, *waiting]
        payloads = heard(listener, lambda: connection.execute("select cancel_jobs(%s)", [everything]))
        assert sorted(id_ for payload in payloads for id_ in payload["ids"] if payload["worker"] == "v") == sorted(of_v)
        assert [payload["ids"] for payload in payloads if payload["worker"] == "w"] == [of_w]
        assert len(payloads) == 4, "a notification holds so many"
        connection.execute("set graphile_worker.notify = 'off'")
        assert heard(listener, lambda: connection.execute("select cancel_jobs(%s)", [everything])) == []
    connection.execute("reset graphile_worker.notify")


def test_cancels_of_several_sessions_wait_for_each_other_in_one_direction(shared_database: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (one, other):
        monitor.execute("select add_job('t') from generate_series(1, 2)")
        first, second = sorted(ids(monitor, "select id from get_jobs('w', '{t}', 2)"))
        one.execute("select cancel_jobs(%s)", [[first]])
        waiting = Background(other, "select id, outcome from cancel_jobs(%s)", [[second, first]])
        waiting.wait_blocked(monitor)
        # The other one holds nothing behind what it waits for.
        one.execute("select cancel_jobs(%s)", [[second, first]])
        one.commit()
        assert waiting.result() == [(first, "asked"), (second, "asked")]
