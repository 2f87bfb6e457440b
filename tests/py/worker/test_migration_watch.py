"""A worker stops when somebody makes a breaking migration that its release does not know, and only then."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Hooks,
    MigrationError,
    TaskRegistry,
    Worker,
    WorkerShutdown,
    __version__,
    migrate,
)
from graphile_worker._schema import farewell
from graphile_worker._worker import migration_watch as _migration_watch
from tests.py.support.command import process
from tests.py.support.extension import as_role, plain_role
from tests.support import scalar, wait_until

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)
NEWER = "9999_next"


def make_migration(url: str, *, schema: str = "graphile_worker", breaking: bool = True, tell: bool = True) -> None:
    """What `migrate` of a later release does, as far as others see it."""
    with psycopg.connect(url) as connection:
        connection.execute(
            f'insert into "{schema}"._private_migrations (id, name, breaking) values (9999, %s, %s)',
            [NEWER, breaking],
        )
        if tell:
            payload = json.dumps({"migrationNumber": 9999, "breaking": breaking})
            connection.execute("select pg_notify('worker:migrate', %s)", [payload])


class Running:
    """A worker in the background whose only task takes as long as the test wants."""

    def __init__(self, url: str, **options: Any) -> None:
        self.started, self.go_on = asyncio.Event(), asyncio.Event()
        self.reasons: list[str] = []
        hooks = Hooks()
        hooks.on(WorkerShutdown)(self._stopped)
        tasks = TaskRegistry()
        tasks.add(self._wait, "wait")
        self.worker = Worker(url, tasks, hooks=hooks, poll_interval=NEVER, **options)
        self.run = asyncio.create_task(self.worker.run())

    async def _wait(self) -> None:
        self.started.set()
        await self.go_on.wait()

    async def _stopped(self, event: WorkerShutdown) -> None:
        self.reasons.append(event.reason)

    async def stops(self) -> None:
        with pytest.raises(MigrationError, match=f"breaking migration '{NEWER}'") as caught:
            await asyncio.wait_for(self.run, 10)
        assert "Start it again" in str(caught.value)
        assert self.reasons == ["migration"]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What every look at the ledgers has found."""
    found: list[str | None] = []
    ask = AsyncClient.newer_breaking_migration

    async def asked(client: AsyncClient) -> str | None:
        answer = await ask(client)
        found.append(answer)
        return answer

    monkeypatch.setattr(AsyncClient, "newer_breaking_migration", asked)
    return found


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_stops_and_finishes_what_runs(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with Client(database) as client, caplog.at_level(logging.ERROR, "graphile_worker"):
        client.add_job("wait")
        running = Running(database)
        await asyncio.wait_for(running.started.wait(), 10)
        make_migration(database)
        await until(lambda: f"the breaking migration '{NEWER}' is newer than this release, stopping" in caplog.messages)
        client.add_job("wait")
        running.go_on.set()
        await running.stops()
        # The one that ran is done, the other one was not begun.
        assert [(job.attempts, job.locked_by) for job in client.list_jobs()] == [(0, None)]


@pytest.mark.parametrize("of", ["another schema", "this one, but harmless", "this one, but known"])
async def test_goes_on_after_the_migration(database: str, looks: list[str | None], of: str) -> None:
    migrate(database, schema="other")
    running = Running(database)
    # Before it starts, at the start, and for the new LISTEN.
    await until(lambda: len(looks) >= 3)
    before = len(looks)
    if of == "another schema":
        make_migration(database, schema="other")
        await until(lambda: len(looks) > before)
    elif of == "this one, but harmless":
        make_migration(database, breaking=False)
    else:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("""notify "worker:migrate", '{"migrationNumber": 16, "breaking": true}'""")
        await until(lambda: len(looks) > before)
    with Client(database) as client:
        running.go_on.set()
        client.add_job("wait")
        await asyncio.wait_for(running.started.wait(), 10)
    running.worker.stop()
    await running.run
    assert set(looks) == {None}
    assert running.reasons == ["stop"]


async def test_a_notification_that_says_nothing_is_looked_into(database: str, looks: list[str | None]) -> None:
    running = Running(database)
    await until(lambda: len(looks) >= 3)
    make_migration(database, tell=False)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""notify "worker:migrate", 'hello'""")
    await running.stops()


async def test_looks_after_a_new_listen(database: str, looks: list[str | None]) -> None:
    running = Running(database)
    await until(lambda: len(looks) >= 3)
    make_migration(database, tell=False)
    terminate = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%listen%'"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(terminate + " and datname = current_database()")
    await running.stops()


async def test_looks_at_the_start(database: str) -> None:
    make_migration(database, tell=False)
    await Running(database, use_notifications=False).stops()


async def test_looks_every_now_and_then(
    database: str, looks: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_migration_watch, "_INTERVAL", 0.05)
    running = Running(database, use_notifications=False)
    await until(lambda: len(looks) >= 3)
    make_migration(database, tell=False)
    await running.stops()


async def test_runs_nothing_once_it_is_too_old(database: str) -> None:
    done: list[int] = []
    reasons: list[str] = []
    tasks = TaskRegistry()
    tasks.add(lambda: done.append(1), "add")
    hooks = Hooks()
    hooks.on(WorkerShutdown)(lambda event: reasons.append(event.reason))
    with Client(database) as client:
        client.add_job("add")
        make_migration(database, tell=False)
        for run in ("run_once", "run"):
            with pytest.raises(MigrationError, match=f"breaking migration '{NEWER}'"):
                await asyncio.wait_for(getattr(Worker(database, tasks, hooks=hooks), run)(), 10)
        assert [(job.attempts, job.locked_by) for job in client.list_jobs()] == [(0, None)]
    assert done == []
    assert reasons == ["migration", "migration"]


async def test_a_failure_is_tried_again(
    database: str, looks: list[str | None], caplog: pytest.LogCaptureFixture
) -> None:
    rename = "alter function graphile_worker.{}(integer, integer) rename to {}"
    with psycopg.connect(database, autocommit=True) as connection, caplog.at_level(logging.INFO, "graphile_worker"):
        connection.execute(rename.format("newer_breaking_migration", "gone").encode())
        running = Running(database)
        await until(lambda: any("newer migrations were not looked for" in line for line in caplog.messages))
        make_migration(database, tell=False)
        connection.execute(rename.format("gone", "newer_breaking_migration").encode())
        await running.stops()


async def test_a_role_that_may_do_nothing_else_hears_of_it(server_url: str, database: str) -> None:
    with plain_role(server_url) as role, psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
        running = Running(as_role(database, role))
        with Client(database) as client:
            client.add_job("wait")
        running.go_on.set()
        await asyncio.wait_for(running.started.wait(), 10)
        make_migration(database)
        await running.stops()
        connection.execute(f"drop owned by {role}".encode())


@contextmanager
def announced(url: str, *, schema: str = "graphile_worker", release: str = "99.0.0") -> Iterator[None]:
    """What `migrate --wait-for-workers` of a later release says."""
    payload = {"migrationNumber": 9999, "breaking": True, "schema": schema, "release": release}
    with psycopg.connect(url, autocommit=True) as connection:
        # Until it is heard, and answered: the session is still there then.
        connection.execute("select pg_notify('worker:migrate', %s)", [json.dumps(payload)])
        yield


@pytest.mark.parametrize("of", ["another schema", "this release", "a role that may not migrate"])
async def test_an_announcement_that_does_not_concern_it_is_passed_over(
    server_url: str, database: str, looks: list[str | None], of: str
) -> None:
    with plain_role(server_url) as role:
        running = Running(database)
        await until(lambda: len(looks) >= 3)
        before = len(looks)
        url = as_role(database, role) if of.startswith("a role") else database
        options = {"another schema": {"schema": "other"}, "this release": {"release": __version__}}.get(of, {})
        with announced(url, **options):
            await until(lambda: len(looks) > before)
            with Client(database) as client:
                running.go_on.set()
                client.add_job("wait")
                await asyncio.wait_for(running.started.wait(), 10)
        running.worker.stop()
        await running.run
    assert running.reasons == ["stop"]


async def test_a_newer_release_that_waits_is_left_room(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker hands in what runs, and the migration is made once it has gone: with nobody's help."""
    monkeypatch.setattr(farewell, "__version__", "99.0.0")
    running = Running(database, grace_period=timedelta(minutes=1))
    with Client(database) as client:
        job = client.add_job("wait")
        await asyncio.wait_for(running.started.wait(), 10)
        with psycopg.connect(database, autocommit=True) as connection:
            # Something to do.
            connection.execute("create function graphile_worker.stats(text) returns text language sql as $$select $1$$")
        said: list[str] = []
        waiting = asyncio.to_thread(migrate, database, wait_for_workers=timedelta(minutes=1), progress=said.append)
        migration = asyncio.create_task(waiting)
        await until(lambda: running.reasons or "release 99.0.0 is about to migrate" in caplog.text)
        assert said[0].startswith("waiting for workers")
        assert len(said) == 1
        running.go_on.set()
        with pytest.raises(MigrationError, match=r"release 99.0.0 is about to migrate schema 'graphile_worker'"):
            await asyncio.wait_for(running.run, 20)
        assert (await migration).bundle_replaced
        assert client.show_job(job.id) is None
    assert running.reasons == ["migration"]


def test_run_once_refuses(database: str, tmp_path: Path) -> None:
    (tmp_path / "tasks_here.py").write_text("from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\n"
                                            "tasks.add(lambda: print('it ran'), 'job')\n")  # fmt: skip
    with Client(database) as client:
        client.add_job("job")
    make_migration(database, tell=False)
    with process("run", "tasks_here", "--once", url=database, cwd=tmp_path) as child:
        stdout, stderr = child.communicate(timeout=30)
    assert (child.returncode, stdout) == (2, "")
    assert f"has the breaking migration '{NEWER}', which this release does not know" in stderr
    assert "hint: Start it again with the release that made it" in stderr


def test_the_command_fails_and_says_why(database: str, tmp_path: Path) -> None:
    (tmp_path / "tasks_here.py").write_text("from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\n"
                                            "tasks.add(lambda: None, 'nothing')\n")  # fmt: skip
    with process("run", "tasks_here", url=database, cwd=tmp_path) as child:
        listening = "select count(*) from pg_stat_activity where application_name like '%listen%'"
        wait_until(lambda: scalar(database, f"{listening} and datname = current_database()"), timedelta(seconds=30))
        make_migration(database)
        _, stderr = child.communicate(timeout=30)
    assert child.returncode == 2
    assert f"error: the worker has stopped: schema 'graphile_worker' has the breaking migration '{NEWER}'" in stderr
    assert "hint: Start it again with the release that made it" in stderr
    assert "Traceback" not in stderr
