"""A project made by startproject: its commands, a worker that outlives its server, views, and the page."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import psycopg
import pytest
from django.db.backends.postgresql.features import DatabaseFeatures

from graphile_worker._embedded import EmbeddedServer
from tests import support
from tests.py.contrib.django.project import Project, make, status, wait_until

KNOWN = {"Authorization": "Basic " + base64.b64encode(b"ops:secret").decode()}


@pytest.fixture
def project(restartable_server: EmbeddedServer, tmp_path: Path) -> Project:
    """A project whose models and queue are installed, in a database of a server that may be restarted."""
    support.skip_below(restartable_server.url, *DatabaseFeatures.minimum_database_version, what="this Django")
    project = make(tmp_path, restartable_server.url)
    said = project.manage("graphile_worker", "stats", check=False)
    assert said.returncode == 2
    assert 'schema "Jobs" is not installed' in said.stderr
    # A command to be typed as it stands.
    assert "hint: Install it: manage.py graphile_worker migrate" in said.stderr
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
