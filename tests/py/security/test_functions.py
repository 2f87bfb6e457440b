"""The functions of the queue in the hands of roles that mean harm: rights, arguments, settings, names in the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from graphile_worker import migrate
from tests import support
from tests.py.security.arguments import SCHEMA, functions
from tests.py.support.extension import as_role, grant, plain_role

KINDS = ("enqueue", "worker", "operator")
SECRET = "4111-1111-1111-1111"


@pytest.fixture(scope="module")
def owned(server_url: str) -> Iterator[tuple[str, str, str]]:
    """A queue that a plain role owns: the superuser's url, the owner's, and that of a role of all kinds."""
    with (
        plain_role(server_url) as owner,
        plain_role(server_url) as role,
        support.temporary_database(server_url, label="security") as url,
    ):
        grant(url, "create schema {} authorization {}", SCHEMA, owner)
        owner_url = as_role(url, owner)
        migrate(owner_url)
        for kind in KINDS:
            grant(owner_url, f"select {{}}.grant_role('{role}', '{kind}')", SCHEMA)
        yield url, owner_url, as_role(url, role)


def test_whoever_is_granted_nothing_has_nothing(owned: tuple[str, str, str]) -> None:
    """What the catalog says of everybody, of all functions: also those that a test by name would forget."""
    with psycopg.connect(owned[0]) as connection:
        open_to_all = connection.execute(
            """
            select p.oid::regprocedure::text
            from pg_proc as p
            cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
            where p.pronamespace = 'graphile_worker'::regnamespace and a.grantee = 0
            union all
            select c.relname
            from pg_class as c
            cross join lateral aclexplode(c.relacl) as a
            where c.relnamespace = 'graphile_worker'::regnamespace and a.grantee <> c.relowner
              and c.relname not in ('jobs', 'functions')
            """
        ).fetchall()
        open_tables = connection.execute(
            "select relname from pg_class where relnamespace = 'graphile_worker'::regnamespace and relkind = 'r'"
            " and relname ~ '^_private_' and not relrowsecurity"
        ).fetchall()
    assert open_to_all == []
    assert open_tables == []


def test_what_runs_as_the_owner_has_a_path_of_its_own(owned: tuple[str, str, str]) -> None:
    with psycopg.connect(owned[0]) as connection:
        found = connection.execute(
            """
            select p.proname, p.prosecdef, 'search_path=pg_catalog, pg_temp' = any(p.proconfig), l.lanname
            from pg_proc as p
            inner join pg_language as l on p.prolang = l.oid
            where p.pronamespace = 'graphile_worker'::regnamespace
            """
        ).fetchall()
    assert {language for *_, language in found} == {"sql", "plpgsql"}
    for name, is_definer, has_path, _ in found:
        if is_definer:
            assert has_path, name
        # What is called from outside runs as the owner; what is called from inside never does so by itself.
        assert is_definer == (not name.startswith("_private_") and name != "grant_role"), name


def test_what_takes_sql_apart_is_given_no_text_of_callers(owned: tuple[str, str, str]) -> None:
    """The functions that make statements from text, by name: one more is to be looked at first."""
    with psycopg.connect(owned[0]) as connection:
        sources = connection.execute(
            "select proname, prosrc from pg_proc where pronamespace = 'graphile_worker'::regnamespace"
        ).fetchall()
    dynamic = {name for name, source in sources if re.search(r"\bexecute\b|query_to_xml|\bdblink", source)}
    assert dynamic == {"grant_role", "_private_planned_rows"}
    callers = {name for name, source in sources if "_private_planned_rows(" in source}
    assert callers == {"_private_job_estimates", "stats"} & callers


def test_hostile_arguments(owned: tuple[str, str, str]) -> None:
    """Each is taken, or refused as a bad value: no fault inside, and nothing of others' rows in what the error says."""
    superuser_url, owner_url, role_url = owned
    with psycopg.connect(owner_url) as connection:
        found = functions(connection)
        connection.execute("select graphile_worker.add_job('hidden', json_build_object('card', %s::text))", [SECRET])
    faults = []
    calls = 0
    # A statement that a mistake makes endless is to fail here.
    with psycopg.connect(role_url, autocommit=True, options="-c statement_timeout=10s") as connection:
        for function in found:
            with connection.transaction(force_rollback=True):
                connection.execute(
                    "select graphile_worker.add_job('t', queue_name => 't', job_key => 't', flags => '{t}')"
                )
                for call in function.hostile_calls():
                    calls += 1
                    try:
                        with connection.transaction(force_rollback=True):
                            connection.execute(call.encode(), prepare=False)
                    except psycopg.Error as error:
                        # GW: ours. 22: a value that PostgreSQL refuses. 0A: nested arrays.
                        if not (error.sqlstate or "").startswith(("GW", "22", "0A")) or SECRET in str(error):
                            faults.append(f"{error.sqlstate} {error.diag.message_primary}: {call}")
    assert faults == []
    assert calls > 1000
    with psycopg.connect(superuser_url) as connection:
        connection.execute("truncate graphile_worker._private_jobs")


