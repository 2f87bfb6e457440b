"""`migrate --wait-for-workers`: workers of earlier releases are told, and waited for; else nothing is changed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import InvalidArgument, TaskRegistry, Worker, WorkersRemain, __version__, migrate
from tests.py.support.command import invoke, process
from tests.releases import earlier
from tests.support import eventually, scalar, wait_until

NONE = timedelta(0)
LONG = timedelta(minutes=1)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> earlier.Release:
    return earlier.unpack(earlier.versions()[-1], tmp_path_factory.mktemp("release"))


@pytest.fixture
def old(empty_database: str, release: earlier.Release) -> str:
    """A database with a queue of the last release."""
    release.migrate(empty_database)
    return empty_database


def bundle(url: str) -> Any:
    return scalar(url, "select version || ' ' || fingerprint from graphile_worker._private_bundle")


def registered(url: str) -> Any:
    return scalar(url, "select count(*) from graphile_worker._private_workers")


def add_worker(url: str, metadata: str | None, heard: str = "0 s", id_: str = "other") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into graphile_worker._private_workers (id, last_heartbeat_at, metadata)"
            " values (%s, now() - %s::interval, %s)",
            [id_, heard, metadata],
        )


def test_a_worker_of_an_earlier_release_that_stays_keeps_everything_as_it_is(
    old: str, release: earlier.Release
) -> None:
    before = bundle(old)
    with release.worker(old, "t") as worker:
        wait_until(lambda: registered(old) == 1)
        result = invoke("migrate", "--wait-for-workers", "1s", url=old)
        # It was told, has looked, and found no migration: a release that asks nobody but the ledger goes on.
        assert result.exit_code == 1
        assert "waiting for workers of earlier releases to end: graphile_worker_" in result.stdout
        assert "error: workers of earlier releases are still registered after 1 s: graphile_worker_" in result.stderr
        assert f"(release {release.version}, process " in result.stderr
        assert "hint: Nothing was changed" in result.stderr
        assert bundle(old) == before
        worker.stop()
    assert invoke("migrate", "--dry-run", url=old).stdout.startswith("would ")


def test_the_migration_is_made_once_the_worker_has_gone(old: str, release: earlier.Release) -> None:
    with release.worker(old, "t") as worker:
        wait_until(lambda: registered(old) == 1)
        with process("migrate", "--wait-for-workers", "60s", url=old) as command:
            try:
                assert command.stdout is not None
                assert "waiting for workers of earlier releases to end" in command.stdout.readline()
                assert bundle(old).startswith(release.version)
                worker.stop()
                rest, errors = command.communicate(timeout=60)
            finally:
                command.kill()
    assert command.returncode == 0, errors
    assert rest.startswith("no worker of an earlier release is left\n")
    assert f"installed the functions and views of release {__version__}" in rest
    assert bundle(old).startswith(__version__)


def test_it_waits_while_one_is_registered_and_no_longer(old: str) -> None:
    add_worker(old, '{"version": "0.0.9", "session_lock": false}')
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        if line.startswith("waiting"):
            assert bundle(old).startswith("0.1.0")
            with psycopg.connect(old) as connection:
                connection.execute("delete from graphile_worker._private_workers")

    migrate(old, wait_for_workers=LONG, progress=hear)
    assert lines[:2] == [
        "waiting for workers of earlier releases to end: other (release 0.0.9)",
        "no worker of an earlier release is left",
    ]
    assert bundle(old).startswith(__version__)


@pytest.mark.parametrize(
    ("metadata", "heard", "keeps"),
    [
        ('{"version": "0.0.9"}', "0 s", True),
        ('{"version": "0.0.9"}', "4 minutes", True),
        ('{"version": "0.0.9"}', "6 minutes", False),
        ('{"version": "0.0.9", "heartbeat_interval": 600}', "6 minutes", True),
        ('{"version": "0.0.9", "swept": true}', "0 s", False),
        (None, "0 s", True),
        ("{}", "0 s", True),
        ('"anything"', "0 s", True),
        (f'{{"version": "{__version__}", "session_lock": true}}', "0 s", False),
        ('{"version": "99.0", "session_lock": false}', "0 s", False),
        # Of another runtime.
        ('{"version": "99.0"}', "0 s", True),
    ],
)
def test_who_is_waited_for(old: str, metadata: str | None, heard: str, keeps: bool) -> None:
    add_worker(old, metadata, heard)
    if keeps:
        with pytest.raises(WorkersRemain, match=r"still registered after 0 s: other \(release "):
            migrate(old, wait_for_workers=NONE)
        assert bundle(old).startswith("0.1.0")
    else:
        migrate(old, wait_for_workers=NONE)
        assert bundle(old).startswith(__version__)


def test_it_is_announced_as_breaking(old: str) -> None:
    with psycopg.connect(old, autocommit=True) as listening:
        listening.execute('listen "worker:migrate"')
        migrate(old, wait_for_workers=NONE)
        # The steps that follow tell of themselves.
        announcement, *_ = [json.loads(heard.payload) for heard in listening.notifies(timeout=10, stop_after=1)]
    assert announcement["breaking"] is True
    assert (announcement["schema"], announcement["release"]) == ("graphile_worker", __version__)
    assert announcement["migrationNumber"] > 0


@pytest.mark.parametrize("state", ["up to date", "not there"])
def test_where_nobody_is_concerned_nobody_is_told(database: str, empty_database: str, state: str) -> None:
    url = database if state == "up to date" else empty_database
    if state == "up to date":
        add_worker(url, '{"version": "0.0.9"}')
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute('listen "worker:migrate"')
        result = migrate(url, wait_for_workers=NONE)
        listening.execute("select pg_notify('worker:migrate', 'the last one')")
        heard = [each.payload for each in listening.notifies(timeout=10, stop_after=1)]
    assert heard == ["the last one"] if state == "up to date" else "breaking" in heard[0]
    assert bool(result.applied) == (state == "not there")


async def test_a_worker_of_this_release_is_not_waited_for(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t")
    async with Worker(database, tasks):
        await eventually(lambda: registered(database) == 1)
        with psycopg.connect(database, autocommit=True) as connection:
            # Something to do.
            connection.execute(
                "create function graphile_worker.stats(integer) returns integer language sql as 'select 1'"
            )
        assert migrate(database, wait_for_workers=NONE).bundle_replaced


@pytest.mark.parametrize("option", ["--dry-run", "--sql"])
def test_it_goes_with_nothing_that_changes_nothing(option: str) -> None:
    result = invoke("migrate", "--wait-for-workers", "1s", option, url="postgresql://127.0.0.1:1/nowhere")
    assert result.exit_code == 2
    assert "--wait-for-workers goes with neither --dry-run nor --sql" in result.stderr


@pytest.mark.parametrize("given", [timedelta(seconds=-1), 60, "60s"])
def test_what_is_no_time_to_wait_is_refused(database: str, given: Any) -> None:
    with pytest.raises(InvalidArgument, match="bad wait_for_workers"):
        migrate(database, wait_for_workers=given)
