"""Whose things are, and who may do what with them, whichever way they were installed and whatever came before."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import migrate
from tests import support
from tests.py.support.extension import as_role, builder, extension_server, plain_role, program, rows, run_psql

DEFAULTS = """
    alter default privileges {who} grant execute on functions to {role};
    alter default privileges {who} grant all on tables to {role};
    alter default privileges {who} grant all on sequences to {role};
    alter default privileges {who} grant execute on functions to public;
    alter default privileges {who} grant select on tables to public;
"""
PRIVILEGES = """
    select o.name, a.grantee::regrole::text, a.privilege_type
    from (
      select p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
      from pg_proc as p where p.pronamespace = 'graphile_worker'::regnamespace
      union all
      select c.oid::regclass::text, c.relowner, c.relacl
      from pg_class as c where c.relnamespace = 'graphile_worker'::regnamespace
    ) as o (name, owner, acl)
    cross join lateral aclexplode(o.acl) as a
    where a.grantee <> o.owner
"""
WITHOUT_ROW_SECURITY = """
    select c.relname from pg_class as c
    where
      c.relnamespace = 'graphile_worker'::regnamespace and c.relkind = 'r' and left(c.relname, 9) = '_private_'
      and not c.relrowsecurity
"""
OWNERS = """
    select distinct o.owner::regrole::text
    from (
      select p.proowner from pg_proc as p where p.pronamespace = 'graphile_worker'::regnamespace
      union all
      select c.relowner from pg_class as c where c.relnamespace = 'graphile_worker'::regnamespace
      union all
      select t.typowner from pg_type as t where t.typnamespace = 'graphile_worker'::regnamespace
    ) as o (owner)
