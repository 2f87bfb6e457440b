"""Installing, the ledgers, and what is refused."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, MigrationError, migrate
from graphile_worker import _schema as migration
from graphile_worker._basis.errors import InvalidArgument
from graphile_worker._basis.version import __version__
from tests.py.schema.installed import EVERYTHING, OWN, scalar
from tests.schema import old_databases as old
from tools.snapshot import difference, snapshot


@pytest.fixture
def conn(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def installed(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


# Installing


def test_a_step_is_a_line(conn: psycopg.Connection[Any]) -> None:
    lines: list[str] = []
    result = migrate(conn, progress=lines.append)
    assert result.applied == EVERYTHING
    assert result.bundle_replaced
    # The constraint on keys goes when the functions do not need it any more.
    assert [line.split()[0] for line in lines] == ["installed", *["applied"] * (len(OWN) - 2), "installed", "applied"]


def test_again_there_is_nothing_to_do(installed: psycopg.Connection[Any]) -> None:
    assert migrate(installed) == migration.MigrationResult()


def test_the_shared_ledger_has_what_others_would_replay(installed: psycopg.Connection[Any]) -> None:
    assert scalar(installed, "select array_agg(id order by id) from graphile_worker.migrations") == list(range(1, 21))
    breaking = "select array_agg(id order by id) from graphile_worker.migrations where breaking"
    assert scalar(installed, breaking) == [1, 3, 11, 13, 14, 16]


@pytest.mark.parametrize("schema", ["My Queue", "100%", "a:b ; --", "ünïcode"])
def test_any_name_of_a_schema(conn: psycopg.Connection[Any], schema: str) -> None:
    assert migrate(conn, schema=schema).applied == EVERYTHING
    assert migrate(conn, schema=schema) == migration.MigrationResult()
    assert Client(conn, schema=schema).add_job("hello").id == 1


@pytest.mark.parametrize("schema", ['a"b', "a'b", "a$b", "a\\b", ""])
def test_names_that_extensions_cannot_have(conn: psycopg.Connection[Any], schema: str) -> None:
    with pytest.raises(InvalidArgument):
        migrate(conn, schema=schema)


def test_an_installer_that_was_stopped_at_once_left_nothing(conn: psycopg.Connection[Any]) -> None:
    conn.execute("create schema graphile_worker")
    conn.execute("create table graphile_worker.migrations (id int primary key, ts timestamptz default now())")
    assert "a table migrations without rows, which is dropped" in migration.plan_migration(conn).steps[0].summary
    assert migrate(conn).applied == EVERYTHING


def test_ten_at_once(conn: psycopg.Connection[Any], empty_database: str) -> None:
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
    assert sorted(applied) == sorted(EVERYTHING)


# The bundle


def test_what_another_runtime_overwrote_is_put_right(installed: psycopg.Connection[Any]) -> None:
    before = snapshot(installed, "graphile_worker", full=True)
    installed.execute(
        "create or replace function graphile_worker.remove_job(job_key text) returns graphile_worker._private_jobs"
        " language plpgsql strict as 'begin return null; end'"
    )
    installed.execute(
        "create function graphile_worker.add_job(identifier text, extra uuid) returns void language sql as ''"
    )
    lines: list[str] = []
    result = migrate(installed, progress=lines.append)
    assert (result.applied, result.bundle_replaced) == ([], True)
    assert lines == [
        f"put right the functions and views: some were changed or added since release {__version__} installed them"
    ]
    assert difference(before, snapshot(installed, "graphile_worker", full=True)) == ""
    assert not migrate(installed).bundle_replaced


def test_a_function_that_returned_something_else(installed: psycopg.Connection[Any]) -> None:
    before = snapshot(installed, "graphile_worker", full=True)
    installed.execute("drop function graphile_worker.worker_deregister(text)")
    installed.execute(
        "create function graphile_worker.worker_deregister(id text) returns int language sql as 'select 1'"
    )
    assert migrate(installed).bundle_replaced
    assert difference(before, snapshot(installed, "graphile_worker", full=True)) == ""


def test_functions_of_the_users_stay(installed: psycopg.Connection[Any]) -> None:
    installed.execute("create function graphile_worker.enqueue_mail() returns void language sql as ''")
    migrate(installed)
    assert scalar(installed, "select to_regprocedure('graphile_worker.enqueue_mail()') is not null")


def test_functions_of_a_newer_release_stay(installed: psycopg.Connection[Any]) -> None:
    installed.execute("update graphile_worker._private_bundle set version = '99.1.0', checksum = 'x'")
    result = migrate(installed)
    assert not result.bundle_replaced
    assert "99.1.0" in result.warnings[0]


# The ledgers


@pytest.mark.parametrize(
    "row",
    ["migrations (id, breaking) values (21, true)", "_private_migrations (id, name, breaking) values (999, 'x', true)"],
)
def test_a_newer_breaking_revision_is_refused(installed: psycopg.Connection[Any], row: str) -> None:
    installed.execute("update graphile_worker._private_bundle set checksum = 'x'")
    installed.execute(f"insert into graphile_worker.{row}".encode())
    with pytest.raises(MigrationError, match=r"breaking revision (21|999)"):
        migrate(installed)
    assert scalar(installed, "select checksum from graphile_worker._private_bundle") == "x"


@pytest.mark.parametrize("row", ["migrations (id) values (21)", "_private_migrations (id, name) values (999, 'x')"])
def test_a_newer_revision_that_breaks_nothing_is_a_warning(
    installed: psycopg.Connection[Any], row: str, caplog: pytest.LogCaptureFixture
) -> None:
    installed.execute(f"insert into graphile_worker.{row}".encode())
    with caplog.at_level(logging.WARNING, "graphile_worker"):
        result = migrate(installed)
    assert len(result.warnings) == 1
    assert result.warnings[0] in caplog.messages


def test_a_ledger_and_tables_that_disagree(installed: psycopg.Connection[Any]) -> None:
    installed.execute("delete from graphile_worker.migrations where id > 12")
    with pytest.raises(MigrationError, match="shared revision 12"):
        migrate(installed)


@pytest.mark.parametrize("breaking", [True, False])
def test_migrations_are_notified(conn: psycopg.Connection[Any], empty_database: str, breaking: bool) -> None:
    old.make(conn, "revision_15" if breaking else "revision_18", "graphile_worker")
    with psycopg.connect(empty_database, autocommit=True) as listener:
        listener.execute('listen "worker:migrate"')
        migrate(conn)
        # The first of ours is a part of the takeover.
        shared = [(number, number == 16) for number in range(16 if breaking else 19, 21)]
        told = [*shared, *((file.number, False) for file in OWN[1:])]
        heard = [json.loads(n.payload) for n in listener.notifies(timeout=10, stop_after=len(told))]
    assert heard[: len(told)] == [{"migrationNumber": number, "breaking": breaks} for number, breaks in told]
