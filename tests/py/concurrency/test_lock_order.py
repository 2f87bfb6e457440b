"""No two calls wait for each other in a circle: job rows in id order, then queue rows in id order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.py.support.sessions import Background, connect, connections, ids, together
from tests.support import first_id, job_id, job_ids

ROUNDS = 150
KEYS = [f"k{n}" for n in range(12)]
WORKERS = ["w0", "w1"]
ADD = """
    select id from add_jobs(
      array(select row('t' || length(k) %% 2, '[1]', 'q' || length(k) %% 3, null, null, k, null, null)::job_spec
        from unnest(%s::text[]) as k)
    )
"""
ADD_PLAIN = """
    select id from add_jobs(
      array(select row('t', '[1]', q, null, null, null, null, null)::job_spec from unnest(%s::text[]) as q)
    )
"""

Connection = psycopg.Connection[Any]


class Caller:
    """Makes calls that lock several rows, each with rows in a random order, and shares its worker ids with others."""

    def __init__(self, url: str, seed: int, jobs: list[int]) -> None:
        self.url, self.random, self.jobs = url, random.Random(seed), jobs
        self.calls: list[Callable[[Connection], object]] = [
            self.add,
            self.add,
            self.add_plain,
            self.remove,
            self.claim_and_hand_in,
            self.claim_and_hand_in,
            self.claim_and_hand_in,
            self.round,
            self.operate,
            self.sweep,
        ]

    def run(self) -> None:
        with connect(self.url) as connection:
            for _ in range(ROUNDS):
                self.random.choice(self.calls)(connection)

    def some_jobs(self) -> list[int]:
        return self.random.sample(self.jobs, min(len(self.jobs), 15))

    def add(self, connection: Connection) -> None:
        keys = self.random.choices(KEYS, k=self.random.randint(2, 8))
        added = ids(connection, ADD, [keys])
        assert len(added) == len(keys)
        self.jobs += added

    def add_plain(self, connection: Connection) -> None:
        self.jobs += ids(connection, ADD_PLAIN, [self.random.choices(["q0", "q1", "q2", None], k=6)])

    def remove(self, connection: Connection) -> None:
        ids(connection, "select id from remove_job(%s)", [self.random.choice(KEYS)])

    def claim_and_hand_in(self, connection: Connection) -> None:
        worker = self.random.choice(WORKERS)
        size = self.random.randint(1, 20)
        claim = "select id from get_jobs(%s, null, %s, now => now() + interval '1 day')"
        mine = ids(connection, claim, [worker, size]) + self.some_jobs()
        self.random.shuffle(mine)
        query = self.random.choice(
            [
                "select complete_jobs(%s, %s)",
                "select complete_jobs(%s, %s)",
                "select id from fail_jobs(%s, %s, array_fill('failed'::text, array[{}]))",
                "select return_jobs(%s, %s)",
                "select id from resume_worker(%s, %s)",
            ]
        )
        ids(connection, query.format(len(mine)), [worker, mine])

    def round(self, connection: Connection) -> None:
        worker = self.random.choice(WORKERS)
        query = """
            select id from worker_round(
              %s, completed => %s, failed => %s, error_messages => array_fill('failed'::text, array[{}]),
              returned => %s, interrupted => %s, max_jobs => %s, now => now() + interval '1 day'
            ) where kind = 'job'
        """
        mine = ids(connection, query.format(0), [worker, None, [], None, None, 20]) + self.some_jobs()
        self.random.shuffle(mine)
        parts = [mine[start::4] for start in range(4)]
        ids(connection, query.format(len(parts[1])), [worker, *parts, self.random.randint(0, 20)])

    def operate(self, connection: Connection) -> None:
        query = self.random.choice(
            [
                "select id from complete_jobs(%s::bigint[])",
                "select id from permanently_fail_jobs(%s::bigint[])",
                "select id from reschedule_jobs(%s::bigint[], attempts => 0)",
            ]
        )
        ids(connection, query, [self.some_jobs()])

    def sweep(self, connection: Connection) -> None:
        worker = self.random.choice(WORKERS)
        query, params = self.random.choice(
            [
                ("select force_unlock_workers(%s)", [[worker]]),
                ("select recover_dead_worker_jobs(%s)", [[worker]]),
                ("select 1 from release_expired_locks('0')", []),
                ("select 1 from cleanup()", []),
            ]
        )
        ids(connection, query, params)


def test_every_call_in_every_order_from_many_sessions(database: str):
    """Deadlocks are errors of the statement that meets one: whoever fails here has met one, or something worse."""
    with connect(database) as connection:
        jobs = ids(connection, ADD_PLAIN, [["q0", "q1", "q2", None] * 10])
    together([Caller(database, seed, list(jobs)).run for seed in range(8)])
    with connect(database) as connection:
        dangling = """
            select j.id from _private_jobs as j
            where not exists (select from _private_tasks as t where t.id = j.task_id)
              or j.job_queue_id is not null
              and not exists (select from _private_job_queues as q where q.id = j.job_queue_id)
        """
        assert ids(connection, dangling) == []
        doubled = "select job_queue_id from _private_jobs where locked_at is not null and job_queue_id is not null"
        in_flight = ids(connection, doubled)
        assert len(in_flight) == len(set(in_flight))


def add_keys(connection: Connection, keys: list[str]) -> Background:
    query = """
        select id, key from add_jobs(
          array(select row('t', '[1]', null, null, null, k, null, null)::job_spec from unnest(%s::text[]) as k)
        )
    """
    return Background(connection, query, [keys])


def test_new_keys_of_four_sessions_are_not_waited_for_in_a_circle(database: str):
    """One waits for a key in the middle, holding those before it; another adds all of them the other way round."""
    with connect(database) as monitor, connections(database, 4) as (first, second, third, fourth):
        monitor.execute("select add_job('t')")
        assert add_keys(third, ["k5"]).result()
        assert add_keys(fourth, ["k3"]).result()
        waiting = add_keys(second, ["k5", "k3", "k1"])
        waiting.wait_blocked(monitor)
        third.commit()
        last = add_keys(first, ["k1", "k5"])
        last.wait_blocked(monitor)
        fourth.commit()
        assert [key for _, key in waiting.result()] == ["k5", "k3", "k1"]
        second.commit()
        assert [key for _, key in last.result()] == ["k1", "k5"]
        first.commit()
        assert len(ids(monitor, "select id from _private_jobs where key is not null")) == 3


@pytest.mark.parametrize("call", ["force_unlock_workers(array['w'])", "recover_dead_worker_jobs(array['w'])"])
def test_a_worker_that_goes_on_while_its_locks_are_taken_away(database: str, call: str):
    """It claims an earlier job while the other waits for a later one: that job is not taken, as it is out of order."""
    with connect(database) as monitor, connections(database, 3) as (holder, operator, worker):
        monitor.execute(
            "select add_job('t', run_at => now() + n * interval '1 hour') from unnest(array[1, 1, 1, 1, 0, 1, 0]) as n"
        )
        assert ids(monitor, "select id from get_jobs('w', null, 10)") == job_ids(5, 7)
        holder.execute(f"select from _private_jobs where id = {job_id(7)} for update")
        taking = Background(operator, f"select {call}")
        taking.wait_blocked(monitor)
        monitor.execute(f"update _private_jobs set run_at = now() where id = {job_id(2)}")
        assert ids(monitor, "select id from get_jobs('w', null, 10)") == job_ids(2)
        handing_in = Background(worker, f"select complete_jobs('w', array{job_ids(2, 5)})")
        handing_in.wait_blocked(monitor)
        holder.commit()
        taking.result()
        operator.commit()
        assert handing_in.result() == [(job_id(2),)]
        worker.commit()
        assert ids(monitor, "select id from _private_jobs where locked_by is not null") == []


def test_a_worker_that_goes_on_keeps_the_queue_of_its_next_job(database: str):
    """The queue that it holds for a job claimed meanwhile stays locked: it is not to run two at a time."""
    with connect(database) as monitor, connections(database, 2) as (holder, operator):
        monitor.execute("select add_job('t', queue_name => q) from unnest(array['a', 'a', null]) as q")
        assert ids(monitor, "select id from get_jobs('w', null, 10)") == job_ids(1, 3)
        holder.execute(f"select from _private_jobs where id = {job_id(3)} for update")
        # Job 1 is not among those held by now, and job 2 not yet.
        monitor.execute(f"select complete_jobs('w', array{job_ids(1)})")
        unlocking = Background(operator, "select force_unlock_workers(array['w'])")
        unlocking.wait_blocked(monitor)
        assert ids(monitor, "select id from get_jobs('w', null, 10)") == job_ids(2)
        holder.commit()
        unlocking.result()
        operator.commit()
        assert ids(monitor, "select id from _private_jobs where locked_by = 'w'") == job_ids(2)
        held = ids(monitor, "select id from _private_job_queues where locked_by = 'w'")
        assert held == [first_id("_private_job_queues")]


def test_hand_ins_of_the_same_jobs_in_opposite_orders_follow_each_other(database: str):
    """The first job is held by somebody: both wait for it, and neither has locked the second before."""
    with connect(database) as monitor, connections(database, 3) as (holder, first, second):
        monitor.execute("select add_job('t', queue_name => 'q' || i) from generate_series(1, 3) as i")
        assert ids(monitor, "select id from get_jobs('w', null, 10)") == job_ids(1, 2, 3)
        holder.execute(f"select from _private_jobs where id = {job_id(1)} for update")
        completing = Background(first, f"select complete_jobs('w', array{job_ids(3, 2, 1)})")
        completing.wait_blocked(monitor)
        returning = Background(second, f"select return_jobs('w', array{job_ids(2, 3, 1)})")
        returning.wait_blocked(monitor)
        others = f"select id from _private_jobs where id > {job_id(1)} for update nowait"
        assert len(ids(monitor, others)) == 2
        holder.commit()
        assert sorted(completing.result()) == [(job,) for job in job_ids(1, 2, 3)]
        first.commit()
        assert returning.result() == []


def test_a_round_of_many_outcomes_locks_their_jobs_in_one_order(database: str):
    """Another session holds the first job and waits for the second: the round does not wait for the first with it."""
    with connect(database) as monitor, connections(database, 3) as (holder, operator, worker):
        monitor.execute("select add_job('t') from generate_series(1, 3)")
        assert ids(monitor, "select id from get_jobs('w', null, 10)") == job_ids(1, 2, 3)
        holder.execute(f"select from _private_jobs where id = {job_id(3)} for update")
        handing_in = Background(
            worker,
            f"select id from worker_round('w', completed => array{job_ids(2, 3)}, returned => array{job_ids(1)})",
        )
        handing_in.wait_blocked(monitor)
        taking = Background(operator, "select force_unlock_workers(array['w'])")
        taking.wait_blocked(monitor)
        holder.commit()
        assert handing_in.result() == [(job_id(1),)]
        worker.commit()
        taking.result()