def _call(connection: psycopg.Connection[Any], statement: str) -> None:
    """Calls a function of which nothing is expected but that it does its work, or has none to do."""
    try:
        connection.execute(statement.encode())
    except psycopg.DatabaseError as error:
        # finish_job, which has to say that the worker does not hold the job; and there is no such schedule.
        if error.sqlstate not in ("GWNHL", "GWUSC"):
            raise


# Whatever a caller may set that changes how text is read or written, or how rows are found.
SETTINGS = {
    "standard_conforming_strings": "off",
    "backslash_quote": "on",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kathmandu",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "row_security": "off",
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "work_mem": "64kB",
}


def test_the_callers_settings(owned: tuple[str, str, str]) -> None:
    superuser_url, owner_url, role_url = owned
    with psycopg.connect(owner_url) as connection:
        found = functions(connection)
    with psycopg.connect(role_url, autocommit=True) as connection:
        for name, value in SETTINGS.items():
            try:
                connection.execute("select set_config(%s, %s, false)", [name, value])
            except psycopg.errors.CantChangeRuntimeParam:  # PostgreSQL 19 has one style of strings only.
                assert name == "standard_conforming_strings"
        for function in found:
            with connection.transaction(force_rollback=True):
                connection.execute("select graphile_worker.add_job('t', queue_name => 't', job_key => 't')")
                _call(connection, function.ordinary_call())
        for key in (r"100%", "1000", r"a\b", "a_b", "axb"):
            connection.execute("select graphile_worker.add_job('t', job_key => %s)", [key])
        for search, keys in (("0%", ["100%"]), ("\\", [r"a\b"]), ("a_", ["a_b"])):
            rows = connection.execute("select key from graphile_worker.list_jobs(search => %s)", [search]).fetchall()
            assert [row[0] for row in rows] == keys
    with psycopg.connect(superuser_url) as connection:
        connection.execute("truncate graphile_worker._private_jobs")


# Types that our bodies compare and join, alone and as PostgreSQL's own operators do not combine them.
_TYPES = (
    "text", "integer", "bigint", "smallint", "boolean", "json", "jsonb", "timestamptz", "interval", "tid", "name",
    "double precision", "numeric", "text[]", "bigint[]", "integer[]", "regclass", "oid",
)  # fmt: skip
_PAIRS = [(t, t) for t in _TYPES] + [
    ("text", "varchar"), ("varchar", "text"), ("text", "name"), ("integer", "bigint"), ("bigint", "integer"),
    ("smallint", "integer"), ("timestamptz", "interval"), ("jsonb", "text"), ("jsonb", "text[]"), ("json", "text"),
    ("tid", "tid[]"), ("integer", "integer[]"), ("text", "text[]"),
]  # fmt: skip
_OPERATORS = [
    "=",
    "<>",
    "<",
    ">",
    "<=",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "||",
    "->",
    "->>",
    "#>>",
    "?",
    "?|",
    "~",
    "~~",
    "~~*",
]


