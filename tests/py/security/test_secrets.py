"""Passwords and payloads where they have no business: representations, tracebacks, logs, lists of processes."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Hooks,
    JobContext,
    JobFetch,
    JobStart,
    TaskRegistry,
    Worker,
    WorkerOptions,
    WorkerStart,
)
from graphile_worker._cli.settings import Settings
from graphile_worker._embedded import EmbeddedServer
from tests import support
from tests.py.support.command import process

SECRET = "s3cret-4711"
URL = f"postgresql://ada:{SECRET}@127.0.0.1:1/app?sslpassword={SECRET}"


def tasks() -> TaskRegistry:
    registry = TaskRegistry()
    registry.add(lambda: None, "t")
    return registry


async def test_representations() -> None:
    state = {"mailer": SECRET}
    worker = Worker(URL, tasks(), state=state)
    async with AsyncClient(URL) as client:
        things = [
            WorkerOptions(state=state),
            worker,
            client,
            Client(URL),
            JobContext(job=None, worker_id="w", client=client, state=state),  # type: ignore[arg-type]
            Settings(database_url=URL),
            WorkerStart(worker_id="w", client=client, state=state),
        ]
        assert [thing for thing in map(repr, things) if SECRET in thing] == []


async def test_errors_of_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Neither what is raised nor what is logged on the way, psycopg's own lines included, has the password."""
    said = []
    with caplog.at_level(logging.DEBUG):
        with Client(f"{URL}&connect_timeout=1") as client:
            with pytest.raises(psycopg.Error) as refused:
                client.stats()
            said.append(refused.value)
        with pytest.raises(psycopg.Error) as refused_worker:
            await Worker(f"{URL}&connect_timeout=1", tasks()).run_once()
        said.append(refused_worker.value)
    texts = ["".join(traceback.format_exception(error)) for error in said]
    assert [text for text in [*texts, caplog.text] if SECRET in text] == []


async def test_a_hook_that_raises_puts_no_payload_in_the_log(database: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()

    @hooks.on(JobFetch)
    @hooks.on(JobStart)
    def broken(_event: Any) -> None:
        raise RuntimeError("broken")

    with Client(database) as client:
        client.add_job("t", {"card": SECRET})
    registry = TaskRegistry()
    registry.add(lambda payload: None, "t")
    with caplog.at_level(logging.DEBUG, "graphile_worker"):
        await Worker(database, registry, hooks=hooks).run_once()
    assert "broken raised at JobStart" in caplog.text
    assert SECRET not in caplog.text


def test_the_address_of_a_worker_from_the_environment_is_on_no_command_line(database: str, tmp_path: Path) -> None:
    parts = urlsplit(database)
    url = parts._replace(netloc=f"{parts.username}:{parts.password or SECRET}@{parts.hostname}:{parts.port}").geturl()
    password = urlsplit(url).password
    (tmp_path / "some_tasks.py").write_text(
        "import sys, time\n"
        "from graphile_worker import TaskRegistry\n"
        "tasks = TaskRegistry()\n"
        "@tasks.task\n"
        "def hello(): ...\n"
    )
    with process("run", "some_tasks", url=url, cwd=tmp_path) as child:
        support.wait_until(
            lambda: support.scalar(
                database, "select count(*) > 0 from pg_stat_activity where application_name like 'graphile-worker %'"
            ),
            what="the worker to connect",
        )
        # Other tests start processes of their own on this server, with the same password but another database.
        assert [line for line in support.processes_mentioning(password) if parts.path in line] == []
        assert (
            support.scalar(
                database, f"select count(*) from pg_stat_activity where application_name like '%{password}%'"
            )
            == 0
        )
        child.terminate()
        _, stderr = child.communicate(timeout=30)
    assert str(password) not in stderr


def test_the_password_of_an_embedded_server(restartable_server: EmbeddedServer) -> None:
    password = urlsplit(restartable_server.url).password
    assert password is not None
    assert support.processes_mentioning(password) == []
    assert password not in repr(restartable_server)
    assert password not in restartable_server.log_path.read_text()
    folder = restartable_server.data_dir
    for path in (folder / "pgdata" / "password", folder / "pgdata", restartable_server.log_path):
        assert path.stat().st_mode & 0o077 == 0, f"{path} is open to others"


async def test_an_executable_gets_texts_as_values_only(database: str, tmp_path: Path) -> None:
    """Whatever stands in a key or a payload: it is no argument, no shell sees it, and no variable is added by it."""
    seen = tmp_path / "seen"
    script = tmp_path / "task"
    script.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "ours = {n: v for n, v in os.environ.items() if n.startswith(('GRAPHILE_WORKER_', 'LD_', 'INJECTED'))}\n"
        f"open({str(seen)!r}, 'w').write(json.dumps([sys.argv[1:], ours, sys.stdin.read()]))\n"
    )
    script.chmod(0o755)
    registry = TaskRegistry()
    registry.executable("evil", script)
    key = f"x\nINJECTED=1\nLD_PRELOAD=/x; touch {tmp_path}/owned $(touch {tmp_path}/owned)"
    payload = r'{"a": "\u0000", "b": "}\n--help; $(touch owned)"}'
    with psycopg.connect(database) as connection:
        connection.execute("select graphile_worker.add_job('evil', %s::json, job_key => %s)", [payload, key])
    await Worker(database, registry).run_once()
    arguments, variables, stdin = json.loads(seen.read_text())
    assert arguments == []
    assert variables["GRAPHILE_WORKER_JOB_KEY"] == key
    assert {name for name in variables if not name.startswith("GRAPHILE_WORKER_")} == set()
    assert stdin == f'{{"payload":{payload}}}'
    assert not (tmp_path / "owned").exists()
