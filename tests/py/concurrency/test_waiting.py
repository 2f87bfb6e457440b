"""Calls that waited for another session's change of the same job go on with the job as it is then."""

from __future__ import annotations

import pytest

from tests.py.support.sessions import Background, connect, connections, ids
from tests.support import job_ids


@pytest.mark.parametrize(
    "change",
    [
        "select id from add_job('t', '[1]', job_key => 'k', job_key_mode => 'unsafe_dedupe')",
        "select id from add_job('t', '[1]', job_key => 'k')",
        "select id from remove_job('k')",
    ],
)
@pytest.mark.parametrize(
    "hand_in",
    [
        "select complete_jobs('w', array{jobs})",
        "select id from fail_jobs('w', array{jobs}::bigint[], array['no'])",
        "select return_jobs('w', array{jobs})",
    ],
)
def test_a_worker_that_waited_for_a_change_of_its_job_hands_it_in(shared_database: str, change: str, hand_in: str):
    jobs = job_ids(1)
    with connect(shared_database) as monitor, connections(shared_database, 2) as (changer, worker):
        monitor.execute("select add_job('t', job_key => 'k')")
        assert ids(monitor, "select id from get_jobs('w')") == jobs
        changer.execute(change)
        waiting = Background(worker, hand_in.format(jobs=jobs))
        waiting.wait_blocked(monitor)
        changer.commit()
        assert [row[0] for row in waiting.result()] == jobs
        worker.commit()
        assert ids(monitor, "select id from _private_jobs where locked_by is not null") == []


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        (
            "select id from complete_jobs(array{jobs})",
            "select count(*) = 0 from _private_jobs where id = any(array{jobs})",
        ),
        ("select id from permanently_fail_jobs(array{jobs})", "select every(not is_available) from _private_jobs"),
        (
            "select id from reschedule_jobs(array{jobs}, priority => 3)",
            "select every(priority = 3) from _private_jobs",
        ),
    ],
)
def test_an_operator_who_waited_for_an_add_changes_the_job(shared_database: str, call: str, changed: str):
    jobs = job_ids(1, 2, 3)
    call, changed = call.format(jobs=jobs), changed.format(jobs=jobs)
    with connect(shared_database) as monitor, connections(shared_database, 2) as (adder, operator):
        monitor.execute("select add_job('t', job_key => 'k' || i) from generate_series(1, 3) as i")
        adder.execute("select add_job('t', '[2]', job_key => 'k2')")
        waiting = Background(operator, call)
        waiting.wait_blocked(monitor)
        adder.commit()
        assert sorted(row[0] for row in waiting.result()) == jobs
        operator.commit()
        assert monitor.execute(changed.encode()).fetchone()[0]
        # And leaves alone what a worker has claimed meanwhile.
        monitor.execute("delete from _private_jobs")
        monitor.execute(
            "insert into _private_jobs (id, task_id) overriding system value"
            " select i, t.id from unnest(%s::bigint[]) as i, _private_tasks as t",
            [jobs],
        )
        adder.execute("select get_jobs('w', now => now())")
        waiting = Background(operator, call)
        waiting.wait_blocked(monitor)
        adder.commit()
        assert sorted(row[0] for row in waiting.result()) == jobs[1:]
