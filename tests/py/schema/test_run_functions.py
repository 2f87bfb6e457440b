"""A release whose functions are not those of the one before: what changes, what goes, and who may call it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import MigrationError, migrate
from graphile_worker._schema import plan_migration, sources
from tests.py.schema.installed import scalar
from tests.py.support.extension import plain_role
from tools.snapshot import difference, snapshot

Change = Callable[[str], str]
Release = Callable[..., None]


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def role(server_url: str, conn: psycopg.Connection[Any]) -> Iterator[str]:
    with plain_role(server_url) as name:
        yield name
        conn.execute(f"drop owned by {name}".encode())


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[Release]:
    """Makes the package another release: some files changed, and `without` others."""
    original = sources.manifest()

    def change(changes: dict[str, Change] | None = None, without: tuple[str, ...] = ()) -> None:
        files = {f.stem: f for f in original if f.stem not in without}
        for name, changed in (changes or {}).items():
            files[name] = dataclasses.replace(files[name], text=changed(files[name].text))
            assert files[name] not in original, f"{name} is not changed"
        monkeypatch.setattr(sources, "manifest", lambda: tuple(files.values()))
        sources.bundle_checksum.cache_clear()

    yield change
    monkeypatch.undo()
    sources.bundle_checksum.cache_clear()


def result_is_integer(text: str) -> str:
    return text.replace("returns void", "returns integer").replace("end;\n$$;", "  return 1;\nend;\n$$;")


def no_default(text: str) -> str:
    return text.replace(" default null", "")


def first_overload(text: str) -> str:
    end = text.index("create or replace", 1)
    return text[:end]


HEARTBEAT: dict[str, Change] = {"worker_heartbeat": result_is_integer}


def functions(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Every function by its signature, with its oid: one that was dropped and made has another."""
    query = """
        select p.oid::regprocedure::text, p.oid::bigint
        from pg_proc as p where p.pronamespace = 'graphile_worker'::regnamespace"""
    return dict(connection.execute(query).fetchall())


def callable_by(connection: psycopg.Connection[Any], role: str) -> list[str]:
    query = """
        select p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace = 'graphile_worker'::regnamespace and has_function_privilege(%s, p.oid, 'execute')
        order by 1"""
    return [row[0] for row in connection.execute(query, [role])]


def test_one_that_returns_something_else_is_made_anew_and_only_that_one(
    conn: psycopg.Connection[Any], role: str, release: Release
) -> None:
    conn.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
    allowed, before = callable_by(conn, role), functions(conn)
    release({**HEARTBEAT, "release_expired_locks": no_default})
    assert migrate(conn).bundle_replaced
    assert scalar(conn, "select graphile_worker.worker_heartbeat('w')") == 1
    after = functions(conn)
    assert sorted(after) == sorted(before)
    anew = [name for name in before if before[name] != after[name]]
    assert sorted(anew) == [
        "graphile_worker.release_expired_locks(interval,boolean,interval)",
        "graphile_worker.worker_heartbeat(text,json)",
    ]
    assert callable_by(conn, role) == allowed
    # Nobody else may: a function that is made is everybody's until somebody says otherwise.
    assert callable_by(conn, "pg_monitor") == []
    assert not migrate(conn).bundle_replaced


def test_a_grant_stays_as_it_was_made(conn: psycopg.Connection[Any], role: str, release: Release) -> None:
    acl = "select proacl::text from pg_proc where oid = 'graphile_worker.worker_heartbeat'::regproc"
    conn.execute(f"grant execute on function graphile_worker.worker_heartbeat to {role} with grant option".encode())
    before = scalar(conn, acl)
    release(HEARTBEAT)
    migrate(conn)
    assert sorted(scalar(conn, acl)[1:-1].split(",")) == sorted(before[1:-1].split(","))


def test_a_new_function_goes_to_those_who_had_all_of_its_kind(
    conn: psycopg.Connection[Any], role: str, release: Release
) -> None:
    release(without=("list_stale_workers",))
    migrate(conn)
    conn.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
    release(HEARTBEAT)
    migrate(conn)
    assert "graphile_worker.list_stale_workers(interval)" in callable_by(conn, role)


def test_a_view_with_other_columns_keeps_its_grants(conn: psycopg.Connection[Any], role: str, release: Release) -> None:
    conn.execute("select graphile_worker.grant_role(%s, 'operator')", [role])
    release({"jobs": lambda text: text.replace("  j.id,", "  j.id::text,")})
    migrate(conn)
    may = f"select has_table_privilege('{role}', 'graphile_worker.jobs', 'select')"
    assert scalar(conn, "select pg_typeof(id)::text from graphile_worker.jobs union all select 'text'") == "text"
    assert scalar(conn, may) is True


