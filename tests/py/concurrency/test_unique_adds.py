"""Several sessions add unique jobs with the same keys at once: there is one job, nobody waits longer than needed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from tests.py.support.sessions import Background, connect, connections, ids, together

SESSIONS = 6
ADD = "select job_id, is_new from add_unique_job('t', unique_key => %s, until => %s, within => %s)"
ADD_MANY = """
    select job_id, is_new
    from add_unique_jobs(
      array(select row('t' || k %% 2, to_json(k), 'q' || k %% 3, null, null, null, null, null)::job_spec
        from unnest(%s::int[]) as k),
      %s::text[], until => %s
    )
"""
CLAIM = "select id from get_jobs('w', max_jobs => 100)"
COMPLETE = "select complete_jobs('w', %s)"
HOUR = "1 hour"

Connection = psycopg.Connection[Any]


def add(connection: Connection, key: str = "k", until: str = "ended", within: str | None = None) -> tuple[int, bool]:
    [row] = connection.execute(ADD, [key, until, within]).fetchall()
    return row


def added(connection: Connection) -> int:
    return connection.execute("select count(*) from _private_jobs").fetchone()[0]


@pytest.mark.parametrize("was_done", [False, True], ids=["new", "done before"])
def test_adds_that_wait_for_the_first_of_their_key_are_given_its_job(shared_database: str, was_done: bool):
    with connect(shared_database) as monitor, connections(shared_database, SESSIONS) as (first, *others):
        if was_done:
            add(monitor)
            monitor.execute(COMPLETE, [ids(monitor, CLAIM)])
        job, is_new = add(first)
        assert is_new
        for connection in others:
            connection.autocommit = True
        waiting = [Background(other, ADD, ["k", "ended", None]) for other in others]
        for background in waiting:
            background.wait_blocked(monitor)
        first.commit()
        assert [background.result() for background in waiting] == [[(job, False)]] * len(others)
        assert added(monitor) == 1


@pytest.mark.parametrize("was_done", [False, True], ids=["new", "done before"])
def test_adds_that_wait_for_one_that_is_undone_add_one_job(shared_database: str, was_done: bool):
    with connect(shared_database) as monitor, connections(shared_database, SESSIONS) as (first, *others):
        if was_done:
            add(monitor)
            monitor.execute(COMPLETE, [ids(monitor, CLAIM)])
        undone, _ = add(first)
        for connection in others:
            connection.autocommit = True
        waiting = [Background(other, ADD, ["k", "ended", None]) for other in others]
        for background in waiting:
            background.wait_blocked(monitor)
        first.rollback()
        rows = [background.result()[0] for background in waiting]
        assert sorted(is_new for _, is_new in rows) == [False] * (len(others) - 1) + [True]
        [job] = {job for job, _ in rows}
        assert job != undone
        assert added(monitor) == 1


def test_adds_that_are_given_the_job_do_not_wait_for_each_other(shared_database: str):
    with connections(shared_database, 3) as (one, two, three):
        job, _ = add(one)
        one.commit()
        for connection in (one, two, three):
            assert add(connection) == (job, False)


def test_a_job_that_waits_is_not_started_before_the_transaction_that_was_given_it_ends(shared_database: str):
    """Its handler sees what that transaction has written."""
    with connect(shared_database) as worker, connections(shared_database, 1) as (adder,):
        job, _ = add(worker)
        assert add(adder) == (job, False)
        assert ids(worker, CLAIM) == []
        adder.commit()
        assert ids(worker, CLAIM) == [job]


@pytest.mark.parametrize(("until", "is_new"), [("started", True), ("ended", False)])
def test_an_add_beside_a_claim_that_is_not_committed(shared_database: str, until: str, is_new: bool):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (worker, adder):
        job, _ = add(monitor)
        assert ids(worker, CLAIM) == [job]
        background = Background(adder, ADD, ["k", until, None])
        background.wait_blocked(monitor)
        worker.commit()
        [(given, was_new)] = background.result()
        assert (given != job, was_new) == (is_new, is_new)


@pytest.mark.parametrize("call", ["one", "many"])
def test_a_worker_does_not_wait_for_a_transaction_that_was_given_its_job(shared_database: str, call: str):
    with connect(shared_database) as worker, connections(shared_database, 1) as (adder,):
        [(job, _)] = worker.execute(ADD_MANY, [[2], ["k"], "ended"]).fetchall()
        assert ids(worker, CLAIM) == [job]
        if call == "one":
            query = "select job_id, is_new from add_unique_job('t0', unique_key => 'k')"
            assert adder.execute(query).fetchall() == [(job, False)]
        else:
            assert adder.execute(ADD_MANY, [[2], ["k"], "ended"]).fetchall() == [(job, False)]
        assert ids(worker, COMPLETE, [[job]]) == [job]
        adder.commit()
        assert added(worker) == 0


def test_a_job_that_is_removed_at_the_same_time_keeps_nothing_from_being_added(shared_database: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (operator, adder):
        job, _ = add(monitor, within=HOUR)
        operator.execute("select remove_matching_jobs(job_ids => %s)", [[job]])
        background = Background(adder, ADD, ["k", "ended", HOUR])
        background.wait_blocked(monitor)
        operator.commit()
        [(other, is_new)] = background.result()
        assert is_new
        assert other != job


REMOVE = {
    "removed": ("failed", "select changed, skipped from remove_matching_jobs(job_ids => array[%s])", (0, 1)),
    "cleaned up": ("failed", "select removed from cleanup('{delete_permanently_failed_jobs}', null) -- %s", (0,)),
    "cancelled, failed before": ("failed", "select outcome from cancel_jobs(array[%s], remove => true)", ("failed",)),
    "cancelled, running": ("running", "select outcome from cancel_jobs(array[%s], remove => true)", ("asked",)),
}


@pytest.mark.parametrize("way", REMOVE)
def test_a_job_whose_key_is_in_use_is_not_removed(shared_database: str, way: str):
    """Its key would stay, and keep others from being added within a period, on behalf of a job that was not done."""
    state, remove, outcome = REMOVE[way]
    with connect(shared_database) as operator, connections(shared_database, 1) as (adder,):
        job, _ = add(operator, "1", within=HOUR)
        operator.execute(CLAIM)
        if state == "failed":
            operator.execute("select fail_jobs('w', array[%s], '{x}', given_up => '{t}')", [job])
        # It is given the job, and holds the key.
        specs = "array[('t', null, null, null, null, null, null, null)::job_spec]"
        many = f"select * from add_unique_jobs({specs}, '{{1}}', %s, %s)".encode()
        assert adder.execute(many, [HOUR, "completed"]).fetchall() == [(job, False)]
        assert operator.execute(remove, [job]).fetchall() == [outcome]
        adder.commit()
        operator.execute("select fail_jobs('w', array[%s], '{x}')", [job])
        assert operator.execute("select attempts = max_attempts from _private_jobs").fetchall() == [(True,)]
        other, is_new = add(operator, "1", within=HOUR)
        assert is_new
        # What nobody holds is removed, and keeps nothing from being added.
        operator.execute("select remove_matching_jobs(job_ids => %s)", [[job, other]])
        assert add(operator, "1", within=HOUR)[1]


def test_repeatable_read_adds_no_second_job(shared_database: str):
    with connections(shared_database, 2) as (one, two):
        two.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        two.execute("select 1 from _private_jobs")
        add(one)
        one.commit()
        with pytest.raises(SerializationFailure):
            add(two)


def test_a_sweep_beside_adds(shared_database: str):
    """It neither waits for a key that is being put to use again, nor takes it away afterwards."""
    with connect(shared_database) as sweeper, connections(shared_database, 1) as (adder,):
        add(sweeper)
        sweeper.execute(COMPLETE, [ids(sweeper, CLAIM)])
        sweeper.execute("update _private_uniques set look_at = now()")
        job, _ = add(adder)
        assert sweeper.execute("select _private_sweep_uniques(10)").fetchone() == (0,)
        adder.commit()
        assert sweeper.execute("select _private_sweep_uniques(10)").fetchone() == (0,)
        assert add(sweeper) == (job, False)


def test_every_key_has_one_job_whatever_many_sessions_do(shared_database: str):
    """Adds, one by one and many, claims, completions and sweeps: as many jobs as were said to be new, one per key."""
    keys = [f"k{n}" for n in range(5)]
    with connect(shared_database) as connection:
        # All that is swept is due at once.
        connection.execute("""
            create or replace function public.due() returns trigger language plpgsql as
              $$begin new.look_at := now() - interval '1 s'; return new; end$$
        """)
        connection.execute("""
            create trigger due before insert or update on _private_uniques for each row execute function public.due()
        """)

    def run(seed: int) -> tuple[Counter[str], list[int]]:
        choose = random.Random(seed)
        new: Counter[str] = Counter()
        done: list[int] = []
        with connect(shared_database) as connection:
            for _ in range(80):
                what = choose.random()
                if what < 0.5:
                    key = choose.choice(keys)
                    new[key] += add(connection, key)[1]
                elif what < 0.7:
                    some = choose.choices(keys, k=4)
                    query = ADD_MANY.replace("'t' || k %% 2", "'t'")
                    rows = connection.execute(query, [list(range(4)), some, "ended"]).fetchall()
                    new.update(key for key, (_, is_new) in zip(some, rows, strict=True) if is_new)
                elif what < 0.9:
                    worker = f"w{seed}"
                    mine = ids(connection, "select id from get_jobs(%s, max_jobs => 2)", [worker])
                    done += ids(connection, "select complete_jobs(%s, %s)", [worker, mine])
                else:
                    connection.execute("select _private_sweep_uniques(10)")
                alive = connection.execute("""
                    select count(*) - count(distinct u.unique_key)
                    from _private_jobs as j left join _private_uniques as u on u.job_id = j.id
                """).fetchone()
                assert alive == (0,)
        return new, done

    try:
        outcomes = together(lambda seed=seed: run(seed) for seed in range(SESSIONS))
    finally:
        with connect(shared_database) as connection:
            connection.execute("drop trigger due on _private_uniques")
    with connect(shared_database) as connection:
        assert sum(new.total() for new, _ in outcomes) == sum(len(done) for _, done in outcomes) + added(connection)


def test_many_keys_at_once_in_any_order_make_no_circle(shared_database: str):
    """Whole calls of adds, of operators and of workers, on the same jobs, each in an order of its own."""
    keys = list(range(10))

    def run(seed: int) -> None:
        choose = random.Random(seed)
        with connect(shared_database) as connection:
            for _ in range(60):
                some = choose.sample(keys, 6)
                until = choose.choice(["started", "ended", "completed"])
                rows = connection.execute(ADD_MANY, [some, [f"k{k}" for k in some], until]).fetchall()
                assert len(rows) == len(some)
                jobs = [job for job, _ in rows]
                choose.shuffle(jobs)
                query = choose.choice(
                    [
                        "select id from cancel_jobs(%s)",
                        "select id from cancel_jobs(%s, remove => true)",
                        "select id from complete_jobs(%s::bigint[])",
                        "select id from reschedule_jobs(%s, attempts => 0)",
                        "select id from permanently_fail_jobs(%s)",
                        "select changed from remove_matching_jobs(job_ids => %s)",
                        "select complete_jobs('w', array(select id from get_jobs('w', max_jobs => cardinality(%s))))",
                    ]
                )
                connection.execute(query.encode(), [jobs[:4]])
                connection.execute("select 1 from cleanup('{delete_permanently_failed_jobs}')")

    together(lambda seed=seed: run(seed) for seed in range(SESSIONS))
