"""Databases of other runtimes become ours, with everything in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, MigrationError, migrate
from graphile_worker._basis.schema_name import quote_schema
from graphile_worker._schema import sources
from tests.schema import old_databases as old
from tests.support import temporary_database, wait_until
from tools.snapshot import difference, snapshot

SCHEMAS = ("graphile_worker", "My Queue")
MINUTES_AGO = "now() - interval '239 minutes'"


@pytest.fixture
def conn(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def fresh(server_url: str, template: str) -> str:
    """What a fresh install holds, in full."""
    with temporary_database(server_url, template) as url, psycopg.connect(url, autocommit=True) as connection:
        return snapshot(connection, "graphile_worker", full=True)


def rows(connection: psycopg.Connection[Any], query: str, schema: str = "graphile_worker") -> list[tuple[Any, ...]]:
    return connection.execute(query.replace("~", quote_schema(schema)).encode()).fetchall()


@pytest.mark.parametrize("in_schema", SCHEMAS)
@pytest.mark.parametrize("name", old.DATABASES)
def test_becomes_a_fresh_install_with_its_jobs(
    conn: psycopg.Connection[Any], fresh: str, name: str, in_schema: str
) -> None:
    jobs = old.make(conn, name, in_schema)
    result = migrate(conn, schema=in_schema)
    assert result.warnings == []
    assert "takeover" in result.applied
    assert difference(fresh, snapshot(conn, in_schema, full=True)) == ""

    assert old.jobs_of(conn, in_schema) == old.expected(conn, jobs)
    if name != "revision_1":
        crontabs = rows(
            conn, "select identifier, known_since, last_execution from ~._private_known_crontabs", in_schema
        )
        assert [row[0] for row in crontabs] == [crontab[0] for crontab in old.CRONTABS]
        assert [row[2] is None for row in crontabs] == [False, True]
        locked = "select queue_name, locked_by from ~._private_job_queues where locked_at is not null"
        assert rows(conn, locked, in_schema) == [("other", "worker_gone")]
    assert rows(conn, "select array_agg(id order by id) from ~.migrations", in_schema) == [(list(range(1, 21)),)]
    assert not migrate(conn, schema=in_schema).applied


@pytest.mark.parametrize("name", old.DATABASES)
def test_ids_go_on_where_they_were(conn: psycopg.Connection[Any], name: str) -> None:
    old.make(conn, name, "graphile_worker")
    migrate(conn)
    client = Client(conn)
    assert client.add_job("plain").id > 5_000_000_010
    client.add_job("new one", queue_name="new queue")
    assert "new queue" in {queue.queue_name for queue in client.list_queues()}
    tasks = rows(conn, "select count(*), count(distinct id), count(distinct identifier) from ~._private_tasks")
    assert len(set(tasks[0])) == 1


@pytest.mark.parametrize("name", ["revision_10", "revision_18"])
def test_a_key_finds_the_job_that_was_there(conn: psycopg.Connection[Any], name: str) -> None:
    old.make(conn, name, "graphile_worker")
    migrate(conn)
    assert Client(conn).add_job("plain", job_key="later").id == 3


@pytest.mark.parametrize("ledger", ["19 false", "19 true", "20 false"])
def test_a_number_above_18_promises_nothing(conn: psycopg.Connection[Any], fresh: str, ledger: str) -> None:
    conn.execute(old.script("revision_18", "graphile_worker"))
    number, breaking = ledger.split()
    conn.execute("insert into graphile_worker.migrations (id, breaking) values (%s, %s)", [int(number), breaking])
    migrate(conn)
    assert difference(fresh, snapshot(conn, "graphile_worker", full=True)) == ""
    # What others recorded stays as they did.
    assert rows(conn, f"select breaking from ~.migrations where id = {number}") == [(breaking == "true",)]


def test_a_missing_table_of_workers_is_supplied_later_too(conn: psycopg.Connection[Any], fresh: str) -> None:
    migrate(conn)
    conn.execute("drop table graphile_worker._private_workers")
    assert migrate(conn).applied == ["workers"]
    assert difference(fresh, snapshot(conn, "graphile_worker", full=True)) == ""


@pytest.mark.parametrize(
    "lock",
    [
        f"update graphile_worker.jobs set locked_at = {MINUTES_AGO}, locked_by = 'w7' where id = 1",
        f"update graphile_worker.job_queues set locked_at = {MINUTES_AGO}, locked_by = 'w7' where queue_name = 'other'",
        f"update graphile_worker.jobs set locked_at = {MINUTES_AGO}, locked_by = null where id = 1",
    ],
)
def test_jobs_being_worked_on_keep_everything_as_it_is(conn: psycopg.Connection[Any], lock: str) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    conn.execute(lock.encode())
    before = snapshot(conn, "graphile_worker", full=True)
    with pytest.raises(MigrationError, match=r"locked by (w7|somebody)") as caught:
        migrate(conn)
    assert caught.value.hint is not None
    assert "Stop the workers" in caught.value.hint
    assert snapshot(conn, "graphile_worker", full=True) == before
    assert rows(conn, "select max(id) from ~.migrations") == [(10,)]

    conn.execute("update graphile_worker.jobs set locked_at = null, locked_by = null")
    conn.execute("update graphile_worker.job_queues set locked_at = null, locked_by = null")
    assert "revision_011" in migrate(conn).applied


def test_the_first_release_locked_only_queues(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_1", "graphile_worker")
    conn.execute(f"update graphile_worker.job_queues set locked_at = {MINUTES_AGO}, locked_by = 'w7'".encode())
    with pytest.raises(MigrationError, match="locked by w7"):
        migrate(conn)
    assert rows(conn, "select max(id) from ~.migrations") == [(1,)]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("key", "k" * 513, "a key of 513 characters"),
        ("task_identifier", "t" * 129, "a task identifier of 129"),
        ("queue_name", "q" * 129, "a queue name of 129"),
    ],
)
def test_what_does_not_fit_is_named(conn: psycopg.Connection[Any], column: str, value: str, message: str) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    conn.execute(f"update graphile_worker.jobs set {column} = %s where id = 3".encode(), [value])
    with pytest.raises(MigrationError, match=message) as caught:
        migrate(conn)
    assert "job 3" in str(caught.value)
    conn.execute(f"update graphile_worker.jobs set {column} = %s where id = 3".encode(), [value[:-1]])
    migrate(conn)
    assert len(old.jobs_of(conn, "graphile_worker")) == len(old.JOBS)


def test_numbers_out_of_bounds_become_the_nearest(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    conn.execute("delete from graphile_worker.jobs")
    for values in [
        "1, 'a', 40000, 0, 100000",
        "2, 'a', -40000, 40000, 100000",
        "3, 'a', 0, 70000, 70000",
        "4, 'a', 0, 0, 0",
    ]:
        insert = "insert into graphile_worker.jobs (id, task_identifier, priority, attempts, max_attempts) values"
        conn.execute(f"{insert} ({values})".encode())
    result = migrate(conn)
    assert any("1, 2, 3, 4" in warning for warning in result.warnings)
    assert rows(conn, "select id, priority, attempts, max_attempts, is_available from ~._private_jobs order by id") == [
        (1, 32767, 0, 32767, True),
        (2, -32768, 32766, 32767, True),
        (3, 0, 32767, 32767, False),
        (4, 0, 1, 1, False),
    ]


class Cut(Exception):
    """The process ends here."""


@pytest.mark.parametrize("name", ["revision_1", "revision_15"])
def test_cut_off_after_every_step_it_is_continued(conn: psycopg.Connection[Any], fresh: str, name: str) -> None:
    jobs = old.make(conn, name, "graphile_worker")
    steps: list[str] = []

    def cut(line: str) -> None:
        steps.append(line)
        raise Cut

    while True:
        try:
            migrate(conn, progress=cut)
        except Cut:
            continue
        break
    assert len(steps) == len(set(steps)) > 5
    assert difference(fresh, snapshot(conn, "graphile_worker", full=True)) == ""
    assert old.jobs_of(conn, "graphile_worker") == old.expected(conn, jobs)


def test_ten_at_once(conn: psycopg.Connection[Any], empty_database: str, fresh: str) -> None:
    jobs = old.make(conn, "revision_1", "graphile_worker")
    barrier = threading.Barrier(10)
    applied: list[str] = []
    failures: list[BaseException] = []

    def install() -> None:
        try:
            barrier.wait()
            applied.extend(migrate(empty_database).applied)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=install) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(applied) == len(set(applied))
    assert difference(fresh, snapshot(conn, "graphile_worker", full=True)) == ""
    assert old.jobs_of(conn, "graphile_worker") == old.expected(conn, jobs)


def test_what_depends_on_the_old_table_is_named_not_dropped(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    conn.execute("create view report as select count(*) from graphile_worker.jobs")
    with pytest.raises(MigrationError, match="report"):
        migrate(conn)
    conn.execute("drop view report")
    migrate(conn)
    conn.execute("create view report as select count(*) from graphile_worker.jobs")
    assert rows(conn, "table report") == [(len(old.JOBS),)]


def test_a_trigger_of_the_users_is_reported(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    conn.execute("create function audit() returns trigger language plpgsql as 'begin return new; end'")
    conn.execute("create trigger audit after insert on graphile_worker.jobs for each row execute function audit()")
    assert any("trigger audit" in warning for warning in migrate(conn).warnings)


def test_users_own_constraints_and_indexes_stay(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_18", "graphile_worker")
    conn.execute("create index by_error on graphile_worker._private_jobs (last_error)")
    conn.execute("alter table graphile_worker._private_jobs add constraint sane check (priority between -100 and 100)")
    migrate(conn)
    found = snapshot(conn, "graphile_worker")
    assert "INDEX by_error" in found
    assert "constraint sane CHECK" in found


def test_grants_on_functions_stay(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_18", "graphile_worker")
    role = f"{conn.info.dbname}_app"
    conn.execute(f"create role {role}".encode())
    try:
        conn.execute(f"grant execute on function graphile_worker.remove_job to {role}".encode())
        migrate(conn)
        query = f"select has_function_privilege('{role}', 'graphile_worker.remove_job(text)', 'execute')"
        assert rows(conn, query) == [(True,)]
    finally:
        conn.execute(f"drop owned by {role}".encode())
        conn.execute(f"drop role {role}".encode())


def test_an_installer_of_another_runtime_at_the_same_time(conn: psycopg.Connection[Any], empty_database: str) -> None:
    old.make(conn, "revision_18", "graphile_worker")
    with psycopg.connect(empty_database) as other, psycopg.connect(empty_database, autocommit=True) as watcher:
        other.execute("insert into graphile_worker.migrations (id, breaking) values (19, true)")
        outcome: list[list[str]] = []
        thread = threading.Thread(target=lambda: outcome.append(migrate(empty_database).applied))
        thread.start()
        waiting = (
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        wait_until(lambda: watcher.execute(waiting).fetchone() == (1,))
        other.commit()
        thread.join()
        own = [file.stem for file in sources.of_kind("migration")]
        assert outcome == [["revision_020", "takeover", *own]]
    assert rows(conn, "select breaking from ~.migrations where id = 19") == [(True,)]