def test_a_view_that_stands_on_a_function_makes_way_for_it(
    conn: psycopg.Connection[Any], role: str, release: Release
) -> None:
    conn.execute(f"grant select on graphile_worker.metrics to {role}".encode())
    before = snapshot(conn, "graphile_worker")
    release(
        {
            "table_health": lambda text: text.replace("  table_name text,", "  table_name name,").replace(
                "    c.relname::text,", "    c.relname,"
            )
        }
    )
    migrate(conn)
    assert scalar(conn, "select pg_typeof(table_name)::text from graphile_worker.table_health() limit 1") == "name"
    assert scalar(conn, "select count(*) from graphile_worker.metrics") == 1
    assert scalar(conn, f"select has_table_privilege('{role}', 'graphile_worker.metrics', 'select')") is True
    changed = [line for line in difference(before, snapshot(conn, "graphile_worker")).splitlines() if line[:1] in "+-"]
    assert [line for line in changed if "metrics" in line] == []


def test_a_view_that_stands_on_a_view_makes_way_for_it(
    conn: psycopg.Connection[Any], role: str, release: Release
) -> None:
    conn.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
    before = snapshot(conn, "graphile_worker")
    release({"_private_api": lambda text: text.replace("  a.place\n", "  a.place::text as place\n")})
    migrate(conn)
    changed = [line for line in difference(before, snapshot(conn, "graphile_worker")).splitlines() if line[:1] in "+-"]
    assert changed[2:] == ["-  place bigint", "+  place text"]
    assert scalar(conn, f"select has_table_privilege('{role}', 'graphile_worker.functions', 'select')") is True


def test_whom_an_earlier_release_let_in_may_read_the_view_of_functions(
    conn: psycopg.Connection[Any], server_url: str, role: str, release: Release
) -> None:
    may = "select has_table_privilege(%s, 'graphile_worker.functions', 'select')"
    conn.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
    conn.execute(f"revoke select on graphile_worker.functions from {role}".encode())
    with plain_role(server_url) as other:
        conn.execute(f"grant execute on function graphile_worker.stats() to {other}".encode())
        release(HEARTBEAT)
        migrate(conn)
        assert conn.execute(may, [role]).fetchone() == (True,)
        assert conn.execute(may, [other]).fetchone() == (False,)
        conn.execute(f"drop owned by {other}".encode())


def test_what_depends_on_it_is_named(conn: psycopg.Connection[Any], release: Release) -> None:
    conn.execute("create view public.mine as select * from graphile_worker.release_expired_locks()")
    before = snapshot(conn, "graphile_worker", full=True)
    release({"release_expired_locks": no_default})
    with pytest.raises(MigrationError, match=r"view public\.mine depends on function .*release_expired_locks"):
        migrate(conn)
    assert difference(before, snapshot(conn, "graphile_worker", full=True)) == ""


def test_the_script_for_a_dba_does_the_same(conn: psycopg.Connection[Any], role: str, release: Release) -> None:
    conn.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
    allowed = callable_by(conn, role)
    release(HEARTBEAT, without=("list_locked_workers",))
    conn.execute(plan_migration(conn).script().encode())
    assert callable_by(conn, role) == allowed
    assert not migrate(conn).bundle_replaced


def test_what_a_release_no_longer_has_goes(conn: psycopg.Connection[Any], release: Release) -> None:
    own = (
        "create function graphile_worker.list_things() returns void language sql as ''",
        "create function graphile_worker._private_mine(bigint) returns void language sql as ''",
    )
    for statement in own:
        conn.execute(statement.encode())
    before = functions(conn)
    release({"complete_jobs": first_overload}, without=("list_locked_workers", "list_crontabs"))
    migrate(conn)
    assert set(before) - set(functions(conn)) == {
        "graphile_worker.complete_jobs(boolean,bigint[])",
        "graphile_worker.complete_jobs(bigint[])",
        "graphile_worker.list_locked_workers()",
        "graphile_worker.list_crontabs()",
    }


def test_a_name_that_we_gave_up_is_free(conn: psycopg.Connection[Any], release: Release) -> None:
    release(without=("list_locked_workers",))
    migrate(conn)
    conn.execute("create function graphile_worker.list_locked_workers() returns text language sql as $$select 'mine'$$")
    release(HEARTBEAT, without=("list_locked_workers",))
    assert migrate(conn).bundle_replaced
    assert scalar(conn, "select graphile_worker.list_locked_workers()") == "mine"


def test_what_depends_on_one_that_goes_is_named(conn: psycopg.Connection[Any], release: Release) -> None:
    conn.execute("create view public.mine as select * from graphile_worker.list_locked_workers()")
    release(without=("list_locked_workers",))
    with pytest.raises(MigrationError, match=r"view public\.mine depends on function .*list_locked_workers"):
        migrate(conn)
    assert "graphile_worker.list_locked_workers()" in functions(conn)
