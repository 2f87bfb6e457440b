"""Checks the body of every PL/pgSQL function of the schema with the extension plpgsql_check.

    python tools/plpgsql_check.py

The server is the one that TEST_DATABASE_URL names; else a throw-away one, run from the newest PostgreSQL installed on
this machine that has the extension (Debian: postgresql-15-plpgsql-check). Where there is none the check says so and
passes. Exits 1 when there is an error or a warning.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from graphile_worker import migrate
from graphile_worker._embedded import EmbeddedServer
from graphile_worker._embedded.binaries import local_bin_dirs

SCHEMA = "graphile_worker"

# A trigger function is checked once for every table that it serves.
CHECK = """
select f.oid::regprocedure::text, c.lineno, c.level, c.message, c.detail, c.hint, c.statement
from pg_proc as f
inner join pg_language as l on f.prolang = l.oid and l.lanname = 'plpgsql'
left join (select distinct tgfoid, tgrelid from pg_trigger) as t on f.oid = t.tgfoid
cross join lateral plpgsql_check_function_tb(
  f.oid, coalesce(t.tgrelid, 0), fatal_errors => false, extra_warnings => true, security_warnings => true
) as c
where f.pronamespace = %s::regnamespace
  and not (f.prorettype = 'trigger'::regtype and t.tgrelid is null)
order by 1, 2
"""

COUNT = """
select count(*)
from pg_proc as f
inner join pg_language as l on f.prolang = l.oid and l.lanname = 'plpgsql'
where f.pronamespace = %s::regnamespace
"""


def main() -> int:
    with _server() as url:
        if url is None:
            print(
                "plpgsql_check: skipped, no PostgreSQL with the extension at hand (Debian: postgresql-15-plpgsql-check)"
            )
            return 0
        with _database(url) as database:
            return _check(database)


def _check(url: str) -> int:
    migrate(url, schema=SCHEMA)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create extension plpgsql_check")
        count = _scalar(connection, COUNT, [SCHEMA])
        problems = connection.execute(CHECK, [SCHEMA]).fetchall()
        version = connection.info.parameter_status("server_version")
    for function, line, level, message, detail, hint, statement in problems:
        place = f"{function} line {line}" if line else function
        print(f"{place}: {level}: {message}" + (f" [{statement}]" if statement else ""))
        for label, text in (("detail", detail), ("hint", hint)):
            if text:
                print(f"    {label}: {text}")
    if count == 0:
        print(f"plpgsql_check: no PL/pgSQL function in the schema {SCHEMA}")
        return 1
    print(f"plpgsql_check: {count} functions, {len(problems)} problems (PostgreSQL {version})")
    return 1 if problems else 0


@contextmanager
def _server() -> Iterator[str | None]:
    """Yields the url of a server that offers the extension, or None."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named if _offers_extension(named) else None
        return
    with ExitStack() as stack:
        for bin_dir in local_bin_dirs():
            server = EmbeddedServer(
                tempfile.mkdtemp(prefix="plpgsql-check-"), bin_dir=bin_dir, settings={"fsync": "off"}
            )
            stack.callback(server.remove)
            if _offers_extension(server.start().url):
                yield server.url
                return
        yield None


def _offers_extension(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return bool(_scalar(connection, "select count(*) from pg_available_extensions where name = 'plpgsql_check'"))


@contextmanager
def _database(url: str) -> Iterator[str]:
    name = f"plpgsql_check_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield make_conninfo(url, dbname=name)
        finally:
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))


def _scalar(connection: psycopg.Connection[Any], query: str, parameters: list[Any] | None = None) -> Any:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]


if __name__ == "__main__":
    sys.exit(main())
