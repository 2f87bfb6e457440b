"""Claims of some queues only, and of at most so many jobs of a task: beside others that claim, and what they read."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import psycopg
import pytest

from tests.py.support.reads import buffers_read, rows_claimed_and_read
from tests.py.support.sessions import connect, connections, together
from tests.support import first_id, wait_until

Connection = psycopg.Connection[Any]
# Of task a: jobs 1 to 4, two in queues; of b 5 to 8.
LOAD = """
    select add_job(
      left(name, 1), queue_name => queue, job_key => name, run_at => now() - (10 - n) * interval '1 minute'
    )
    from unnest(
      array['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4'], array[null, 'q1', null, 'q2', 'r1', null, 'r2', null]
    ) with ordinality as s (name, queue, n)
    order by n
"""
CLAIM = "select key from get_jobs('w', array['a', 'b'], %s, max_per_task => %s)"


@pytest.mark.parametrize(
    ("held", "max_jobs", "most", "claimed"),
    [
        (["a1", "a2"], 10, [1, None], "abbbb"),
        (["a1", "a3"], 10, [2, 1], "aab"),
        (["a1", "a2", "a3"], 10, [3, 0], "a"),
        (["a1", "a2", "a3", "a4"], 3, [2, None], "bbb"),
        (["b1", "b2"], 2, [1, 1], "ab"),
        (["a2", "a4", "b1", "b3"], 10, [2, 2], "aabb"),
        (["a1", "a3", "b2", "b4"], 10, [1, 1], "ab"),
        ([], 10, [1, 1], "ab"),
    ],
)
def test_bounds_are_kept_and_filled_beside_what_others_hold(
    shared_database: str, held: list[str], max_jobs: int, most: list[int | None], claimed: str
):
    with connections(shared_database, 2) as (holder, claimer):
        holder.execute(LOAD)
        holder.commit()
        holder.execute("select from _private_jobs where key = any(%s) for update", [held])
        holder.execute(
            """
            select from _private_job_queues
            where id in (select job_queue_id from _private_jobs where key = any(%s)) for update""",
            [held],
        )
        # It would be an error to wait at all.
        claimer.execute("set lock_timeout = '1ms'")
        keys = [key for (key,) in claimer.execute(CLAIM, [max_jobs, most])]
        assert "".join(sorted(key[0] for key in keys)) == claimed
        assert not {*keys} & {*held}


def test_two_that_claim_at_once_get_no_more_than_their_bounds_and_leave_nothing(shared_database: str):
    with connect(shared_database) as connection:
        connection.execute("""
            select count(*) from add_jobs(array(
              select row(
                'task' || i % 3, null, case when i % 2 = 0 then 'queue' || i % 20 end, null, null, null, i % 2, null
              )::job_spec from generate_series(1, 1200) as i))""")
    counts: list[Counter[str]] = []

    def drain(number: int) -> list[int]:
        done: list[int] = []
        with connect(shared_database) as session:
            while session.execute("select exists (select from _private_jobs)").fetchone()[0]:
                rows = session.execute(
                    """
                    select id, task_identifier from get_jobs(
                      %s, array['task0', 'task1', 'task2'], 20, max_per_task => array[2, 5, null])""",
                    [f"w{number}"],
                ).fetchall()
                counts.append(Counter(task for _, task in rows))
                ids = [id_ for id_, _ in rows]
                session.execute("select complete_jobs(%s, %s)", [f"w{number}", ids])
                done += ids
        return done

    done = [id_ for ids in together([lambda number=number: drain(number) for number in range(4)]) for id_ in ids]
    assert len(done) == len(set(done)) == 1200
    assert max(count["task0"] for count in counts) == 2
    assert max(count["task1"] for count in counts) == 5


def test_bounds_take_what_comes_first(shared_database: str):
    """Against the obvious way: one job after the other in claim order, unless its task or its queue is full."""
    rng = random.Random(7)
    with connect(shared_database, autocommit=False) as session:
        for _ in range(40):
            # A queue has jobs of one task: else what stands behind a task that is full may come later than it could.
            for number in range(40):
                task = rng.choice("abc")
                queue = rng.choice([None, f"{task}{rng.randint(1, 3)}"])
                session.execute(
                    "select add_job(%s, queue_name => %s, priority => %s, run_at => now() - %s * interval '1 s')",
                    [task, queue, rng.randint(0, 1), rng.randint(1, 30) + number / 100],
                )
            most = {task: rng.choice([None, 0, 1, 2, 5]) for task in "abc"}
            max_jobs = rng.choice([1, 3, 8, 30])
            expected: list[int] = []
            used: Counter[str] = Counter()
            queues: set[str | None] = set()
            for id_, task, queue in session.execute(
                "select id, task_identifier, queue_name from jobs order by priority, run_at, id"
            ).fetchall():
                bound = most[task]
                is_full = bound is not None and used[task] >= bound
                if len(expected) < max_jobs and not is_full and (queue is None or queue not in queues):
                    expected.append(id_)
                    used[task] += 1
                    queues.add(queue)
            claimed = session.execute(
                "select id from get_jobs('w', array['a', 'b', 'c'], %s, max_per_task => %s)",
                [max_jobs, [most["a"], most["b"], most["c"]]],
            ).fetchall()
            assert [id_ for (id_,) in claimed] == expected, (most, max_jobs)
            session.rollback()


CROWD = 20_000
READY = "insert into _private_jobs (task_id) select {} from generate_series(1, 200);"
SHAPES = {
    "one queue": "select {queue} from generate_series(1, {crowd}) as i",
    "as many queues": "select {queue} - 1 + i from generate_series(1, {crowd}) as i",
}
FILTERS = {
    "only without a queue": "only_queues => array['']",
    "not those": "not_queues => array['bulk*']",
    "others, and without a queue": "only_queues => array['', 'mail', 'tenant:*']",
}


@pytest.mark.parametrize("place", ["-1, now()", "0, now() - interval '1 hour'"])
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_queues_that_are_not_taken_are_not_read(shared_database: str, shape: str, filters: str, place: str):
    with connect(shared_database) as connection:
        task, queue = first_id("_private_tasks"), first_id("_private_job_queues")
        connection.execute("insert into _private_tasks (identifier) values ('mine')")
        connection.execute("alter table _private_jobs set (autovacuum_enabled = off)")
        connection.execute("analyze _private_jobs, _private_job_queues, _private_tasks")
        connection.execute(f"""
            insert into _private_job_queues (queue_name)
            select 'bulk' || i from generate_series(1, {CROWD}) as i;
            insert into _private_job_queues (queue_name) values ('mail'), ('tenant:1'), ('tenant:2');
            insert into _private_jobs (task_id, job_queue_id, priority, run_at)
            select {task}, i, {place} from ({SHAPES[shape].format(queue=queue, crowd=CROWD)}) as q (i);
            {READY.format(task)}""")
        for size in (1, 10, 50):
            claim = f"select id from get_jobs('w', array['mine'], {size}, {FILTERS[filters]})"
            with connection.transaction(force_rollback=True):
                connection.execute(claim.encode())
            claimed, rows = rows_claimed_and_read(connection, claim)
            assert claimed == size
            with connection.transaction(force_rollback=True):
                buffers = buffers_read(connection, claim)
            assert rows <= 250 + 10 * size, f"{rows} rows read to claim {size}"
            assert buffers <= 700 + 200 * size, f"{buffers} buffers read to claim {size}"


def test_a_task_that_has_its_fill_is_not_read(shared_database: str):
    with connect(shared_database) as connection:
        task, queue = first_id("_private_tasks"), first_id("_private_job_queues")
        connection.execute(f"""
            insert into _private_tasks (identifier) values ('full'), ('mine');
            insert into _private_job_queues (queue_name) select 'q' || i from generate_series(1, {CROWD}) as i;
            insert into _private_jobs (task_id, job_queue_id, run_at)
            select {task}, case when i % 2 = 0 then {queue} - 1 + i end, now() - interval '1 hour'
            from generate_series(1, {CROWD}) as i;
            {READY.format(task + 1)}""")
        for most in (0, 1, 5):
            claim = f"select id from get_jobs('w', array['full', 'mine'], 50, max_per_task => array[{most}, null])"
            with connection.transaction(force_rollback=True):
                connection.execute(claim.encode())
            claimed, rows = rows_claimed_and_read(connection, claim)
            assert claimed == 50
            assert rows <= 3000, f"{rows} rows read"


def test_a_look_for_some_queues_is_remembered_by_itself(shared_database: str):
    look = "select id from get_jobs('w', array['t'], 10, {})"

    def found(only_queues: str) -> int:
        return len(idle.execute(look.format(f"only_queues => array[{only_queues}]").encode()).fetchall())

    with connect(shared_database) as idle:
        idle.execute("insert into _private_tasks (identifier) values ('t')")
        idle.execute("select add_job('t', queue_name => 'a')")
        idle.execute("select add_job('t')")
        # The first look of a session plans, and reads catalogs; other tests may end transactions in between.
        assert found("'b'") == 0
        wait_until(lambda: buffers_read(idle, look.format("only_queues => array['b']")) < 20)
        assert found("'b'") == 0
        assert found("'a'") == 1
        assert found("''") == 1
