"""What would be done, and as SQL for those who do it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import MigrationError, migrate
from graphile_worker._schema import MigrationResult, plan_migration
from tests.schema import old_databases as old
from tools.snapshot import FILE, difference, snapshot

SCHEMAS = ("graphile_worker", "My Queue", "100%")


@pytest.fixture
def conn(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


def test_names_the_steps_that_migrate_then_makes(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    before = snapshot(conn, "graphile_worker", full=True)
    plan = plan_migration(conn)
    assert snapshot(conn, "graphile_worker", full=True) == before
    names = [name for step in plan.steps for name in (step.name, *step.also)]
    assert names[-2:] == ["bundle", "007_keys"]
    assert migrate(conn).applied == [name for name in names if name != "bundle"]
    assert plan_migration(conn).steps == ()
    assert "Nothing to do" in plan_migration(conn).script()


def test_says_which_steps_are_breaking(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    breaking = [step.name for step in plan_migration(conn).steps if step.breaking]
    assert breaking == ["revision_011", "revision_013", "revision_014", "revision_016"]


@pytest.mark.parametrize(
    ("name", "in_schema"), [(None, "graphile_worker"), (None, "100%"), *((name, "My Queue") for name in old.DATABASES)]
)
def test_the_script_does_the_same(conn: psycopg.Connection[Any], name: str | None, in_schema: str) -> None:
    if name:
        old.make(conn, name, in_schema)
    script = plan_migration(conn, schema=in_schema).script()
    conn.execute(script.encode())
    assert migrate(conn, schema=in_schema) == MigrationResult()
    # Whoever applies it twice by mistake is stopped by the first step, unless there was no step but the functions.
    with pytest.raises(psycopg.Error):
        conn.execute(script.encode())


def test_the_script_refuses_locked_jobs(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    script = plan_migration(conn).script()
    conn.execute("update graphile_worker.jobs set locked_at = now(), locked_by = 'w7'")
    with pytest.raises(psycopg.Error) as caught:
        conn.execute(script.encode())
    assert caught.value.sqlstate == "GWMLK"
    conn.execute("rollback")
    assert conn.execute("select max(id) from graphile_worker.migrations").fetchone() == (10,)


def test_refuses_what_migrate_refuses(conn: psycopg.Connection[Any]) -> None:
    migrate(conn)
    conn.execute("insert into graphile_worker.migrations (id, breaking) values (21, true)")
    with pytest.raises(MigrationError, match="breaking revision 21"):
        plan_migration(conn)


@pytest.mark.parametrize("in_schema", SCHEMAS)
def test_the_schema_is_the_one_on_file(conn: psycopg.Connection[Any], in_schema: str) -> None:
    migrate(conn, schema=in_schema)
    assert difference(FILE.read_text(), snapshot(conn, in_schema)) == "", "make snapshot writes the file anew"


def test_warns_of_what_would_be_refused(conn: psycopg.Connection[Any]) -> None:
    old.make(conn, "revision_10", "graphile_worker")
    conn.execute("update graphile_worker.jobs set locked_at = now(), locked_by = 'w7'")
    assert plan_migration(conn).warnings == ("refused as things are: jobs are locked by w7",)
