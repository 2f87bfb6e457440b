"""`graphile-worker migrate`."""

from __future__ import annotations

import json

import psycopg

from graphile_worker import Client, migrate
from tests.py.support.command import invoke, process


def test_installs_and_says_what_it_did(empty_database: str) -> None:
    result = invoke("migrate", url=empty_database)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("installed the tables")
    assert lines[-2].startswith("installed the functions and views")
    assert lines[-1] == "applied migration 007_keys"
    with Client(empty_database) as client:
        assert client.stats().total == 0


def test_says_when_there_is_nothing_to_do(database: str) -> None:
    result = invoke("migrate", url=database)
    assert (result.exit_code, result.stdout) == (0, "schema graphile_worker is up to date\n")


def test_json(empty_database: str) -> None:
    result = invoke("--json", "migrate", url=empty_database)
    document = json.loads(result.stdout)
    assert document["applied"][0] == "fresh"
    assert document["bundle_replaced"] is True
    assert json.loads(invoke("--json", "migrate", url=empty_database).stdout) == {
        "applied": [],
        "bundle_replaced": False,
        "warnings": [],
        "migrated": True,
    }


def test_schema_by_name(empty_database: str) -> None:
    assert invoke("migrate", "--schema", "My Queue", url=empty_database).exit_code == 0
    with Client(empty_database, schema="My Queue") as client:
        assert client.add_job("hello").id == 1


def test_a_schema_that_is_no_queue_is_refused(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema graphile_worker")
        connection.execute("create table graphile_worker.jobs (title text)")
    result = invoke("migrate", url=empty_database)
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: schema 'graphile_worker' holds jobs")
    assert hint.startswith("hint: ")


def test_dry_run_changes_nothing(empty_database: str) -> None:
    result = invoke("migrate", "--dry-run", url=empty_database)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("would install the tables")
    assert lines[-2].startswith("would install the functions and views")
    document = json.loads(invoke("--json", "migrate", "--dry-run", url=empty_database).stdout)
    assert document["steps"][0]["name"] == "fresh"
    assert migrate(empty_database).applied[0] == "fresh"
    assert invoke("migrate", "--dry-run", url=empty_database).stdout == "schema graphile_worker is up to date\n"


def test_the_sql_does_the_same(empty_database: str) -> None:
    result = invoke("migrate", "--sql", url=empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(result.stdout.encode())
    assert invoke("migrate", url=empty_database).stdout == "schema graphile_worker is up to date\n"
    assert invoke("migrate", "--sql", "--dry-run", url=empty_database).exit_code == 2


def test_ten_at_once(empty_database: str) -> None:
    children = [process("migrate", url=empty_database) for _ in range(10)]
    outputs = [child.communicate(timeout=100) for child in children]
    assert [(child.returncode, stderr) for child, (_, stderr) in zip(children, outputs, strict=True)] == [(0, "")] * 10
    # One of them did it, the others found it done, or a part of it.
    assert sum("installed the tables" in stdout for stdout, _ in outputs) == 1
    assert not migrate(empty_database).applied
