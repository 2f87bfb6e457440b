"""What is refused, and what is not though it looks like it; whose the queue is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, MigrationError, migrate
from graphile_worker import _schema as migration
from graphile_worker._schema import sources
from graphile_worker._schema import state as _state
from tests.py.schema.installed import EVERYTHING, relations, scalar
from tests.schema import old_databases as old


@pytest.fixture
def conn(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


def test_an_old_server_is_refused_untouched(conn: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_state, "MINIMUM_SERVER_VERSION", 990000)
    with pytest.raises(MigrationError, match="too old"):
        migrate(conn)
    assert relations(conn) == 0


def test_a_schema_of_an_extension(conn: psycopg.Connection[Any]) -> None:
    migrate(conn)
    conn.execute("alter extension plpgsql add table graphile_worker.migrations")
    with pytest.raises(MigrationError, match="belongs to the extension plpgsql") as caught:
        migrate(conn)
    assert "alter extension plpgsql update" in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        "jobs (id int)",
        "metrics (id int)",
        "migrations (version text)",
        "migrations (id text, ts timestamptz)",
        "migrations (id bigint, ts timestamptz)",
        "migrations (id int, ts timestamptz, name text)",
    ],
)
def test_a_schema_with_other_tables_of_these_names(conn: psycopg.Connection[Any], table: str) -> None:
    conn.execute("create schema graphile_worker")
    conn.execute(f"create table graphile_worker.{table}".encode())
    with pytest.raises(MigrationError, match="not a queue that this release knows"):
        migrate(conn)
    assert relations(conn) == 1


def test_tables_of_names_that_a_new_queue_does_not_need(conn: psycopg.Connection[Any]) -> None:
    conn.execute("create schema graphile_worker")
    for table in ("tasks", "job_queues", "known_crontabs"):
        conn.execute(f"create table graphile_worker.{table} (id int)".encode())
    assert migrate(conn).applied == EVERYTHING
    assert migrate(conn) == migration.MigrationResult()


def test_every_view_of_ours_is_looked_for(conn: psycopg.Connection[Any]) -> None:
    # Those with the prefix are found by it, as tables are.
    for view in (view for view in sources.of_kind("view") if not view.stem.startswith("_private_")):
        assert f"'{view.stem}'" in sources.of_kind("inspect")[0].text


def test_a_connection_in_transactions(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection, pytest.raises(MigrationError, match="autocommit"):
        migrate(connection)


# Roles


@pytest.fixture
def role(conn: psycopg.Connection[Any]) -> Iterator[str]:
    """A role that may log in and create schemas in this database, and nothing else."""
    name = f"{conn.info.dbname}_plain"
    conn.execute(f"create role {name} login password 'plain'".encode())
    conn.execute(f"grant create on database {conn.info.dbname} to {name}".encode())
    yield name
    conn.execute(f"drop owned by {name} cascade".encode())
    conn.execute(f"drop role {name}".encode())


def test_a_plain_role_installs_and_upgrades(conn: psycopg.Connection[Any], role: str) -> None:
    conn.execute(f"set session authorization {role}".encode())
    assert migrate(conn).applied == EVERYTHING
    assert Client(conn).add_job("hello").id == 1
    conn.execute("drop function graphile_worker.remove_job(text)")
    assert migrate(conn).bundle_replaced
    conn.execute("reset session authorization")


def test_what_a_superuser_adds_belongs_to_the_owner(conn: psycopg.Connection[Any], role: str) -> None:
    conn.execute(f"set session authorization {role}".encode())
    old.make(conn, "revision_18", "graphile_worker")
    conn.execute("reset session authorization")
    migrate(conn)
    owners = """
        select array_agg(distinct r.rolname::text) from pg_roles as r where r.oid in (
          select relowner from pg_class where relnamespace = 'graphile_worker'::regnamespace
          union select proowner from pg_proc where pronamespace = 'graphile_worker'::regnamespace
        )"""
    assert scalar(conn, owners) == [role]


def test_a_role_without_any_rights_is_refused(conn: psycopg.Connection[Any], role: str) -> None:
    migrate(conn)
    conn.execute(f"set session authorization {role}".encode())
    with pytest.raises(MigrationError, match="permission denied"):
        migrate(conn)
    conn.execute("reset session authorization")


def test_a_role_that_does_not_own_the_tables_is_refused(conn: psycopg.Connection[Any], role: str) -> None:
    migrate(conn)
    conn.execute(f"grant all on schema graphile_worker to {role}".encode())
    conn.execute(f"set session authorization {role}".encode())
    with pytest.raises(MigrationError, match="belong to the role"):
        migrate(conn)
    conn.execute("reset session authorization")


def test_a_member_that_may_not_act_as_the_owner_is_refused(conn: psycopg.Connection[Any], role: str) -> None:
    if conn.info.server_version < 160000:
        pytest.skip("every member may act as the role before PostgreSQL 16")
    conn.execute(f"set session authorization {role}".encode())
    migrate(conn)
    conn.execute("reset session authorization")
    member = f"{role}_member"
    conn.execute(f"create role {member}; grant {role} to {member} with set false".encode())
    try:
        conn.execute(f"set session authorization {member}".encode())
        for refusing in (migrate, migration.plan_migration):
            with pytest.raises(MigrationError, match="belong to the role"):
                refusing(conn)
    finally:
        conn.execute(f"reset session authorization; drop role {member}".encode())
