"""ALTER EXTENSION UPDATE to a release that does not exist yet, and pg_tle as far as a stand-in shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import ModuleType

import psycopg
import pytest

from graphile_worker import Client
from graphile_worker._schema import sources
from tests import support
from tests.py.support.extension import SCHEMAS, as_role, builder, extension_server, grant, plain_role, rows

NEXT = "99.0"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    return builder()


@pytest.fixture(scope="module")
def release(build: ModuleType):
    return build.Release.read()


def change_result(sources: list) -> None:
    """Gives list_crontabs another column: it cannot be replaced then."""
    crontabs = next(source for source in sources if source.stem == "list_crontabs")
    changed = crontabs.text.replace(" timestamptz\n)", " timestamptz,\n  note text\n)").replace(
        "k.last_execution\n", "k.last_execution, null::text\n"
    )
    assert len(changed) == len(crontabs.text) + len(",\n  note text, null::text")
    sources[sources.index(crontabs)] = dataclasses.replace(crontabs, text=changed)


@pytest.fixture(scope="module")
def next_release(build: ModuleType, release):
    """A release with a migration, a function and a changed function more than the one in the tree, and one less."""
    sources = [source for source in release.sources if source.stem != "list_locked_workers"]
    change_result(sources)
    worker_id = next(source for source in sources if source.stem == "worker_deregister")
    changed = worker_id.text.replace("worker_id text", "worker_id text, more text default null").replace(
        "(text)", "(text, text)"
    )
    sources[sources.index(worker_id)] = dataclasses.replace(worker_id, text=changed)
    first = next(index for index, source in enumerate(sources) if source.kind == "function")
    sources[first:first] = [
        build.Source(
            "migration",
            "migrations/own/900_next.sql",
            "create table @extschema@._private_next (id integer generated always as identity primary key);\n"
            "alter table @extschema@._private_jobs add next text;\n",
        ),
        build.Source(
            "function",
            "functions/_private_next.sql",
            "create function @extschema@._private_next() returns text language sql as $$select 'new'$$;\n"
            "comment on function @extschema@._private_next() is\n$$Internal. New.$$;\n",
        ),
    ]
    # After the functions, one of which it needs.
    sources.append(
        build.Source(
            "migration",
            "migrations/own/901_late.sql",
            "alter table @extschema@._private_next add late text default @extschema@._private_next();\n",
        )
    )
    return build.Release(NEXT, (release.version,), tuple(sources))


@pytest.fixture(scope="module")
def server(server_url: str, release, next_release) -> Iterator[str]:
    """Offers both releases; the one in the tree is the default."""
    files = {**next_release.files(18), **release.files(18)}
    with extension_server(server_url, files) as url:
        yield url


def objects(url: str, schema: str) -> list[tuple]:
    """What the schema holds, whose it is, and who may use it."""
    return rows(
        url,
        f"""
        with members as (
          select d.classid, d.objid, x.extname
          from pg_depend as d inner join pg_extension as x on x.oid = d.refobjid and d.deptype = 'e'
        )
        select pg_describe_object('pg_proc'::regclass, p.oid, 0), pg_get_functiondef(p.oid), p.proacl::text, m.extname
        from pg_proc as p left join members as m on m.objid = p.oid
        where p.pronamespace = '"{schema}"'::regnamespace
        union all
        select pg_describe_object('pg_class'::regclass, c.oid, 0),
          (
            select string_agg(concat_ws(' ', a.attname, a.atttypid::regtype, a.attnotnull), ', ' order by a.attnum)
            from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          ),
          coalesce(c.relacl, acldefault('r', c.relowner))::text, m.extname
        from pg_class as c left join members as m on m.objid = c.oid
        where c.relnamespace = '"{schema}"'::regnamespace and c.relname <> '_private_bundle'
        order by 1
        """,
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_update(server: str, schema: str) -> None:
    with (
        plain_role(server) as role,
        plain_role(server) as app,
        support.temporary_database(server) as url,
        support.temporary_database(server) as fresh,
    ):
        grant(url, "create schema {} authorization {}", schema, role)
        own = as_role(url, role)
        grant(own, "create extension graphile_worker schema {}", schema)
        with Client(own, schema=schema) as client:
            client.add_job("t", queue_name="q", job_key="k")
        grant(own, f"select {{}}.grant_role('{app}', 'enqueue')", schema)
        before = rows(own, f'select id, key from "{schema}".jobs')

        grant(own, f"alter extension graphile_worker update to '{NEXT}'")

        assert rows(own, "select extversion from pg_extension where extname = 'graphile_worker'") == [(NEXT,)]
        assert rows(own, f'select id, key from "{schema}".jobs') == before
        with psycopg.connect(as_role(url, app)) as connection:
            connection.execute(f"""select "{schema}".add_job('t')""")

        # But for the rows and the grant it is what a fresh install of that release is.
        grant(own, f"select {{}}.grant_role('{app}', 'none')", schema)
        grant(fresh, "create schema {} authorization {}", schema, role)
        grant(as_role(fresh, role), f"create extension graphile_worker schema {{}} version '{NEXT}'", schema)
        assert set(objects(url, schema)) ^ set(objects(fresh, schema)) == set()
        ledger = f'select id, name, breaking from "{schema}"._private_migrations order by id'
        bundle = f'select version, checksum, fingerprint from "{schema}"._private_bundle'
        assert rows(own, ledger) == rows(as_role(fresh, role), ledger)
        assert rows(own, bundle) == rows(as_role(fresh, role), bundle)
        grant(own, "drop extension graphile_worker")


@pytest.mark.parametrize(
    "row",
    ["migrations (id, breaking) values (21, true)", "_private_migrations (id, name, breaking) values (999, 'x', true)"],
)
def test_a_newer_breaking_revision_is_refused(server: str, release, row: str) -> None:
    with support.temporary_database(server) as url:
        grant(url, "create schema {}", "My Queue")
        grant(url, "create extension graphile_worker schema {}", "My Queue")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'insert into "My Queue".{row}'.encode())
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="breaking revisions") as caught:
            grant(url, f"alter extension graphile_worker update to '{NEXT}'")
        assert "nothing was changed" in str(caught.value.diag.message_hint)
        assert rows(url, 'select version from "My Queue"._private_bundle') == [(release.version,)]


def test_a_role_that_lacks_what_is_new_is_named(build: ModuleType, server_url: str, release) -> None:
    """An extension cannot pass grants on to new functions: pg_dump would take them for a part of it."""
    without = [s for s in release.sources if s.stem != "worker_heartbeat"]
    earlier = build.Release("0.0.1", (), tuple(without))
    now = dataclasses.replace(release, previous=("0.0.1",))
    files = {**earlier.files(18), **now.files(18)}
    with (
        extension_server(server_url, files) as server,
        plain_role(server) as app,
        support.temporary_database(server) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        notices: list[tuple[str | None, str | None]] = []
        connection.add_notice_handler(lambda notice: notices.append((notice.message_primary, notice.message_hint)))
        connection.execute('create schema "My Queue"')
        connection.execute("""create extension graphile_worker schema "My Queue" version '0.0.1'""")
        connection.execute("""select "My Queue".grant_role(%s, 'worker')""", [app])
        connection.execute("alter extension graphile_worker update")
        statement = f"""select "My Queue".grant_role('{app}', 'worker');"""
        assert notices == [(f"role {app} lacks what this release adds for worker", f"Run: {statement}")]
        may = f"""select has_function_privilege('{app}', '"My Queue".worker_heartbeat(text, json)', 'execute')"""
        assert rows(url, may) == [(False,)]
        connection.execute(statement)
        assert rows(url, may) == [(True,)]


def test_a_grant_that_goes_with_its_function_is_named(build: ModuleType, server_url: str, release) -> None:
    sources = list(release.sources)
    change_result(sources)
    earlier = build.Release("0.0.1", (), tuple(sources))
    now = dataclasses.replace(release, previous=("0.0.1",))
    with (
        extension_server(server_url, {**earlier.files(18), **now.files(18)}) as server,
        plain_role(server) as app,
        support.temporary_database(server) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        notices: list[tuple[str | None, str | None]] = []
        connection.add_notice_handler(lambda notice: notices.append((notice.message_primary, notice.message_hint)))
        connection.execute('create schema "My Queue"')
        connection.execute("""create extension graphile_worker schema "My Queue" version '0.0.1'""")
        connection.execute(f"""grant execute on function "My Queue".list_crontabs() to {app}""")
        connection.execute(f"""grant execute on function "My Queue".remove_job(text) to {app}""")
        connection.execute("alter extension graphile_worker update")
        statement = f"""grant execute on function "My Queue".list_crontabs() to {app};"""
        assert notices == [("function list_crontabs is made anew, and a grant on it is gone", f"Run: {statement}")]
        may = f"""
            select has_function_privilege('{app}', '"My Queue".list_crontabs()', 'execute'),
              has_function_privilege('{app}', '"My Queue".remove_job(text)', 'execute')"""
        assert rows(url, may) == [(False, True)]
        connection.execute(statement)
        assert rows(url, may) == [(True, True)]


def test_the_builder_and_the_package_read_the_same_sources(release) -> None:
    assert release.checksum == sources.bundle_checksum()
    assert [s.text for s in release.of("function", "view", "grants")] == [f.text for f in sources.bundle()]


def test_a_server_that_does_not_know_trusted_is_not_told(release) -> None:
    assert "trusted" not in release.files(12)["graphile_worker.control"]
    assert "trusted = true" in release.files(13)["graphile_worker.control"]


# What pg_tle does with what it is told, as far as it matters here: it keeps the script, and CREATE EXTENSION runs it
# with the schema's name put in.
PG_TLE = """
create schema pgtle;
create table pgtle.scripts (name text, from_version text, to_version text, script text);
create function pgtle.install_extension(
  name text, version text, description text, ext text, requires text[] default '{}'
) returns boolean language sql as $$
  insert into pgtle.scripts values (name, null, version, ext) returning true
