"""What a claim locks, what it does about the locks of others, and what it does when a job changes under its eyes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import support
from tests.py.support.sessions import Background, alter_function, connect, connections, ids, remove_everything
from tests.support import first_id, job_id, job_ids

# Jobs 1 to 8, in claim order; queue a has 3 and 4, b has 5, c has 6.
LOAD = """
    select add_job(task, queue_name => queue, job_key => 'key' || n, run_at => now() - (10 - n) * interval '1 minute')
    from unnest(
      array['t', 'u', 't', 't', 'u', 't', 'u', 't'], array[null, null, 'a', 'a', 'b', 'c', null, null]
    ) with ordinality as s (task, queue, n)
    order by n
"""
CLAIM = "select id from get_jobs('w', %s, 10)"


@pytest.mark.parametrize("tasks", [None, ["t", "u"]])
@pytest.mark.parametrize(
    # `{1}` is the id of job 1.
    ("lock", "claimed"),
    [
        ("select from _private_jobs where id in ({1}, {7}) for update", [2, 3, 5, 6, 8]),
        ("select from _private_jobs where id in ({1}, {7}) for key share", [2, 3, 5, 6, 8]),
        # Not the next job of the queue instead: the queue's order is not to be broken by a lock that passes.
        ("select from _private_jobs where id = {3} for update", [1, 2, 5, 6, 7, 8]),
        ("select from _private_job_queues where queue_name in ('a', 'c') for update", [1, 2, 5, 7, 8]),
        ("select from _private_job_queues where queue_name in ('a', 'c') for no key update", [1, 2, 5, 7, 8]),
        # An open add_job uses queue and task, and is in nobody's way.
        ("select add_job('t', queue_name => 'a')", [1, 2, 3, 5, 6, 7, 8]),
        ("select add_job('t', job_key => 'key1')", [2, 3, 5, 6, 7, 8]),
        ("select remove_job('key5')", [1, 2, 3, 6, 7, 8]),
        ("select id from get_jobs('other', null, 3)", [5, 6, 7, 8]),
        ("select id from get_jobs('other', array['u'], 2)", [1, 3, 6, 7, 8]),
        ("select id from reschedule_jobs(array[{1}, {3}], priority => 3)", [2, 5, 6, 7, 8]),
    ],
)
def test_a_claim_passes_over_what_others_hold(
    shared_database: str, lock: str, claimed: list[int], tasks: list[str] | None
):
    with connections(shared_database, 2) as (holder, claimer):
        holder.execute(LOAD)
        holder.commit()
        holder.execute(lock.format(*job_ids(*range(9))))
        # It would be an error to wait at all.
        claimer.execute("set lock_timeout = '1ms'")
        assert ids(claimer, CLAIM, [tasks]) == job_ids(*claimed)


def all_lockable(connection: psycopg.Connection[Any], table: str, except_ids: list[int]) -> list[int]:
    """Locks every other row as hard as can be; LockNotAvailable when somebody holds one."""
    query = f"select id from {table} where id <> all(%s) order by id for update nowait"
    found = ids(connection, query, [except_ids])
    connection.rollback()
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 30])
@pytest.mark.parametrize("tasks", [None, ["t0"], ["t0", "t1"], ["t1", "t2", "unknown"]])
def test_a_claim_locks_what_it_claims_and_nothing_else(shared_database: str, size: int, tasks: list[str] | None):
    with connections(shared_database, 2) as (claimer, other):
        claimer.execute(
            """
            select add_job('t' || i % 3, priority => i % 7 % 2, run_at => now() - i * i % 17 * interval '1 second',
              queue_name => case when i % 2 = 0 then 'q' || i % 10 end) from generate_series(1, 60) as i
            """
        )
        claimer.commit()
        for _ in range(3):
            claimed = ids(claimer, "select id from get_jobs('w', %s, %s)", [tasks, size])
            queues = ids(claimer, "select job_queue_id from _private_jobs where id = any(%s)", [claimed])
            assert claimed
            assert len(all_lockable(other, "_private_jobs", claimed)) == 60 - len(claimed)
            all_lockable(other, "_private_job_queues", [queue for queue in queues if queue])
            assert all_lockable(other, "_private_tasks", [])
            claimer.rollback()


def test_a_queue_whose_only_job_is_held_is_not_claimed(shared_database: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (adder, claimer):
        monitor.execute("select add_job('t', job_key => 'k', queue_name => 'q')")
        adder.execute("select add_job('t', job_key => 'k', queue_name => 'q')")
        assert ids(claimer, CLAIM, [None]) == []
        adder.commit()
        claimer.commit()
        locked_by = monitor.execute("select locked_by from _private_job_queues").fetchone()[0]
        assert locked_by is None
        assert ids(claimer, CLAIM, [None]) == job_ids(1)


def test_a_claim_finds_the_one_job_among_thousands_of_queues_of_other_tasks(shared_database: str):
    with connect(shared_database) as connection:
        task, queue = first_id("_private_tasks"), first_id("_private_job_queues")
        connection.execute(
            f"""
            insert into _private_tasks (identifier) values ('mine'), ('other');
            insert into _private_job_queues (queue_name) select 'q' || i from generate_series(0, 5000) as i;
            insert into _private_jobs (task_id, job_queue_id)
            select {task + 1}, {queue} + i from generate_series(0, 4999) as i;
            insert into _private_jobs (task_id, job_queue_id) values ({task}, {queue + 5000});
            """
        )
        for _ in range(20):
            with connection.transaction(force_rollback=True):
                assert ids(connection, CLAIM, [["mine"]]) == job_ids(5001)


def test_a_claim_finds_the_one_free_queue_behind_thousands_of_busy_ones(shared_database: str):
    with connect(shared_database) as connection:
        task, queue = first_id("_private_tasks"), first_id("_private_job_queues")
        connection.execute(
            f"""
            insert into _private_tasks (identifier) values ('mine');
            insert into _private_job_queues (queue_name, locked_by, locked_at)
            select 'q' || i, 'other', now() from generate_series(1, 3000) as i;
            insert into _private_job_queues (queue_name) values ('free');
            insert into _private_jobs (task_id, job_queue_id)
            select {task}, {queue} + i from generate_series(0, 3000) as i;
            """
        )
        for _ in range(20):
            with connection.transaction(force_rollback=True):
                assert ids(connection, CLAIM, [None]) == job_ids(3001)


# Where a claim with several tasks locks what it has looked at before; and where one of a queue does.
LOCKS_AFTER_LOOKING = {
    "plain": ("_private_claim_plain", "j.ctid = any(v_candidates)"),
    "queued": ("_private_claim_queued", "j.ctid = any(v_ctids)"),
}


@pytest.fixture(scope="module", params=LOCKS_AFTER_LOOKING)
def pausing_database(request: pytest.FixtureRequest, server_url: str, template: str) -> Iterator[tuple[str, str]]:
    """A claim here waits for advisory lock 99 when it has its snapshot and no job's lock yet; with the place's name."""
    function, condition = LOCKS_AFTER_LOOKING[request.param]
    with support.temporary_database(server_url, template) as url:
        with connect(url) as connection:
            connection.execute(
                """
                create function pause() returns boolean language plpgsql volatile
                as $$ begin perform pg_advisory_xact_lock_shared(99); return true; end $$
                """
            )
            alter_function(connection, function, condition, f"{condition} and (select graphile_worker.pause())")
        yield request.param, url


@pytest.mark.parametrize(
    "change",
    [
        "select add_job('t', job_key => 'k', run_at => now() + interval '1 day')",
        "select add_job('t', job_key => 'k', queue_name => 'another')",
        "select add_job('foreign', job_key => 'k', queue_name => {queue})",
        "select add_job('t', job_key => 'k', queue_name => {queue}, flags => array['forbidden'])",
        "select add_job('t', job_key => 'k', queue_name => {queue}, priority => 5)",
        "select id from permanently_fail_jobs(array[{job}])",
        "select id from reschedule_jobs(array[{job}], run_at => now() + interval '1 day')",
        "select remove_job('k')",
        "select id from complete_jobs(array[{job}])",
    ],
)
def test_a_job_that_changes_between_look_and_lock_is_not_claimed(pausing_database: tuple[str, str], change: str):
    place, database = pausing_database
    queue = "'q'" if place == "queued" else "null"
    remove_everything(database)
    support.start_ids(database)
    with connect(database) as monitor, connections(database, 2) as (holder, claimer):
        monitor.execute(f"select add_job('t', job_key => 'k', queue_name => {queue})")
        monitor.execute("select add_job('u')")
        holder.execute("select pg_advisory_xact_lock(99)")
        claim = Background(claimer, "select id from get_jobs('w', array['t', 'u'], 5, array['forbidden'])")
        claim.wait_blocked(monitor)
        monitor.execute(change.format(queue=queue, job=job_id(1)))
        holder.commit()
        claimed = [id_ for (id_,) in claim.result()]
        claimer.commit()
        assert claimed == job_ids(2)
        assert ids(monitor, "select id from _private_jobs where locked_by is not null") == job_ids(2)
        assert ids(monitor, "select id from _private_job_queues where locked_by is not null") == []
