"""A queue of other runtimes is taken over while applications add jobs to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import MigrationError, migrate
from graphile_worker._schema import run as _run
from tests.schema import old_databases as old
from tests.support import temporary_database, wait_until
from tools.snapshot import difference, snapshot

# As the functions of Node.js 0.18.0 and of the Rust runtime have it: which constraint or index is meant is found out
# when the statement runs.
THEIRS = """
create or replace function graphile_worker.add_job(
  identifier text, payload json default null, queue_name text default null, run_at timestamptz default null,
  max_attempts integer default null, job_key text default null, priority integer default null,
  flags text[] default null, job_key_mode text default 'replace'
) returns graphile_worker._private_jobs language plpgsql as $$
declare
  v_job graphile_worker._private_jobs;
begin
  insert into graphile_worker._private_tasks as t (identifier)
  select add_job.identifier
  where not exists (select from graphile_worker._private_tasks as t where t.identifier = add_job.identifier);
  insert into graphile_worker._private_jobs as j (task_id, key)
  select t.id, add_job.job_key from graphile_worker._private_tasks as t where t.identifier = add_job.identifier
  on conflict (key) do update set revision = j.revision + 1
  returning j.* into v_job;
  return v_job;
end;
$$
"""
ADD = "select graphile_worker.add_job('theirs', job_key => %s)"


@pytest.fixture
def live(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A queue of revision 18, in which an application has added a job."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        old.make(connection, "revision_18", "graphile_worker")
        connection.execute(THEIRS.encode())
        connection.execute(ADD, ["one"])
        yield connection


@pytest.fixture(scope="module")
def fresh(server_url: str, template: str) -> str:
    with temporary_database(server_url, template) as url, psycopg.connect(url, autocommit=True) as connection:
        return snapshot(connection, "graphile_worker", full=True)


class Cut(Exception):
    """The process ends here."""


def test_jobs_can_be_added_after_every_step(live: psycopg.Connection[Any], fresh: str) -> None:
    steps: list[str] = []

    def cut(line: str) -> None:
        steps.append(line)
        raise Cut

    while True:
        try:
            migrate(live, progress=cut)
        except Cut:
            live.execute(ADD, ["one"])
            continue
        break
    assert steps[-1] == "applied migration 007_keys"
    assert steps[-2].startswith("installed the functions")
    assert live.execute("select count(*) from graphile_worker.jobs where key = 'one'").fetchone() == (1,)
    assert difference(fresh, snapshot(live, "graphile_worker", full=True)) == ""


def test_jobs_are_added_all_the_while(live: psycopg.Connection[Any], empty_database: str) -> None:
    """Also by calls that begin before a step and go on when it is done."""
    begun, migrated = threading.Barrier(5), threading.Event()
    failures: list[psycopg.Error] = []

    def add() -> None:
        with psycopg.connect(empty_database, autocommit=True) as connection:
            begun.wait()
            while not migrated.is_set():
                try:
                    connection.execute(ADD, ["one"])
                    connection.execute(ADD, [None])
                except psycopg.Error as error:
                    failures.append(error)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    try:
        migrate(live)
    finally:
        migrated.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_it_gives_way_to_a_transaction_that_locks_the_other_way_round(
    live: psycopg.Connection[Any], empty_database: str
) -> None:
    """Of two that wait for each other the one that began to wait first is ended: here the application's."""
    outcome: list[object] = []

    def waiting(what: str) -> int:
        query = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return live.execute(f"{query} and query ~ '{what}'".encode()).rowcount

    with psycopg.connect(empty_database) as application, psycopg.connect(empty_database) as third:
        third.execute("lock table graphile_worker._private_jobs in exclusive mode")
        application.execute("lock table graphile_worker._private_tasks in row exclusive mode")
        migrating = threading.Thread(target=lambda: outcome.append(migrate(empty_database).applied))
        migrating.start()
        wait_until(lambda: waiting("lock table"))
        adding = threading.Thread(target=lambda: outcome.append(application.execute(ADD, ["two"]).rowcount))
        adding.start()
        wait_until(lambda: waiting("add_job"))
        third.commit()
        adding.join()
        application.commit()
        migrating.join()
    assert outcome[0] == 1
    assert "takeover" in str(outcome[1])


def test_a_transaction_that_does_not_end_is_reported(
    live: psycopg.Connection[Any], empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_run, "_TRIES_FOR_LOCKS", 2)
    monkeypatch.setattr(_run, "_PAUSE", 0)
    with psycopg.connect(empty_database) as application:
        application.execute(ADD, ["two"])
        with pytest.raises(MigrationError, match="do not end") as caught:
            migrate(live)
        assert caught.value.sqlstate == "55P03"
        application.commit()
    assert "takeover" in migrate(live).applied


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
def test_timeouts_of_a_database_are_not_for_migrations(empty_database: str, setting: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as watcher, psycopg.connect(empty_database) as other:
        watcher.execute(f"alter database {watcher.info.dbname} set {setting} = '500ms'".encode())
        other.execute("select pg_advisory_xact_lock(hashtextextended('graphile_worker migrate graphile_worker', 0))")
        outcome: list[list[str]] = []
        thread = threading.Thread(target=lambda: outcome.append(migrate(empty_database).applied))
        thread.start()
        waits = """
            select from pg_stat_activity
            where datname = current_database() and wait_event = 'advisory'
              and clock_timestamp() - query_start > '1 s'"""
        wait_until(lambda: watcher.execute(waits).rowcount > 0, timedelta(seconds=20))
        other.commit()
        thread.join()
    assert outcome[0][0] == "fresh"
