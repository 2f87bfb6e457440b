"""`run --migrate`: the schema is brought up to this release first, and the log says so."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client
from tests.py.support.command import process
from tests.support import scalar

TASKS = """
from graphile_worker import TaskRegistry

tasks = TaskRegistry()

@tasks.task
def nothing() -> None: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks_here.py").write_text(TASKS)
    return tmp_path


def run_once(*options: str, before: tuple[str, ...] = (), url: str | None, folder: Path) -> tuple[int, str]:
    with process(*before, "run", "tasks_here", "--once", *options, url=url, cwd=folder) as child:
        try:
            _, log = child.communicate(timeout=120)
        finally:
            child.kill()
    return child.returncode, log


def test_what_is_missing_is_installed_and_what_is_there_is_left(empty_database: str, folder: Path) -> None:
    code, log = run_once("--migrate", url=empty_database, folder=folder)
    assert code == 0
    first, *_ = [line for line in log.splitlines() if "migrate: " in line]
    assert "migrate: installed the tables of shared revision" in first
    # Before anything else.
    assert log.index("migrate: ") < log.index(" runs nothing")
    with Client(empty_database) as client:
        client.add_job("nothing")
        code, log = run_once("--migrate", url=empty_database, folder=folder)
        assert client.stats().total == 0
    assert code == 0
    assert "migrate: schema graphile_worker is up to date" in log


def test_without_it_nothing_is_installed(empty_database: str, folder: Path) -> None:
    code, log = run_once(url=empty_database, folder=folder)
    assert code == 2
    assert "is not installed" in log
    assert not scalar(empty_database, "select to_regnamespace('graphile_worker') is not null")


def test_a_schema_that_can_not_be_migrated_is_told_and_nothing_runs(empty_database: str, folder: Path) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema graphile_worker create table jobs (id integer)")
    code, log = run_once("--migrate", url=empty_database, folder=folder)
    assert code == 2
    assert "error: schema 'graphile_worker' holds jobs, but not a queue that this release knows" in log
    assert " runs nothing" not in log


def test_the_embedded_server_has_it_on(folder: Path) -> None:
    server = ("--embedded", "--embedded-dir", str(folder / "server"))
    code, log = run_once(before=server, url=None, folder=folder)
    assert code == 0, log
    assert "migrate: installed" in log
    code, log = run_once(before=server, url=None, folder=folder)
    assert code == 0, log
    assert "migrate: schema graphile_worker is up to date" in log
