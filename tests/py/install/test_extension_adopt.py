"""Between `migrate` and CREATE EXTENSION: over a schema that is there, and back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from graphile_worker import Client, migrate
from tests import support
from tests.py.support.extension import (
    MEMBERS,
    ROOT,
    SCHEMAS,
    Plain,
    as_role,
    extension_server,
    grant,
    pg_dump,
    plain_role,
    rows,
    run_psql,
)
from tests.schema import old_databases as old


@pytest.fixture(scope="module")
def server(server_url: str) -> Iterator[str]:
    with extension_server(server_url) as url:
        yield url


@pytest.fixture(params=SCHEMAS)
def plain(server: str, request: pytest.FixtureRequest) -> Iterator[Plain]:
    # The roles go last: until then something in the databases depends on them.
    with plain_role(server) as role, plain_role(server) as app, support.temporary_database(server) as url:
        grant(url, "create schema {} authorization {}", request.param, role)
        yield Plain(server, url, role, app, request.param)


def test_adopts_what_migrate_made(plain: Plain) -> None:
    with support.temporary_database(plain.server) as url:
        grant(url, "create schema {}", plain.schema)
        grant(url, "create extension graphile_worker schema {}", plain.schema)
        members = rows(url, MEMBERS)

    migrate(plain.url, schema=plain.schema)
    with Client(plain.url, schema=plain.schema) as client:
        client.add_job("t", {"a": 1}, queue_name="q", job_key="k")
    grant(plain.url, "create table {}.mine ()", plain.schema)
    before = plain.state()
    assert adopt(plain) == []
    assert rows(plain.url, MEMBERS) == members
    after = plain.state()
    if plain.schema == "graphile_worker":
        del before["bundle"], after["bundle"]
    assert after == before

    restored_ids = plain.next_ids()
    with support.temporary_database(plain.server) as restored:
        assert run_psql(restored, stdin=pg_dump(plain.superuser_url)).returncode == 0
        assert plain.state(restored)["jobs"] == plain.state()["jobs"]
        with Client(restored, schema=plain.schema) as client:
            assert client.add_job("t").id == restored_ids[0] + 1


def adopt(plain: Plain) -> list[tuple[str | None, str | None]]:
    """The two statements of docs/install.md; what they warn of."""
    notices: list[tuple[str | None, str | None]] = []
    with psycopg.connect(plain.url) as connection:
        connection.add_notice_handler(lambda notice: notices.append((notice.message_primary, notice.message_hint)))
        connection.execute(
            sql.SQL("create extension graphile_worker schema {} version 'unpackaged'").format(
                sql.Identifier(plain.schema)
            )
        )
        connection.execute("alter extension graphile_worker update")
    return notices


def acls(url: str, schema: str) -> list[tuple]:
    """Who but the owner has been granted what."""
    return rows(
        url,
        f"""
        select o.name, a.grantee::regrole::text, a.privilege_type, a.is_grantable
        from (
          select p.oid::regprocedure::text, p.proowner, p.proacl
          from pg_proc as p where p.pronamespace = '"{schema}"'::regnamespace
          union all
          select c.oid::regclass::text, c.relowner, c.relacl
          from pg_class as c where c.relnamespace = '"{schema}"'::regnamespace
          union all
          select b.attname, c.relowner, b.attacl
          from pg_class as c inner join pg_attribute as b on b.attrelid = c.oid
          where c.relnamespace = '"{schema}"'::regnamespace
        ) as o (name, owner, acl)
        cross join lateral aclexplode(o.acl) as a
        where a.grantee <> o.owner
        order by 1, 2, 3, 4
        """,
    )


def test_what_was_granted_is_granted_again_and_dumped(plain: Plain) -> None:
    migrate(plain.url, schema=plain.schema)
    grant(plain.url, f"select {{}}.grant_role('{plain.app}', 'enqueue')", plain.schema)
    grant(plain.url, "grant execute on function {}.stats() to {} with grant option", plain.schema, plain.app)
    grant(plain.url, "grant select on {}.metrics to {}", plain.schema, plain.app)
    grant(plain.url, "grant select (id, key), update (key) on {}._private_jobs to {}", plain.schema, plain.app)
    before = acls(plain.superuser_url, plain.schema)
    grant(plain.url, "grant execute on function {}.list_paused() to public", plain.schema)

    notices = adopt(plain)
    assert sorted(message or "" for message, _ in notices) == [
        "everybody has lost what it was granted on the queue",
        f"role {plain.app} has lost what it was granted on the queue",
    ]
    assert acls(plain.superuser_url, plain.schema) == []
    assert any("grant_role" in str(hint) for _, hint in notices)
    for _, hint in notices:
        assert hint is not None
        if hint == "Nobody but the owner is to have that.":
            continue
        result = run_psql(plain.url, "-q", stdin=hint.removeprefix("Run: "))
        assert result.returncode == 0, result.stderr
    assert acls(plain.superuser_url, plain.schema) == before

    with support.temporary_database(plain.server) as restored:
        assert run_psql(restored, stdin=pg_dump(plain.superuser_url)).returncode == 0
        assert acls(restored, plain.schema) == before
        with Client(as_role(restored, plain.app), schema=plain.schema) as client:
            client.add_job("t")


@pytest.mark.parametrize(
    "row",
    ["migrations (id, breaking) values (21, true)", "_private_migrations (id, name, breaking) values (999, 'x', true)"],
)
def test_a_newer_breaking_revision_is_refused(plain: Plain, row: str) -> None:
    migrate(plain.url, schema=plain.schema)
    with psycopg.connect(plain.url, autocommit=True) as connection:
        connection.execute(f'insert into "{plain.schema}".{row}'.encode())
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=r"breaking revisions .* know: (21|x)"):
        plain.create_extension("unpackaged")
    assert rows(plain.url, MEMBERS) == []


@pytest.mark.parametrize(
    ("made_by", "hint"),
    [
        ("migrate", "version 'unpackaged'"),
        ("another runtime", "graphile-worker migrate"),
        ("an application", "another schema"),
    ],
)
def test_what_is_in_the_way_of_a_new_one_is_named(plain: Plain, made_by: str, hint: str) -> None:
    if made_by == "migrate":
        migrate(plain.url, schema=plain.schema)
    elif made_by == "another runtime":
        grant(plain.superuser_url, "drop schema {}", plain.schema)
        with psycopg.connect(plain.superuser_url, autocommit=True) as connection:
            old.make(connection, "revision_18", plain.schema)
        grant(plain.superuser_url, "alter schema {} owner to {}", plain.schema, plain.role)
        grant(plain.superuser_url, "alter table {}.migrations owner to {}", plain.schema, plain.role)
    else:
        grant(plain.url, "create table {}.jobs ()", plain.schema)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=r"holds .*jobs") as caught:
        plain.create_extension()
    assert hint in str(caught.value.diag.message_hint)


def test_can_be_given_back(plain: Plain) -> None:
    """What docs/install.md says about the way back."""
    plain.create_extension()
    documentation = (ROOT / "docs/install.md").read_text()
    block = next(block for block in documentation.split("```") if "alter extension graphile_worker drop" in block)
    result = run_psql(plain.url, stdin=block.removeprefix("sql\n"))
    assert result.returncode == 0, result.stderr
    assert rows(plain.url, MEMBERS) == []
    with Client(plain.url, schema=plain.schema) as client:
        client.add_job("t")
    assert migrate(plain.url, schema=plain.schema).applied == []


def test_adopts_nothing_else(plain: Plain) -> None:
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="there is no queue in schema"):
        plain.create_extension("unpackaged")
    migrate(plain.url, schema=plain.schema)
    grant(plain.url, "update {}._private_bundle set version = '0.0.9'", plain.schema)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=r"release 0\.0\.9") as error:
        plain.create_extension("unpackaged")
    assert "graphile-worker migrate" in str(error.value.diag.message_hint)
    assert rows(plain.url, MEMBERS) == []
