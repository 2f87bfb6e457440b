"""A project made by startproject: its commands, a worker that outlives its server, views, and the page."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db.backends.postgresql.features import DatabaseFeatures
from django.test import override_settings

from graphile_worker._embedded import EmbeddedServer
from graphile_worker.contrib.django.management.commands import graphile_worker as command
from tests import support
from tests.py.contrib.django.databases import default_database, settings_for
from tests.py.contrib.django.project import Project, make, status, wait_until

KNOWN = {"Authorization": "Basic " + base64.b64encode(b"ops:secret").decode()}


@pytest.fixture
def project(restartable_server: EmbeddedServer, tmp_path: Path) -> Project:
    """A project whose models and queue are installed, in a database of a server that may be restarted."""
    support.skip_below(restartable_server.url, *DatabaseFeatures.minimum_database_version, what="this Django")
    project = make(tmp_path, restartable_server.url)
    project.manage("graphile_worker", "migrate", "--settings", "site_of_shop.settings")
    with psycopg.connect(restartable_server.url) as connection:
        connection.execute(
            """create table shop_order (id bigint generated always as identity, number integer, done_by text,
            attempts integer)"""
        )
    return project


def orders(url: str) -> dict[int, tuple[str, int]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select number, done_by, attempts from shop_order where done_by <> ''")
        return {number: (done_by, attempts) for number, done_by, attempts in rows}


def test_views_a_worker_and_a_server_that_restarts(restartable_server: EmbeddedServer, project: Project) -> None:
    url = restartable_server.url

    def wait_for(expected: dict[int, tuple[str, int]]) -> None:
        wait_until(lambda: orders(url) == expected, f"{expected}, not {orders(url)}")

    with project.web() as web, project.program("manage.py", "graphile_worker", "run", "--concurrency", "4"):
        assert status(f"{web}/jobs/") == 401
        assert status(f"{web}/jobs/", KNOWN) == 200
        assert status(f"{web}/order/1") == 200
        assert status(f"{web}/order/2?refused") == 500
        assert status(f"{web}/greeting/3") == 200
        assert status(f"{web}/shipment/4") == 200
        done = {1: ("pay", 1), 3: ("greet", 1), 4: ("ship", 1)}
        wait_for(done)

        restartable_server.restart("immediate")
        # The web server's own connections are not ours to look after: a request is lost for each.
        for path in ("order/5", "greeting/6", "shipment/7"):
            wait_until(lambda path=path: status(f"{web}/{path}") == 200, path)
        done |= {5: ("pay", 1), 6: ("greet", 1), 7: ("ship", 1)}
        wait_for(done)

        # A handler that runs already, and wants its connection while there is no server.
        go = project.folder / "go"
        payload = json.dumps({"number": 7, "path": str(go)})
        project.manage("graphile_worker", "add", "wait", "--payload", payload)
        wait_until(go.with_name("go.begun").exists, "the handler has begun")
        with restartable_server.outage("immediate"):
            go.touch()
            wait_until(lambda: "go.tried" in {path.name for path in project.folder.iterdir()}, "it has tried")
        wait_for(done | {7: ("wait", 1)})
    assert json.loads(project.manage("graphile_worker", "list", "--json").stdout) == []


def test_a_handler_in_a_process_has_django(restartable_server: EmbeddedServer, project: Project) -> None:
    with psycopg.connect(restartable_server.url) as connection:
        connection.execute("insert into shop_order (number, done_by, attempts) values (8, '', 0), (9, '', 0)")
    project.manage("graphile_worker", "add", "crunch", "--payload", '{"number": 8}')
    project.manage("graphile_worker", "run", "--once")
    assert orders(restartable_server.url) == {8: ("crunch", 1), 9: ("pay", 1)}


def test_call_command(django_database: str) -> None:
    out = io.StringIO()
    call_command("graphile_worker", "add", "hello", "--payload", '{"--database": "x"}', "--json", stdout=out)
    assert json.loads(out.getvalue())["task_identifier"] == "hello"
    with pytest.raises(CommandError, match="999999") as failed:
        call_command("graphile_worker", "show", "999999")
    assert failed.value.returncode == 1


def test_hints_are_commands_of_manage_py(empty_database: str, capfd: pytest.CaptureFixture[str]) -> None:
    queue = {"SCHEMA": "My Jobs"}
    with default_database(settings_for(empty_database)), override_settings(GRAPHILE_WORKER=queue):
        for arguments in ([], ["--database", "default"]):
            with pytest.raises(SystemExit):
                execute_from_command_line(["manage.py", "graphile_worker", "stats", *arguments])
    assert capfd.readouterr().err.splitlines() == [
        'error: schema "My Jobs" is not installed in this database',
        "hint: Install it: manage.py graphile_worker migrate",
        'error: schema "My Jobs" is not installed in this database',
        "hint: Install it: manage.py graphile_worker migrate --database default",
    ]


def test_no_password_is_shown(django_database: str, capfd: pytest.CaptureFixture[str]) -> None:
    values = {**settings_for(django_database), "PASSWORD": "hunter2", "HOST": "127.0.0.1", "PORT": "1"}
    with default_database(values):
        for arguments in (["stats"], ["run"], ["list", "--json"]):
            with pytest.raises(SystemExit) as end:
                execute_from_command_line(["manage.py", "graphile_worker", *arguments, "--database", "default"])
            assert end.value.code == 2
    said = capfd.readouterr()
    assert "hint: Is the server running, and is the address in DATABASES['default'] right?" in said.err
    assert "hunter2" not in said.out + said.err


def test_databases_that_are_not_there_or_of_another_kind(capfd: pytest.CaptureFixture[str]) -> None:
    with default_database({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}):
        for arguments in (["stats"], ["stats", "--database", "other"]):
            with pytest.raises(SystemExit) as end:
                execute_from_command_line(["manage.py", "graphile_worker", *arguments])
            assert end.value.code == 2
    said = capfd.readouterr().err.splitlines()
    assert said == [
        "error: the Django database 'default' is SQLite, and the queue lives in PostgreSQL",
        "hint: Name another in GRAPHILE_WORKER, or with --database",
        "error: DATABASES has no 'other'",
        "hint: It has default",
    ]


def test_options_of_djangos_own_are_taken_out() -> None:
    given, rest = command._split(
        ["--schema", "x", "add", "t", "--payload", "-5", "--settings=s", "-v", "--database", "q", "--", "--database"]
    )
    assert (given.settings, given.database) == ("s", "q")
    assert rest == ["--schema", "x", "add", "t", "--payload", "-5", "-v", "--", "--database"]
    assert command._split(["stats", "--database-url", "u"])[1] == ["stats", "--database-url", "u"]
