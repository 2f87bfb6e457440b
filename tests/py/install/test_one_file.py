"""The file for psql: it installs, brings up to date, and leaves what the Python runner leaves."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client, migrate
from tests import support
from tests.py.support.extension import SCHEMAS, as_role, builder, grant, plain_role, rows, run_psql

LEDGERS = (
    "select id, name, breaking from {}._private_migrations order by id",
    "select version, checksum, fingerprint from {}._private_bundle",
    "select id, breaking from {}.migrations order by id",
)


@pytest.fixture
def one_file(tmp_path: Path) -> Path:
    path = tmp_path / "graphile_worker.sql"
    path.write_text(builder().Release.read().files(15)["graphile_worker.sql"])
    return path


def install(url: str, one_file: Path, schema: str | None = None) -> None:
    variables = [] if schema is None else ["-v", f"schema={schema}"]
    result = run_psql(url, *variables, "-f", str(one_file))
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    # Nothing to worry about but the last line.
    assert result.stderr.count("\n") == 1
    assert "is installed in schema" in result.stderr


def ledgers(url: str, schema: str) -> list[list[tuple]]:
    return [rows(url, query.format(f'"{schema}"')) for query in LEDGERS]


@pytest.mark.parametrize("schema", [None, *SCHEMAS, "100%", "Ünïcode", "user"])
def test_leaves_what_migrate_leaves(empty_database: str, server_url: str, one_file: Path, schema: str | None) -> None:
    name = schema or "graphile_worker"
    install(empty_database, one_file, schema)
    result = migrate(empty_database, schema=name)
    assert (result.applied, result.bundle_replaced) == ([], False)
    with support.temporary_database(server_url) as other:
        migrate(other, schema=name)
        assert ledgers(empty_database, name) == ledgers(other, name)
    with Client(empty_database, schema=name) as client:
        assert client.add_job("t").id == 1


def test_over_what_migrate_made(empty_database: str, one_file: Path) -> None:
    migrate(empty_database)
    with Client(empty_database) as client:
        client.add_job("t")
    before = ledgers(empty_database, "graphile_worker")
    install(empty_database, one_file)
    assert ledgers(empty_database, "graphile_worker") == before
    assert rows(empty_database, "select id from graphile_worker.jobs") == [(1,)]


def test_run_again_it_puts_right_what_was_changed(empty_database: str, one_file: Path) -> None:
    install(empty_database, one_file, "My Queue")
    before = ledgers(empty_database, "My Queue")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute('set search_path to "My Queue"')
        connection.execute("create or replace function worker_deregister(worker_id text) returns void "
                           "language sql as 'select'")  # fmt: skip
        connection.execute("drop function list_crontabs()")
        connection.execute("create function list_crontabs() returns text language sql as $$select 'fine'$$")
        connection.execute("create function show_job(job text) returns text language sql as $$select job$$")
        connection.execute("drop index jobs_ready_index")
        connection.execute("delete from _private_migrations where id in (2, 7)")
        connection.execute("drop index jobs_queued_index, jobs_queue_heads_index, jobs_key_index")
        connection.execute("alter table _private_jobs add unique (key)")
        connection.execute("select add_job('t')")
    install(empty_database, one_file, "My Queue")
    assert ledgers(empty_database, "My Queue") == before
    assert rows(empty_database, 'select id from "My Queue".jobs') == [(1,)]


def test_takes_its_turn(empty_database: str, one_file: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: install(empty_database, one_file), range(4)))
    assert ledgers(empty_database, "graphile_worker")[0][0][0] == 1


def test_a_plain_role_that_owns_the_schema_only(server_url: str, one_file: Path) -> None:
    with plain_role(server_url) as role, support.temporary_database(server_url) as url:
        grant(url, "create schema mine authorization {}", role)
        own = as_role(url, role)
        install(own, one_file, "mine")
        with Client(own, schema="mine") as client:
            assert client.add_job("t").id == 1


def test_within_a_transaction_of_the_callers(empty_database: str, one_file: Path) -> None:
    script = f"begin;\nset local search_path to public;\n\\i {one_file}\nshow search_path;\nrollback;"
    result = run_psql(empty_database, "-At", stdin=script)
    assert (result.returncode, result.stdout) == (0, "public\n")
    assert rows(empty_database, "select to_regnamespace('graphile_worker')") == [(None,)]


def test_goes_on_where_only_harmless_revisions_are_newer(empty_database: str, one_file: Path) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("insert into graphile_worker.migrations values (21)")
        connection.execute("insert into graphile_worker._private_migrations (id, name) values (9999, '9999_later')")
    result = run_psql(empty_database, "-f", str(one_file))
    assert result.returncode == 0
    assert "none of them breaking: 21, 9999_later" in result.stderr


def test_functions_of_a_newer_release_stay(empty_database: str, one_file: Path) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("drop function graphile_worker.list_crontabs()")
        connection.execute("update graphile_worker._private_bundle set version = '10.0.1rc1'")
    result = run_psql(empty_database, "-f", str(one_file))
    assert result.returncode == 0
    assert "the functions of release 10.0.1rc1 stay" in result.stderr
    assert rows(empty_database, "select to_regprocedure('graphile_worker.list_crontabs()')") == [(None,)]


def test_other_tables_stand_beside_it(empty_database: str, one_file: Path) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema graphile_worker")
        for table in ("tasks", "job_queues", "known_crontabs"):
            connection.execute(f"create table graphile_worker.{table} (id int)".encode())
    install(empty_database, one_file)
    assert migrate(empty_database).applied == []


def test_timeouts_are_not_meant_for_it(empty_database: str, one_file: Path) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for setting, value in (("statement_timeout", "300ms"), ("lock_timeout", "100ms")):
            connection.execute(f"alter database {connection.info.dbname} set {setting} = '{value}'".encode())
        connection.execute("select pg_advisory_lock(hashtextextended('graphile_worker migrate graphile_worker', 0))")
        script = f"\\i {one_file}\nshow statement_timeout; show lock_timeout;"
        with ThreadPoolExecutor(1) as threads:
            ran = threads.submit(run_psql, empty_database, "-At", stdin=script)
            waits = (
                "select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'"
                " and clock_timestamp() - query_start > '600 ms'"
            )
            support.wait_until(lambda: connection.execute(waits).rowcount)
            connection.execute("select pg_advisory_unlock_all()")
    assert (ran.result().returncode, ran.result().stdout) == (0, "300ms\n100ms\n")


def test_what_it_adds_is_the_owners(server_url: str, one_file: Path) -> None:
    with plain_role(server_url) as role, support.temporary_database(server_url) as url:
        grant(url, "create schema mine authorization {}", role)
        install(as_role(url, role), one_file, "mine")
        grant(url, "drop function mine.list_crontabs()")
        install(url, one_file, "mine")
        owner = "select pg_get_userbyid(proowner) from pg_proc where oid = 'mine.list_crontabs()'::regprocedure"
        assert rows(url, owner) == [(role,)]


@pytest.mark.parametrize(
    ("preparation", "schema", "complaint"),
    [
        ("", "a'b", "bad schema name"),
        ("", 'a"b', "bad schema name"),
        ("", "a$b", "bad schema name"),
        ("", "a\\b", "bad schema name"),
        ("", "", "bad schema name"),
        ("", "pg_queue", "bad schema name"),
        ("", "x" * 64, "bad schema name"),
        (
            "create schema theirs; create table theirs.migrations (id int, ts timestamptz)",
            "theirs",
            r"(?s)holds migrations.* graphile-worker migrate",
        ),
        ("create schema theirs; create table theirs.migrations (id text)", "theirs", "(?s)holds migrations.*-v schema"),
        ("create schema theirs; create table theirs.jobs (id int)", "theirs", "holds jobs"),
        ("insert into later.migrations values (21, now(), true)", "later", "breaking revisions .* know: 21"),
        (
            "insert into later._private_migrations (id, name, breaking) values (9999, '9999_later', true)",
            "later",
            "breaking revisions .* know: 9999_later",
        ),
    ],
)
def test_refuses(empty_database: str, one_file: Path, preparation: str, schema: str, complaint: str) -> None:
    if schema == "later":
        migrate(empty_database, schema="later")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(preparation or "select")
    before = rows(empty_database, "select oid::regclass::text from pg_class order by 1")
    result = run_psql(empty_database, "-v", f"schema={schema}", "-f", str(one_file))
    assert result.returncode == 3
    assert re.search(complaint, result.stderr)
    assert "HINT" in result.stderr
    assert rows(empty_database, "select oid::regclass::text from pg_class order by 1") == before


def test_it_is_hardly_longer_than_its_sources(one_file: Path) -> None:
    kinds = ("fresh", "inspect", "migration", "function", "view", "grants", "template")
    sources = sum(len(source.text.encode()) for source in builder().Release.read().of(*kinds))
    assert sources < one_file.stat().st_size <= 1.25 * sources


def test_every_source_stands_in_it_as_it_is_and_once(one_file: Path) -> None:
    text = one_file.read_text()
    sources = builder().Release.read().of("fresh", "migration", "function", "view", "grants")
    assert [source.name for source in sources if text.count(source.text.strip()) != 1] == []


def test_functions_stand_under_the_heading_of_their_room(one_file: Path) -> None:
    text = one_file.read_text()
    functions = builder().Release.read().of("function")
    rooms = list(dict.fromkeys(source.name.split("/")[1] for source in functions))
    headings = re.findall(
        r"^-- -+\n-- (\w+): .+\n-- -+\n\ncall .*?_private_replace\('function', '(\w+)'", text, re.MULTILINE
    )
    firsts = {room: next(s.stem for s in functions if s.name.split("/")[1] == room) for room in rooms}
    assert headings == [(room, firsts[room]) for room in rooms]


@pytest.mark.parametrize("begins", ["-1", "AUTOCOMMIT off"])
def test_leaves_the_end_of_a_transaction_to_who_began_it(empty_database: str, one_file: Path, begins: str) -> None:
    if begins == "-1":
        result = run_psql(empty_database, "-1", "-f", str(one_file), "-c", "do $$ begin raise 'no'; end $$")
        assert result.returncode != 0
    else:
        result = run_psql(empty_database, stdin=f"\\set {begins}\n\\i {one_file}\nrollback;")
        assert result.returncode == 0, result.stderr
    assert "is installed in schema" in result.stderr
    assert rows(empty_database, "select to_regnamespace('graphile_worker')") == [(None,)]


def test_nothing_is_left_of_it_when_it_fails_midway(empty_database: str, one_file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sql"
    text = one_file.read_text()
    middle = text.index("\ncall :", len(text) // 2) + 1
    broken.write_text(text[:middle] + "select 1 / 0;\n" + text[middle:])
    result = run_psql(empty_database, "-f", str(broken))
    assert (result.returncode, "division by zero" in result.stderr) == (3, True)
    assert rows(empty_database, "select to_regnamespace('graphile_worker')") == [(None,)]


def test_no_helper_is_left(empty_database: str, one_file: Path) -> None:
    install(empty_database, one_file)
    kinds = "select distinct prokind::text from pg_proc where pronamespace = 'graphile_worker'::regnamespace"
    assert rows(empty_database, kinds) == [("f",)]
