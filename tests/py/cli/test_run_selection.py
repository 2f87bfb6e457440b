"""`graphile-worker run` of some tasks and queues only."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.support.command import process

TASKS = """
    from pathlib import Path
    from graphile_worker import TaskRegistry

    tasks = TaskRegistry()

    @tasks.task("mail:send")
    def send(payload: str) -> None:
        Path(f"send {payload}").touch()

    @tasks.task("report")
    def report(payload: str) -> None:
        Path(f"report {payload}").touch()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "concerns.py").write_text(textwrap.dedent(TASKS))
    return tmp_path


def run(*args: str, url: str, folder: Path) -> tuple[int, str]:
    with process("run", "concerns", "--once", *args, url=url, cwd=folder) as child:
        _, stderr = child.communicate(timeout=30)
    return child.returncode, stderr


@pytest.mark.parametrize(
    ("args", "ran"),
    [
        (["--only-task", "mail:*"], {"send no", "send bulk:1", "send eu"}),
        (["--not-task", "mail:send"], {"report no", "report bulk:1", "report eu"}),
        (["--only-queue", "eu"], {"send eu", "report eu"}),
        (["--only-queue", "eu", "--only-queue", "", "--not-task", "report"], {"send no", "send eu"}),
        (["--not-queue", "bulk:*", "--only-task", "report"], {"report no", "report eu"}),
    ],
)
def test_it_runs_these_and_leaves_the_others(database: str, folder: Path, args: list[str], ran: set[str]) -> None:
    with Client(database) as client:
        for task in ("mail:send", "report"):
            client.add_job(task, "no")
            for queue in ("bulk:1", "eu"):
                client.add_job(task, queue, queue_name=queue)
        exit_code, log = run(*args, url=database, folder=folder)
        assert exit_code == 0, log
        assert {file.name for file in folder.iterdir() if " " in file.name} == ran
        assert len(client.list_jobs()) == 6 - len(ran)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--only-task", "mial:*"], "only_tasks has 'mial:*', which no task fits"),
        (["--not-task", "*"], "only_tasks and not_tasks leave no task to run"),
        (["--only-queue", "a*b"], "bad only_queues 'a*b'"),
        (["--not-queue", ""], "bad not_queues ''"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(database: str, folder: Path, args: list[str], message: str) -> None:
    exit_code, log = run(*args, url=database, folder=folder)
    assert exit_code != 0
    assert f"error: {message}" in log
    assert "Traceback" not in log
