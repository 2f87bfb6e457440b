"""`run` where something around it is not as it should be: the log, the working directory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.cli_support import COMMAND, process

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


@pytest.mark.parametrize(("config", "start"), [("", "20"), (OWN_HANDLER, "own INFO graphile_worker ")])
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


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f"mkdir {gone} && cd {gone} && rmdir {gone} && exec \"$@\""
    command = ["sh", "-c", script, "sh", *COMMAND, "--database-url", "postgresql://localhost/x", "run", "tasks_here"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines() == [
        "error: the working directory is gone, and modules are looked for there first",
        "hint: Change to another one: cd",
    ]


def test_other_commands_do_without_one(database: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f"mkdir {gone} && cd {gone} && rmdir {gone} && exec \"$@\""
    command = ["sh", "-c", script, "sh", *COMMAND, "--database-url", database, "add", "t"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
