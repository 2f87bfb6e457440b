"""Several sessions add jobs with the same keys, tasks and queues at once: no call is lost, none waits in a circle."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from tests.py.support.sessions import Background, connect, connections, ids, together
from tests.support import first_id

SESSIONS = 8
MODES = ["replace", "preserve_run_at", "unsafe_dedupe"]
ADD = "select id, revision from add_job('t', %s, job_key => 'k', job_key_mode => %s)"
ADD_MANY = """
    select id, key from add_jobs(
      array(select row('t', '[1]', null, null, null, k, null, null)::job_spec from unnest(%s::text[]) as k)
    )
"""


@pytest.mark.parametrize("mode", MODES)
def test_adds_that_wait_for_the_first_of_their_key_change_it(shared_database: str, mode: str):
    """The key is new, and its first add has not been committed: the others wait, and none adds a second job."""
    with connect(shared_database) as monitor, connections(shared_database, SESSIONS) as (first, *others):
        [(job, _)] = first.execute(ADD, ["[0]", mode]).fetchall()
        for connection in others:
            connection.autocommit = True
        waiting = [Background(other, ADD, [f"[{n}]", mode]) for n, other in enumerate(others, 1)]
        for background in waiting:
            background.wait_blocked(monitor)
        first.commit()
        results = [background.result() for background in waiting]
        assert [[row[0] for row in rows] for rows in results] == [[job]] * len(others)
        assert sorted(row[1] for rows in results for row in rows) == list(range(1, SESSIONS))
        assert sorted(payload(monitor)) == ([0] if mode == "unsafe_dedupe" else list(range(SESSIONS)))


def test_adds_that_wait_for_one_that_is_undone_add_the_job(shared_database: str):
    with connect(shared_database) as monitor, connections(shared_database, SESSIONS) as (first, *others):
        first.execute(ADD, ["[0]", "replace"])
        for connection in others:
            connection.autocommit = True
        waiting = [Background(other, ADD, [f"[{n}]", "replace"]) for n, other in enumerate(others, 1)]
        for background in waiting:
            background.wait_blocked(monitor)
        first.rollback()
        assert len({background.result()[0][0] for background in waiting}) == 1
        assert sorted(payload(monitor)) == list(range(1, SESSIONS))


@pytest.mark.parametrize(
    ("call", "mode"), [*(("add_job", mode) for mode in MODES), ("add_jobs", MODES[0]), ("add_jobs", MODES[1])]
)
def test_no_add_of_many_sessions_is_lost(shared_database: str, mode: str, call: str):
    each = 50

    def add(session: int) -> list[Any]:
        query = (
            "select id from add_job('t', %s, job_key => 'k', job_key_mode => %s)"
            if call == "add_job"
            else "select id from add_jobs(array[row('t', %s, null, null, null, 'k', null, null)::job_spec], "
            "%s = 'preserve_run_at')"
        )
        with connect(shared_database) as connection:
            return [ids(connection, query, [f"[{session * each + n}]", mode]) for n in range(each)]

    answers = together(lambda session=session: add(session) for session in range(SESSIONS))
    with connect(shared_database) as connection:
        [(job, revision)] = connection.execute("select id, revision from _private_jobs").fetchall()
        assert all(answer == [job] for session in answers for answer in session)
        assert revision == SESSIONS * each - 1
        elements = payload(connection)
    if mode == "unsafe_dedupe":
        assert len(elements) == 1
    else:
        assert sorted(elements) == list(range(SESSIONS * each))


def test_no_add_is_lost_while_workers_run_the_job(shared_database: str):
    """What is added to a batch is in exactly one job, whatever the workers do meanwhile: done, failed, given back.

    But for what was given back after its key had passed on: that is deleted, as it must not run again.
    """
    each, sessions, workers = 40, 5, 3
    adders_left = [True] * sessions

    def add(session: int) -> list[int]:
        try:
            with connect(shared_database) as connection:
                for n in range(each):
                    value = session * each + n
                    query = "select id from add_job('t', %s, job_key => 'k', max_attempts => 30000)"
                    assert ids(connection, query, [f"[{value}]"])
            return []
        finally:
            adders_left[session] = False

    def work(number: int) -> list[int]:
        done: list[int] = []
        gone = "select from _private_jobs where id = %s"
        worker_id, rng = f"w{number}", random.Random(number)
        claim = "select id, payload from get_jobs(%s, now => now() + interval '1 day')"
        with connect(shared_database) as connection:
            # A job that is added again while it runs is not tried again when it fails.
            left = "select id from _private_jobs where is_available or locked_at is not null limit 1"
            while any(adders_left) or ids(connection, left):
                for job, batch in connection.execute(claim, [worker_id]).fetchall():
                    outcome = rng.choice(["complete", "complete", "fail", "return"])
                    if outcome == "complete":
                        assert ids(connection, "select complete_jobs(%s, array[%s])", [worker_id, job]) == [job]
                        done += batch
                    elif outcome == "fail":
                        query = "select id from fail_jobs(%s, array[%s::bigint], array['no'])"
                        assert ids(connection, query, [worker_id, job]) == [job]
                    else:
                        # Before anybody else can claim and complete it.
                        with connection.transaction():
                            assert ids(connection, "select return_jobs(%s, array[%s])", [worker_id, job]) == [job]
                            is_gone = not connection.execute(gone, [job]).fetchall()
                        done += batch if is_gone else []
        return done

    results = together(
        [lambda session=session: add(session) for session in range(sessions)]
        + [lambda number=number: work(number) for number in range(workers)]
    )
    with connect(shared_database) as connection:
        results += [batch for (batch,) in connection.execute("select payload from _private_jobs").fetchall()]
    assert sorted(value for result in results for value in result) == list(range(sessions * each))


def test_many_keys_in_any_order_from_many_sessions(shared_database: str):
    keys = [f"k{n}" for n in range(30)]

    def add(session: int) -> None:
        rng = random.Random(session)
        with connect(shared_database) as connection:
            for _ in range(25):
                mine = rng.choices(keys, k=rng.randint(2, 20))
                rows = connection.execute(ADD_MANY, [mine]).fetchall()
                assert [key for _, key in rows] == mine
                assert len({job for job, _ in rows}) == len(set(mine))

    together(lambda session=session: add(session) for session in range(SESSIONS))
    with connect(shared_database) as connection:
        assert sorted(row[0] for row in connection.execute("select key from _private_jobs").fetchall()) == sorted(keys)


@pytest.mark.parametrize("isolation", ["REPEATABLE_READ", "SERIALIZABLE"])
@pytest.mark.parametrize("key", ["new", "old"])
@pytest.mark.parametrize("query", [ADD.replace("'k'", "%s"), None])
def test_an_add_with_a_snapshot_of_its_own_succeeds_or_is_refused(
    shared_database: str, isolation: str, key: str, query: str | None
):
    """A transaction that cannot see what it would change gets 40001, and never a null or a second job."""
    with connect(shared_database) as monitor, connections(shared_database, 1) as (late,):
        monitor.execute("select add_job('t', '[0]', job_key => 'old')")
        late.isolation_level = psycopg.IsolationLevel[isolation]

        def add() -> list[int]:
            return ids(late, ADD_MANY, [[key]]) if query is None else ids(late, query, ["[1]", key, "replace"])

        late.execute("select from _private_jobs")
        monitor.execute("select add_job('t', '[2]', job_key => %s)", [key])
        with pytest.raises(SerializationFailure):
            add()
        late.rollback()
        # The whole transaction once more, as its driver does.
        assert add() == ids(monitor, "select id from _private_jobs where key = %s", [key])
        late.commit()
        value = monitor.execute("select payload from _private_jobs where key = %s", [key]).fetchone()[0]
        assert value == ([2, 1] if key == "new" else [0, 2, 1])


def test_new_tasks_and_queues_in_any_order_from_many_sessions(shared_database: str):
    """Each is made once, and sessions that make the same ones in single calls do not wait in a circle."""
    names = [f"n{n}" for n in range(40)]
    add = """
        select id from add_jobs(
          array(select row(n, null, n, null, null, null, null, null)::job_spec from unnest(%s::text[]) as n)
        )
    """

    def use(session: int) -> None:
        rng = random.Random(session)
        with connect(shared_database) as connection:
            for _ in range(10):
                assert len(ids(connection, add, [rng.sample(names, 8)])) == 8
                [name] = rng.sample(names, 1)
                assert ids(connection, "select id from add_job(%s, queue_name => %s)", [name, name])

    together(lambda session=session: use(session) for session in range(SESSIONS))
    with connect(shared_database) as connection:
        for table in ("_private_tasks", "_private_job_queues"):
            assert len(ids(connection, f"select id from {table}")) == len(names)
        dangling = """
            select j.id from _private_jobs j left join _private_tasks t on t.id = j.task_id
            left join _private_job_queues q on q.id = j.job_queue_id
            where t.id is null or q.id is null or t.identifier <> q.queue_name
        """
        assert ids(connection, dangling) == []


def test_the_second_user_of_a_new_task_waits_for_the_first(shared_database: str):
    with connect(shared_database) as monitor, connections(shared_database, 2) as (first, second):
        first.execute("select add_job('a', queue_name => 'q')")
        waiting = Background(second, "select task_id, job_queue_id from add_job('a', queue_name => 'q')")
        waiting.wait_blocked(monitor)
        first.commit()
        assert waiting.result() == [(first_id("_private_tasks"), first_id("_private_job_queues"))]


def test_adds_use_up_no_numbers_of_tasks_and_queues(shared_database: str):
    with connect(shared_database) as connection:
        for n in range(1, 4):
            for _ in range(20):
                for query in (
                    "select add_job('t' || %(n)s, queue_name => 'q' || %(n)s)",
                    "select add_job('t' || %(n)s, queue_name => 'q' || %(n)s, job_key => 'k')",
                    "select add_jobs(array[row('t' || %(n)s, null, 'q' || %(n)s, null, 1, 'l', null, null)::job_spec])",
                ):
                    connection.execute(query, {"n": n})
            for table in ("_private_tasks", "_private_job_queues"):
                first = first_id(table)
                assert ids(connection, f"select id from {table} order by 1") == list(range(first, first + n))


def test_jobs_that_a_trigger_swallows_are_an_error(database: str):
    with connect(database) as connection:
        connection.execute(
            """
            create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
            create trigger swallow before insert on _private_jobs for each row execute function swallow();
            """
        )
        for query, params in [("select add_job('t')", []), (ADD, ["{}", "replace"]), (ADD_MANY, [["k", "l"]])]:
            with pytest.raises(psycopg.Error) as error:
                connection.execute(query, params)
            assert error.value.sqlstate == "GWNOR"


def payload(connection: psycopg.Connection[Any]) -> Any:
    """The payload of the only job there is."""
    [(value,)] = connection.execute("select payload from _private_jobs").fetchall()
    return value