"""


def privileges(url: str, role: str | None = None) -> list[tuple[Any, ...]]:
    return [row for row in rows(url, PRIVILEGES) if role in (None, row[1])]


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def role(server_url: str) -> Iterator[str]:
    with plain_role(server_url) as name:
        yield name


@pytest.fixture
def owner(server_url: str) -> Iterator[str]:
    with plain_role(server_url) as name:
        yield name


@pytest.fixture
def url(server_url: str, role: str, owner: str) -> Iterator[str]:
    """A database that goes before the roles do."""
    with support.temporary_database(server_url) as found:
        yield found


def install_by_one_file(url: str, folder: Path) -> None:
    path = folder / "graphile_worker.sql"
    path.write_text(builder().Release.read().files(18)["graphile_worker.sql"])
    done = run_psql(url, "-f", str(path))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("way", ["migrate", "one file"])
def test_nobody_gets_anything_from_default_privileges(url: str, role: str, tmp_path: Path, way: str) -> None:
    execute(url, DEFAULTS.format(who="", role=role))
    if way == "migrate":
        migrate(url)
        assert not migrate(url).bundle_replaced
    else:
        install_by_one_file(url, tmp_path)
    # Row level security keeps the rows.
    assert {row for row in privileges(url) if row[2] != "SELECT" or "_private_" not in row[0]} <= {
        ("graphile_worker.migrations", role, "SELECT")
    }
    execute(url, f"select graphile_worker.grant_role('{role}', 'enqueue')")
    held = {name for name, _, privilege in privileges(url, role) if privilege == "EXECUTE"}
    kind = "select routine::text from graphile_worker._private_api where 'enqueue' = any(kinds)"
    assert held == {row[0] for row in rows(url, kind)}


def test_an_extension_gives_nobody_anything_by_default(server_url: str) -> None:
    with extension_server(server_url) as server, plain_role(server) as role, support.temporary_database(server) as url:
        execute(
            url,
            DEFAULTS.format(who="", role=role),
            "create schema graphile_worker",
            "create extension graphile_worker schema graphile_worker",
        )
        assert privileges(url) == []


@pytest.mark.parametrize("defaults", [False, True], ids=["as PostgreSQL has it", "with default privileges"])
def test_after_a_restore_without_privileges(url: str, server_url: str, role: str, defaults: bool) -> None:
    migrate(url)
    execute(url, f"select graphile_worker.grant_role('{role}', 'enqueue')")
    dump = subprocess.run([program("pg_dump"), "--no-acl", url], capture_output=True, text=True, check=True)
    with support.temporary_database(server_url) as restored:
        if defaults:
            execute(restored, DEFAULTS.format(who="", role=role))
        # A pg_dump of a later release sets what the server does not know.
        done = run_psql(restored, stdin=dump.stdout.replace("SET transaction_timeout = 0;\n", ""))
        assert done.returncode == 0, done.stderr
        assert len({name for name, grantee, _ in privileges(restored) if grantee == "-"}) > 100
        with pytest.raises(psycopg.Error) as refused:
            execute(restored, f"select graphile_worker.grant_role('{role}', 'enqueue')")
        assert refused.value.sqlstate == "GWPUB"

        result = migrate(restored)
        assert result.bundle_replaced
        assert any(role in warning for warning in result.warnings) is defaults
        assert [row for row in privileges(restored) if row[2] != "SELECT"] == []
        assert privileges(restored, "-") == []
        assert not migrate(restored).bundle_replaced
        execute(restored, f"select graphile_worker.grant_role('{role}', 'enqueue')")


@pytest.mark.parametrize(
    "damage",
    [
        "grant execute on function graphile_worker.complete_jobs(bigint[]) to public",
        "grant execute on function graphile_worker.grant_role to {role}",
        "grant select on graphile_worker.jobs to public",
        "grant insert on graphile_worker._private_jobs to {role}",
        "grant update (payload) on graphile_worker._private_jobs to {role}",
        "grant usage on sequence graphile_worker._private_jobs_id_seq to {role}",
        "alter table graphile_worker._private_jobs disable row level security",
        "alter table graphile_worker._private_workers force row level security",
    ],
)
def test_what_is_not_as_it_was_set_up_is_put_right(url: str, role: str, damage: str) -> None:
    migrate(url)
    execute(url, damage.format(role=role))
    with pytest.raises(psycopg.Error) as refused:
        execute(url, f"select graphile_worker.grant_role('{role}', 'worker')")
    assert refused.value.sqlstate == "GWPUB"
    assert migrate(url).bundle_replaced
    assert not migrate(url).bundle_replaced
    assert (privileges(url), rows(url, WITHOUT_ROW_SECURITY)) == ([], [])
    assert rows(url, "select from graphile_worker._private_wrong_privileges()") == []


def test_what_an_operator_grants_on_purpose_stays(url: str, role: str) -> None:
    migrate(url)
    execute(
        url,
        f"select graphile_worker.grant_role('{role}', 'enqueue')",
        f"grant execute on function graphile_worker.stats to {role} with grant option",
        f"grant select on graphile_worker.metrics, graphile_worker._private_jobs to {role}",
        f"grant update on graphile_worker._private_jobs to {role}",
        f"create policy mine on graphile_worker._private_jobs to {role} using (priority > 5)",
    )
    before = sorted(privileges(url))
    assert not migrate(url).bundle_replaced
    execute(url, "drop function graphile_worker.stats cascade")
    migrate(url)
    # A function that somebody has dropped comes again without its grants.
    gone = ("graphile_worker.stats", "graphile_worker.metrics")
    assert sorted(privileges(url)) == [row for row in before if not row[0].startswith(gone)]


@pytest.mark.parametrize("way", ["migrate", "one file"])
@pytest.mark.parametrize("member", [False, True], ids=["by a superuser", "by a member"])
def test_things_belong_to_the_owner_of_the_schema(
    url: str, role: str, owner: str, tmp_path: Path, way: str, member: bool
) -> None:
    execute(url, f"create schema graphile_worker authorization {owner}", f"grant {owner} to {role}")
    by = as_role(url, role) if member else url
    if way == "migrate":
        migrate(by)
        assert not migrate(by).bundle_replaced
    else:
        install_by_one_file(by, tmp_path)
        install_by_one_file(by, tmp_path)
    assert rows(url, OWNERS) == [(owner,)]


def test_those_of_an_extension_too(server_url: str) -> None:
    with extension_server(server_url) as server, plain_role(server) as owner, support.temporary_database(server) as url:
        execute(
            url,
            f"create schema graphile_worker authorization {owner}",
            "create extension graphile_worker schema graphile_worker",
        )
        assert rows(url, OWNERS) == [(owner,)]
