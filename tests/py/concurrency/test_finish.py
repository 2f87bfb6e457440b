"""A job that is completed in its handler's transaction, against all that may take it away meanwhile, in both orders."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.py.support.sessions import Background, connect, connections, ids

WORKER = "graphile_worker_dead"
FINISH = "select finish_job(%s, %s)"
TAKE = {
    "recovered as other runtimes do": f"select count(*)::int from recover_dead_worker_jobs(array['{WORKER}'])",
    "unlocked by force": f"select 1 from (select force_unlock_workers(array['{WORKER}'])) as f",
    "failed by its worker": f"select count(*)::int from fail_jobs('{WORKER}', %(ids)s, array['boom'])",
    "returned by its worker": f"select count(*)::int from (select return_jobs('{WORKER}', %(ids)s)) as r",
    "completed by its worker": f"select count(*)::int from (select complete_jobs('{WORKER}', %(ids)s)) as c",
}
SWEEP = f"""
    select recovered_jobs + given_up_jobs, skipped_jobs
    from recover_workers(array['{WORKER}'], array[null::timestamptz])"""
REPLACE = {
    "replace": "select id from add_job('t', '{\"v\": 2}', job_key => 'k')",
    "preserve_run_at": "select id from add_job('t', job_key => 'k', job_key_mode => 'preserve_run_at')",
    "add_jobs": "select id from add_jobs(array[row('t', '{\"v\": 2}', null, null, null, 'k', null, null)::job_spec])",
    "remove": "select (remove_job('k')).id",
}

Connection = psycopg.Connection[Any]


@pytest.fixture
def written(shared_database: str):
    """The url of a database with a table that handlers write to."""
    with connect(shared_database) as connection:
        connection.execute("create table written (job_id bigint)")
    yield shared_database
    with connect(shared_database) as connection:
        connection.execute("drop table written")


def claimed(connection: Connection) -> int:
    connection.execute("select add_job('t', '{\"v\": 1}', 'q', job_key => 'k')")
    [found] = ids(connection, "select id from get_jobs(%s, '{t}', 10)", [WORKER])
    return found


def write(handler: Connection, job_id: int) -> None:
    handler.execute("insert into written values (%s)", [job_id])


def outcome(connection: Connection) -> tuple[list[int], list[int], list[Any]]:
    """What was written, the jobs that are left, and who holds the queue."""
    queues = connection.execute("select locked_by from _private_job_queues").fetchall()
    return (
        ids(connection, "select job_id from written"),
        ids(connection, "select id from _private_jobs order by id"),
        [name for (name,) in queues],
    )


@pytest.mark.parametrize("take", TAKE)
def test_what_finishes_first_is_done(written: str, take: str):
    with connect(written) as monitor, connections(written, 2) as (handler, other):
        job_id = claimed(monitor)
        write(handler, job_id)
        handler.execute(FINISH, [WORKER, job_id])
        other.autocommit = True
        taking = Background(other, TAKE[take], {"ids": [job_id]})
        taking.wait_blocked(monitor)
        handler.commit()
        taking.result()
        assert outcome(monitor) == ([job_id], [], [None])


@pytest.mark.parametrize("take", TAKE)
def test_what_is_taken_first_is_rolled_back(written: str, take: str):
    with connect(written) as monitor, connections(written, 2) as (handler, other):
        job_id = claimed(monitor)
        write(handler, job_id)
        other.execute(TAKE[take].encode(), {"ids": [job_id]})
        finishing = Background(handler, FINISH, [WORKER, job_id])
        finishing.wait_blocked(monitor)
        other.commit()
        with pytest.raises(psycopg.Error) as caught:
            finishing.result()
        assert caught.value.sqlstate == "GWNHL"
        handler.rollback()
        is_gone = take == "completed by its worker"
        assert outcome(monitor) == ([], [] if is_gone else [job_id], [None])


def test_a_sweep_that_comes_first_takes_it(written: str):
    with connect(written) as monitor, connections(written, 2) as (handler, sweeper):
        job_id = claimed(monitor)
        write(handler, job_id)
        assert sweeper.execute(SWEEP.encode()).fetchone() == (1, 0)
        finishing = Background(handler, FINISH, [WORKER, job_id])
        finishing.wait_blocked(monitor)
        sweeper.commit()
        with pytest.raises(psycopg.Error, match=f"job {job_id} is not held by worker"):
            finishing.result()
        handler.rollback()
        assert outcome(monitor) == ([], [job_id], [None])


def test_a_sweep_that_comes_second_passes_over_it(written: str):
    with connect(written) as monitor, connections(written, 2) as (handler, sweeper):
        job_id = claimed(monitor)
        write(handler, job_id)
        handler.execute(FINISH, [WORKER, job_id])
        assert sweeper.execute(SWEEP.encode()).fetchone() == (0, 1)
        sweeper.commit()
        handler.commit()
        assert outcome(monitor) == ([job_id], [], [None])


def test_a_sweep_finds_it_again_when_the_transaction_rolled_back(written: str):
    with connect(written) as monitor, connections(written, 2) as (handler, sweeper):
        job_id = claimed(monitor)
        handler.execute(FINISH, [WORKER, job_id])
        assert sweeper.execute(SWEEP.encode()).fetchone() == (0, 1)
        sweeper.commit()
        handler.rollback()
        assert sweeper.execute(SWEEP.encode()).fetchone() == (1, 0)
        sweeper.commit()
        assert outcome(monitor) == ([], [job_id], [None])


@pytest.mark.parametrize("replace", REPLACE)
@pytest.mark.parametrize("first", ["finish", "replace"])
def test_a_key_that_is_replaced_meanwhile_makes_another_job(written: str, replace: str, first: str):
    """The job that has started is done, whoever is first, and the other one is there to be run."""
    with connect(written) as monitor, connections(written, 2) as (handler, producer):
        job_id = claimed(monitor)
        write(handler, job_id)
        one, other = (handler, producer) if first == "finish" else (producer, handler)
        if first == "finish":
            handler.execute(FINISH, [WORKER, job_id])
            second = Background(producer, REPLACE[replace])
        else:
            producer.execute(REPLACE[replace].encode())
            second = Background(handler, FINISH, [WORKER, job_id])
        second.wait_blocked(monitor)
        one.commit()
        second.result()
        other.commit()
        done, left, queues = outcome(monitor)
        assert done == [job_id]
        assert queues == [None]
        assert job_id not in left
        assert len(left) == (replace != "remove")
        assert ids(monitor, "select id from get_jobs('v', '{t}', 10)") == left


def test_what_became_of_it_is_told(written: str):
    show = "select show_finish(%s, %s, %s)"
    with connect(written) as monitor, connections(written, 1) as (handler,):
        job_id = claimed(monitor)
        row = handler.execute(FINISH, [WORKER, job_id]).fetchone()
        assert row is not None
        assert monitor.execute(show, [WORKER, job_id, row[0]]).fetchone() == ("open",)
        handler.rollback()
        assert monitor.execute(show, [WORKER, job_id, row[0]]).fetchone() == ("held",)
        again = handler.execute(FINISH, [WORKER, job_id]).fetchone()
        assert again is not None
        handler.commit()
        assert monitor.execute(show, [WORKER, job_id, again[0]]).fetchone() == ("done",)
        assert monitor.execute(show, [WORKER, job_id, row[0]]).fetchone() == ("lost",)
