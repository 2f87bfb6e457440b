"""Cleanup removes tasks and queues that nobody uses while others begin to use them: no job loses what it refers to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import support
from tests.py.support.sessions import (
    Background,
    alter_function,
    connect,
    connections,
    ids,
    is_blocked,
    remove_everything,
    together,
)
from tests.support import first_id

ADD = "select id from add_job('t', queue_name => 'q')"
ADD_MANY = "select id from add_jobs(array[row('t', null, 'q', null, null, null, null, null)::job_spec])"
ADD_KEYED = "select id from add_job('t', queue_name => 'q', job_key => 'k')"
ADDS = pytest.mark.parametrize("add", [ADD, ADD_MANY, ADD_KEYED])
DANGLING = """
    select j.id from _private_jobs as j
    where not exists (select from _private_tasks as t where t.id = j.task_id)
      or j.job_queue_id is not null and not exists (select from _private_job_queues as q where q.id = j.job_queue_id)
"""


def prepare(connection: psycopg.Connection[Any]) -> None:
    """A task and a queue that no job uses."""
    connection.execute("insert into _private_tasks (identifier) values ('t')")
    connection.execute("insert into _private_job_queues (queue_name) values ('q')")


def check(connection: psycopg.Connection[Any], jobs: int = 1) -> None:
    """So many jobs, each with its task and queue, that a worker gets."""
    assert ids(connection, DANGLING) == []
    rows = connection.execute("select task_identifier, queue_name from jobs").fetchall()
    assert rows == [("t", "q")] * jobs
    assert len(ids(connection, "select id from get_jobs('w')")) == min(jobs, 1)


@ADDS
def test_an_add_that_is_not_committed_keeps_what_it_uses(shared_database: str, add: str):
    with connect(shared_database) as monitor, connections(shared_database, 1) as (adder,):
        prepare(monitor)
        adder.execute(add.encode())
        # Does not wait, either.
        monitor.execute("set lock_timeout = '1ms'")
        removed = dict(monitor.execute("select * from cleanup()").fetchall())
        assert removed == dict.fromkeys(removed, 0)
        adder.commit()
        check(monitor)


@ADDS
def test_an_add_waits_for_the_cleanup_and_makes_both_anew(shared_database: str, add: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (cleaner, adder):
        prepare(monitor)
        assert ("gc_task_identifiers", 1) in cleaner.execute("select * from cleanup()").fetchall()
        waiting = Background(adder, add)
        waiting.wait_blocked(monitor)
        cleaner.commit()
        assert len(waiting.result()) == 1
        adder.commit()
        check(monitor)


@ADDS
def test_an_add_that_waits_for_a_cleanup_which_is_undone_uses_what_was_there(shared_database: str, add: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (cleaner, adder):
        prepare(monitor)
        cleaner.execute("select * from cleanup()")
        waiting = Background(adder, add)
        waiting.wait_blocked(monitor)
        cleaner.rollback()
        waiting.result()
        adder.commit()
        check(monitor)
        assert ids(monitor, "select id from _private_tasks") == [first_id("_private_tasks")]


# Between the look at the jobs and the deletion, where cleanup holds no lock yet, or has them all.
PAUSES = {
    "before the lock of tasks": "j.task_id = t.id)\n      order by t.id",
    "before the lock of queues": "j.job_queue_id = q.id)\n      order by q.id",
    "before the deletion of tasks": "t.id = any(v_ids)\n",
    "before the deletion of queues": "q.id = any(v_ids)\n",
}


@pytest.fixture(scope="module", params=PAUSES)
def pausing_database(request: pytest.FixtureRequest, server_url: str, template: str) -> Iterator[str]:
    """Cleanup waits here for advisory lock 99 at one place, within a statement whose snapshot has been taken."""
    old = PAUSES[request.param]
    new = old.replace("\n", "\n and (select graphile_worker.pause()) ", 1)
    with support.temporary_database(server_url, template) as url, connect(url) as connection:
        connection.execute(
            """
            create function pause() returns boolean language plpgsql volatile
            as $$ begin perform pg_advisory_xact_lock_shared(99); return true; end $$
            """
        )
        alter_function(connection, "cleanup(text[],text[],integer,boolean)", old, new)
        yield url


@ADDS
def test_an_add_in_the_middle_of_a_cleanup(pausing_database: str, add: str):
    """It comes between cleanup's look and its next step: then it is seen there, or waits until cleanup is done."""
    remove_everything(pausing_database)
    support.start_ids(pausing_database)
    with connect(pausing_database) as monitor, connections(pausing_database, 3) as (holder, cleaner, adder):
        prepare(monitor)
        holder.execute("select pg_advisory_xact_lock(99)")
        cleaning = Background(cleaner, "select * from cleanup()")
        cleaning.wait_blocked(monitor)
        adder.autocommit = True
        adding = Background(adder, add)
        support.wait_until(lambda: adding.done or is_blocked(monitor, adder))
        holder.commit()
        cleaning.result()
        cleaner.commit()
        adding.result()
        check(monitor)


def test_many_adds_and_cleanups(shared_database: str):
    names = [f"n{n}" for n in range(6)]

    def add(seed: int) -> None:
        rng = random.Random(seed)
        with connect(shared_database) as connection:
            for _ in range(150):
                name = rng.choice(names)
                [job] = ids(connection, "select id from add_job(%s, queue_name => %s)", [name, name])
                query = "select id from jobs where id = %s and task_identifier = %s and queue_name = %s"
                assert ids(connection, query, [job, name, name]) == [job]
                # So that both are free again.
                ids(connection, "select id from complete_jobs(array[%s]::bigint[])", [job])

    def clean() -> None:
        with connect(shared_database) as connection:
            for _ in range(150):
                connection.execute("select * from cleanup()")
                assert ids(connection, DANGLING) == []

    together([lambda seed=seed: add(seed) for seed in range(4)] + [clean, clean])


@pytest.mark.parametrize("isolation", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_cleanup_refuses_a_snapshot_that_may_be_old(shared_database: str, isolation: str):
    """With it, cleanup would not see the job that came after, and remove what that refers to."""
    with connect(shared_database) as monitor, connections(shared_database, 1) as (cleaner,):
        prepare(monitor)
        cleaner.isolation_level = psycopg.IsolationLevel[isolation]
        cleaner.execute("select from _private_tasks")
        monitor.execute(ADD)
        for task in ("null", "array['gc_task_identifiers']", "array['gc_job_queues']"):
            with pytest.raises(psycopg.Error) as error:
                cleaner.execute(f"select * from cleanup({task})")
            assert error.value.sqlstate == "GWISO"
            cleaner.rollback()
        cleaner.execute("select * from cleanup(array['delete_permanently_failed_jobs'])")
        cleaner.commit()
        check(monitor)
