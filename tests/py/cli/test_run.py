"""`graphile-worker run`: finding the tasks, running them, stopping."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import Client, Hooks
from graphile_worker._cli import run as _run
from tests import support
from tests.py.support.command import invoke, process

TASKS = """
    import logging
    from pathlib import Path
    from graphile_worker import JobContext, TaskRegistry

    tasks = TaskRegistry()

    @tasks.task
    def write(payload: dict) -> None:
        Path(payload["path"]).write_text("written")
        logging.getLogger(__name__).info("wrote %s", payload["path"])

    @tasks.task
    async def explode() -> None:
        raise ValueError("\\x1b[31mboom")

    @tasks.task
    async def log(payload: dict, context: JobContext) -> None:
        context.logger.warning("hello")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory, on nobody's path yet; modules imported from it are forgotten afterwards."""
    (tmp_path / "tasks_here.py").write_text(textwrap.dedent(TASKS))
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "") or ""):
            del sys.modules[name]


def run_to_end(*args: str, url: str, folder: Path) -> tuple[int, str]:
    with process("run", *args, url=url, cwd=folder) as child:
        stdout, stderr = child.communicate(timeout=30)
    assert stdout == ""
    return child.returncode, stderr


@contextmanager
def running(*args: str, url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker that has started."""
    with process("run", "tasks_here", *args, url=url, cwd=folder) as child:
        try:
            assert child.stderr is not None
            for line in child.stderr:
                if " runs " in line:
                    break
            yield child
        finally:
            child.kill()


def test_once_runs_what_is_due_and_ends(database: str, folder: Path) -> None:
    with Client(database) as client:
        client.add_job("write", {"path": str(folder / "out")})
        exploding = client.add_job("explode")
        exit_code, log = run_to_end("tasks_here", "--once", url=database, folder=folder)
        [job] = client.list_jobs()
    assert exit_code == 0
    assert (folder / "out").read_text() == "written"
    # A job that fails is no failure of the worker.
    assert (job.task_identifier, job.attempts) == ("explode", 1)
    lines = log.splitlines()
    assert any(line.endswith(f"INFO    wrote {folder}/out") for line in lines), log
    failed = f" ERROR   job {exploding.id} (explode) failed"
    assert any(failed in line and "\\x1b[31mboom" in line for line in lines), log
    assert "\x1b" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_runs_until_it_is_told_to_stop(database: str, folder: Path, number: signal.Signals) -> None:
    with running(url=database, folder=folder) as child, Client(database) as client:
        client.add_job("write", {"path": str(folder / "out")})
        support.wait_until((folder / "out").exists, timedelta(seconds=20), "the job to run")
        child.send_signal(number)
        _, log = child.communicate(timeout=30)
    assert child.returncode == 0
    assert "Traceback" not in log


def test_polls_where_there_are_no_notifications(database: str, folder: Path) -> None:
    with (
        running("--no-notifications", "--poll-interval", "100ms", url=database, folder=folder) as child,
        Client(database) as client,
    ):
        client.add_job("write", {"path": str(folder / "out")})
        support.wait_until((folder / "out").exists, timedelta(seconds=20), "the job to run")
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)
    assert child.returncode == 0


def test_log_level(database: str, folder: Path) -> None:
    assert run_to_end("tasks_here", "--once", "--log-level", "warning", url=database, folder=folder) == (0, "")


def test_log_as_json_lines(database: str, folder: Path) -> None:
    with Client(database) as client:
        job = client.add_job("log")
    exit_code, log = run_to_end("tasks_here", "--once", "--json", url=database, folder=folder)
    assert exit_code == 0
    [entry] = [entry for entry in map(json.loads, log.splitlines()) if entry["message"] == "hello"]
    assert (entry["level"], entry["logger"]) == ("warning", "graphile_worker")
    assert (entry["job_id"], entry["task_identifier"], entry["attempts"]) == (job.id, "log", 1)
    assert entry["time"].endswith("Z")


def test_a_module_that_sets_up_logging_is_left_alone(database: str, folder: Path) -> None:
    (folder / "own_logging.py").write_text(
        "import logging\nfrom tasks_here import tasks\nlogging.basicConfig(format='mine: %(message)s', level='INFO')\n"
    )
    exit_code, log = run_to_end("own_logging", "--once", url=database, folder=folder)
    assert exit_code == 0
    assert log
    assert all(line.startswith("mine: ") for line in log.splitlines())


def test_unreachable_database(folder: Path) -> None:
    exit_code, log = run_to_end("tasks_here", url="postgresql://127.0.0.1:1/x", folder=folder)
    assert exit_code == 2
    assert log.endswith(
        "error: no connection to 127.0.0.1:1/x: Connection refused\n"
        "hint: Is the server running, and is the address in DATABASE_URL right?\n"
    )
    assert "Traceback" not in log


class RecordedWorker:
    """Stands for Worker, and keeps what it was made with and told."""

    left_running = 0
    made: list[tuple[Any, ...]]

    def __init__(self, *args: Any, **options: Any) -> None:
        self.made.append((*args, options))
        self.hooks = Hooks()

    async def run(self, *, handle_signals: bool) -> None:
        self.made.append(("run", handle_signals))

    async def run_once(self, *, handle_signals: bool) -> None:
        self.made.append(("run_once", handle_signals))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[tuple[Any, ...]]:
    monkeypatch.setattr(RecordedWorker, "made", [], raising=False)
    monkeypatch.setattr(_run, "Worker", RecordedWorker)
    return RecordedWorker.made


URL = "postgresql://localhost/app"


def test_defaults(made: list[tuple[Any, ...]]) -> None:
    assert invoke("run", "tasks_here", url=URL).exit_code == 0
    [(url, tasks, options), call] = made
    assert (url, list(tasks)) == (URL, ["write", "explode", "log"])
    assert options == {
        "schema": "graphile_worker",
        "poll_interval": timedelta(seconds=1),
        "use_notifications": True,
        "max_pool_size": 5,
        "crontab": None,
    }
    assert call == ("run", True)


def test_every_option_reaches_the_worker(made: list[tuple[Any, ...]]) -> None:
    result = invoke(
        *["--schema", "other", "--max-connections", "7", "run", "tasks_here:tasks", "--concurrency", "3"],
        *["--poll-interval", "100ms", "--no-notifications", "--once"],
        url=URL,
    )
    assert result.exit_code == 0, result.output
    [(_, _, options), call] = made
    assert options == {
        "schema": "other",
        "concurrency": 3,
        "poll_interval": timedelta(milliseconds=100),
        "use_notifications": False,
        "max_pool_size": 7,
        "crontab": None,
    }
    assert call == ("run_once", True)


def test_finds_the_only_registry_whatever_it_is_called(made: list[tuple[Any, ...]], folder: Path) -> None:
    package = folder / "app_here" / "jobs"
    package.mkdir(parents=True)
    # Two names, one registry.
    (package / "mail.py").write_text("from tasks_here import tasks as registry\nalias = registry\n")
    assert invoke("run", "app_here.jobs.mail", url=URL).exit_code == 0
    assert list(made[0][1]) == ["write", "explode", "log"]


def test_finds_an_object_inside_another(made: list[tuple[Any, ...]], folder: Path) -> None:
    (folder / "nested_here.py").write_text("import tasks_here\nclass App:\n    jobs = tasks_here.tasks\n")
    assert invoke("run", "nested_here:App.jobs", url=URL).exit_code == 0
    assert list(made[0][1]) == ["write", "explode", "log"]


@pytest.mark.parametrize(
    ("source", "where", "message", "hint"),
    [
        (None, "nosuch_here", "no module named nosuch_here", "hint: It is looked for in {folder}, and among what"),
        (None, "nosuch_here.tasks", "no module named nosuch_here", "hint: It is looked for in {folder}"),
        (None, "tasks_here.py", "no module named tasks_here.py", "hint: Name the module, not its file: tasks_here"),
        (
            None,
            "./a/tasks_here.py",
            "'./a/tasks_here.py' is not the name of a module",
            "hint: Name the module, not its file: a",
        ),
        (None, "tasks-here", "'tasks-here' is not the name of a module", "hint: Write it as in an import"),
        (None, "tasks_here:nosuch", "module tasks_here has no nosuch", "hint: Its registries are: tasks"),
        (None, "tasks_here:logging", "tasks_here:logging is of type module, not a TaskRegistry", None),
        ("x = 1", "bad_here", "module bad_here has no TaskRegistry", "hint: Make one there"),
        (
            "from graphile_worker import TaskRegistry\na = TaskRegistry()\nb = TaskRegistry()\nz = a",
            "bad_here",
            "module bad_here has several registries: a, b",
            "hint: Name one: bad_here:a",
        ),
        (
            "from graphile_worker import TaskRegistry\na = TaskRegistry()",
            "bad_here",
            "the registry has no tasks",
            "hint: Register one with @tasks.task",
        ),
    ],
)
def test_nothing_to_run(folder: Path, source: str | None, where: str, message: str, hint: str | None) -> None:
    if source is not None:
        (folder / "bad_here.py").write_text(source)
    result = invoke("run", where, url=URL)
    assert result.exit_code == 2
    error, *hints = result.stderr.splitlines()
    assert error == f"error: {message}"
    assert [line.startswith(hint.format(folder=os.fspath(folder))) for line in hints if hint] == (
        [True] if hint else []
    )


@pytest.mark.parametrize(
    ("source", "summary", "line"),
    [
        ("def f():\n    return undefined\n\nf()\n", "NameError: name 'undefined' is not defined", 2),
        ("import tasks_here\nimport nosuch_library\n", "ModuleNotFoundError: No module named 'nosuch_library'", 2),
        ("x = 1\ndef (\n", "SyntaxError: invalid syntax", 2),
        ("import sys\nsys.exit('no config')\n", "SystemExit: no config", 2),
    ],
)
def test_a_module_that_can_not_be_imported_shows_where(folder: Path, source: str, summary: str, line: int) -> None:
    (folder / "broken_here.py").write_text(source)
    result = invoke("run", "broken_here", url=URL)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0] == f"error: module broken_here can't be imported: {summary}"
    assert any(f'{folder}/broken_here.py", line {line}' in shown for shown in lines)
    assert "importlib" not in result.stderr
    assert "_registry.py" not in result.stderr
    assert len(lines) < 15


def test_the_tasks_come_before_the_database() -> None:
    # Who mistypes the module wants to hear that, database or not.
    assert "no module named nosuch_here" in invoke("run", "nosuch_here").stderr