def traps(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[str]:
    """Functions, operators, tables and types of the names that our bodies use, each of which writes down who called."""
    yield "create table evil.log (name text, called text); grant all on evil.log to public"
    body = "begin insert into evil.log values (current_user, {}); return null; end"
    sources = " ".join(
        str(row[0])
        for row in connection.execute(
            "select prosrc from pg_proc where pronamespace = 'graphile_worker'::regnamespace"
        ).fetchall()
    )
    words = sorted(set(re.findall(r"\b[a-z_]+\b", sources)))
    for signature, result in connection.execute(
        """
        select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_function_result(p.oid)
        from pg_proc as p
        where
          p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset and p.provariadic = 0
          and p.proname = any(%s) and p.proargmodes is null
          and not exists (
            select from unnest(p.proargtypes || p.prorettype) as a (type)
            where a.type in ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype)
          )
        """,
        [words],
    ).fetchall():
        returns = "" if result == "void" else " null"
        name = str(signature).partition("(")[0]
        yield (
            f"create function evil.{signature} returns {result} language plpgsql as"
            f" $$ begin insert into evil.log values (current_user, '{name}'); return{returns}; end $$"
        )
    for place, (left, right) in enumerate(_PAIRS):
        yield (
            f"create function evil.operator_{place}({left}, {right}) returns boolean language plpgsql as"
            f" $$ {body.format(repr(f'operator on {left}, {right}'))} $$"
        )
        for operator in _OPERATORS:
            operands = f"leftarg = {left}, rightarg = {right}"
            yield f"create operator evil.{operator} ({operands}, function = evil.operator_{place})"
    for name in ("pg_class", "pg_proc", "pg_roles", "_private_jobs", "_private_tasks", "jobs", "migrations"):
        yield f"create temp table {name} (oid oid, id bigint, identifier text)"
        yield f"create table evil.{name} (oid oid, id bigint, identifier text)"
    for name in ("text", "json", "int4", "timestamptz", "job_spec", "_private_jobs_row", "regclass"):
        yield f"create type evil.{name} as (trap integer)"


def test_nothing_of_the_callers_is_called_as_the_owner(owned: tuple[str, str, str]) -> None:
    superuser_url, owner_url, role_url = owned
    role = urlsplit(role_url).username
    with psycopg.connect(owner_url) as connection:
        found = functions(connection)
        springs = list(traps(connection))
    grant(superuser_url, "create schema evil authorization {}", role)
    grant(superuser_url, "grant temporary on database {} to {}", superuser_url.rpartition("/")[2], role)
    grant(superuser_url, "grant usage on schema evil to public")
    with psycopg.connect(role_url, autocommit=True) as connection:
        for statement in springs:
            connection.execute(statement.encode())
        connection.execute("set search_path to evil, pg_temp, pg_catalog")
        # The traps work: functions, and operators.
        connection.execute("select now(), 'a'::pg_catalog.text = 'b'::pg_catalog.text")
        called = {row[0] for row in connection.execute("table evil.log").fetchall()}
        assert called == {role}
        assert len(connection.execute("select distinct called from evil.log").fetchall()) > 1
        for function in found:
            connection.execute(
                "select graphile_worker.add_job('t', queue_name => 't', job_key => 't', flags => array['t'])"
            )
            # Types that are no words of the grammar are the caller's, too, where he does not say whose.
            _call(connection, re.sub(r"::(text|json)\b", r"::pg_catalog.\1", function.ordinary_call()))
    with psycopg.connect(superuser_url) as connection:
        others = connection.execute("select distinct name, called from evil.log where name <> %s", [role]).fetchall()
        assert others == []
    # And they would catch a function of the owner's that has no path of its own.
    owner = urlsplit(owner_url).username
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "create function graphile_worker.careless() returns timestamptz language sql security definer as"
            " $$ select now() where 1 = 2 $$"
        )
        connection.execute(f'grant execute on function graphile_worker.careless() to "{role}"')
    with psycopg.connect(role_url, options="-c search_path=evil,pg_temp,pg_catalog") as connection:
        connection.execute("select graphile_worker.careless()")
        assert (owner,) in connection.execute("select name from evil.log").fetchall()
    with psycopg.connect(superuser_url) as connection:
        connection.execute("truncate graphile_worker._private_jobs; drop schema evil cascade")
        connection.execute("drop function graphile_worker.careless()")


def test_a_schema_that_others_may_create_in_is_warned_of(server_url: str) -> None:
    """Whoever makes the schema before its owner does, or is let into it, can put functions in the place of ours."""
    with (
        plain_role(server_url) as squatter,
        plain_role(server_url) as owner,
        support.temporary_database(server_url, label="squatted") as url,
    ):
        grant(url, "grant create on database {} to {}", url.rpartition("/")[2], squatter)
        grant(as_role(url, squatter), "create schema {}", SCHEMA)
        [warning] = migrate(url).warnings
        assert warning.startswith(f"{squatter} may create objects in schema {SCHEMA}, and so act as its owner")
        # What was installed there belongs to the owner of the schema, who may create there anyway.
        assert migrate(url).warnings == []
        with psycopg.connect(url) as connection:
            query = "select distinct tableowner from pg_tables where schemaname = %s"
            assert connection.execute(query, [SCHEMA]).fetchall() == [(squatter,)]

        grant(url, "create schema {} authorization {}", "own", owner)
        assert migrate(as_role(url, owner), schema="own").warnings == []
        assert migrate(url, schema="own").warnings == []
        grant(url, "grant create on schema {} to public", "own")
        grant(url, "grant create on schema {} to {}", "own", squatter)
        [warning] = migrate(as_role(url, owner), schema="own").warnings
        assert {squatter, "everybody"} == set(warning.partition(" may ")[0].split(", "))
        for kind in KINDS:
            with pytest.raises(psycopg.DatabaseError) as refused:
                grant(as_role(url, owner), f"select {{}}.grant_role('{squatter}', '{kind}')", "own")
            assert refused.value.sqlstate == "GWPUB"
        grant(url, "revoke create on schema {} from public", "own")
        with pytest.raises(psycopg.DatabaseError) as refused:
            grant(as_role(url, owner), f"select {{}}.grant_role('{squatter}', 'enqueue')", "own")
        assert refused.value.sqlstate == "GWPUB"
        assert "'" + squatter + "' may create objects" in str(refused.value)
        grant(as_role(url, owner), f"select {{}}.grant_role('{squatter}', 'none')", "own")