$$;
create function pgtle.install_extension_version_sql(name text, version text, ext text) returns boolean
language sql as $$
  insert into pgtle.scripts values (name, null, version, ext) returning true
$$;
create function pgtle.install_update_path(name text, fromvers text, tovers text, ext text) returns boolean
language sql as $$
  insert into pgtle.scripts values (name, fromvers, tovers, ext) returning true
$$;
create function pgtle.set_default_version(name text, version text) returns boolean language sql as 'select true';
"""


def run_registered(url: str, schema: str, from_version: str | None, to_version: str) -> None:
    """Run a script as the extension's: pg_extension_config_dump works nowhere else, and is left out."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select script from pgtle.scripts where name = 'graphile_worker'"
            " and from_version is not distinct from %s and to_version = %s",
            [from_version, to_version],
        ).fetchone()
        script = row[0].replace("@extschema@", f'"{schema}"')
        before, _, _ = script.partition("-- What pg_dump takes along")
        assert "pg_extension_config_dump" not in before
        connection.execute(before.encode())


@pytest.mark.parametrize("schema", SCHEMAS)
def test_pg_tle(empty_database: str, release, next_release, schema: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(PG_TLE)
        connection.execute(release.files(15)["graphile_worker.pg_tle.sql"].encode())
    assert rows(empty_database, "select name, to_version from pgtle.scripts") == [("graphile_worker", release.version)]
    grant(empty_database, "create schema {}", schema)
    run_registered(empty_database, schema, None, release.version)
    assert rows(empty_database, f"select (\"{schema}\".add_job('t')).id") == [(1,)]

    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(next_release.files(15)["graphile_worker.pg_tle.update.sql"].encode())
    run_registered(empty_database, schema, release.version, NEXT)
    assert rows(empty_database, f'select version from "{schema}"._private_bundle') == [(NEXT,)]
    assert rows(empty_database, f"select (\"{schema}\".add_job('t')).id") == [(2,)]
