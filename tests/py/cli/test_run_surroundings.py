"""`run` where something around it is not as it should be: the log, the working directory."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.support.command import COMMAND, process

TASKS = "from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\n"
FAILING = TASKS + "@tasks.task\ndef fail() -> None:\n    raise ValueError('on purpose')\n"
QUIET = """
import logging.config
logging.config.dictConfig({"version": 1%s})
"""
OWN_HANDLER = """,
    "formatters": {"own": {"format": "own %(levelname)s %(name)s %(message)s"}},
    "handlers": {"own": {"class": "logging.StreamHandler", "formatter": "own"}},
    "root": {"handlers": ["own"], "level": "INFO"},
"""


@pytest.mark.parametrize(("config", "start"), [("", "20"), (OWN_HANDLER, "own ")])
def test_a_dict_config_of_the_tasks_leaves_the_worker_its_voice(
    database: str, tmp_path: Path, config: str, start: str
) -> None:
    """By default it disables all loggers that there are, which nobody has in mind."""
    (tmp_path / "tasks_here.py").write_text(QUIET % config + FAILING)
    with Client(database) as client:
        client.add_job("fail")
    with process("run", "tasks_here", "--once", url=database, cwd=tmp_path) as child:
        _, stderr = child.communicate(timeout=30)
    lines = [line for line in stderr.splitlines() if line.startswith(start)]
    assert any("runs fail" in line for line in lines), stderr
    assert any("on purpose" in line for line in lines), stderr


def test_a_logger_that_the_config_names_is_as_it_says(database: str, tmp_path: Path) -> None:
    config = ', "loggers": {"graphile_worker": {"level": "CRITICAL"}}'
    (tmp_path / "tasks_here.py").write_text(QUIET % config + FAILING)
    with Client(database) as client:
        client.add_job("fail")
    with process("run", "tasks_here", "--once", url=database, cwd=tmp_path) as child:
        _, stderr = child.communicate(timeout=30)
    assert stderr == ""


def in_a_folder_that_is_gone(
    tmp_path: Path, *arguments: str, python_path: str = ""
) -> subprocess.CompletedProcess[str]:
    gone = tmp_path / "gone"
    script = f'mkdir {gone} && cd {gone} && rmdir {gone} && exec "$@"'
    return subprocess.run(
        ["sh", "-c", script, "sh", *COMMAND, *arguments],
        env={**os.environ, "PYTHONPATH": python_path},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    done = in_a_folder_that_is_gone(tmp_path, "--database-url", "postgresql://localhost/x", "run", "tasks_here")
    assert done.returncode == 2, done.stderr
    error, hint = done.stderr.splitlines()
    assert error == "error: no module named tasks_here"
    assert hint.startswith("hint: The working directory was removed: it was looked for only among what is installed")


def test_what_is_installed_elsewhere_runs_without_one(database: str, tmp_path: Path) -> None:
    (tmp_path / "tasks_here.py").write_text(FAILING)
    with Client(database) as client:
        client.add_job("fail")
    words = ("--database-url", database, "run", "tasks_here", "--once")
    done = in_a_folder_that_is_gone(tmp_path, *words, python_path=str(tmp_path))
    assert "on purpose" in done.stderr


def test_other_commands_do_without_one(database: str, tmp_path: Path) -> None:
    done = in_a_folder_that_is_gone(tmp_path, "--database-url", database, "add", "t")
    assert done.returncode == 0, done.stderr


def test_what_needs_one_says_so(tmp_path: Path) -> None:
    done = in_a_folder_that_is_gone(tmp_path, "--embedded", "--embedded-dir", "here", "stats")
    assert (done.returncode, done.stderr) == (1, "error: the working directory was removed\n")
