"""`run` without a MODULE: tasks and a crontab that lie in the working directory."""

from __future__ import annotations

from pathlib import Path

from graphile_worker import Client
from tests.py.cli.recorded_run import URL, error_of, options_of
from tests.py.support.command import invoke, process

TASKS = "from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\ntasks.add(lambda: None, {!r})\n"


def program(path: Path, text: str = "cat") -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_module(folder: Path) -> None:
    (folder / "tasks.py").write_text(TASKS.format("of_module"))
    # Python itself takes the module of the two.
    program(folder / "tasks" / "program.sh")
    assert options_of()["tasks"] == ["of_module"]


def test_a_package_comes_before_a_module(folder: Path) -> None:
    (folder / "tasks.py").write_text(TASKS.format("of_module"))
    (folder / "tasks").mkdir()
    (folder / "tasks" / "__init__.py").write_text(TASKS.format("of_package"))
    assert options_of()["tasks"] == ["of_package"]


def test_a_folder_of_programs(folder: Path) -> None:
    program(folder / "tasks" / "b.sh")
    program(folder / "tasks" / "a")
    (folder / "tasks" / "README").write_text("no program")
    assert options_of()["tasks"] == ["a", "b"]


def test_nothing_there(folder: Path) -> None:
    assert error_of() == (
        "error: no tasks are named, and there is neither ./tasks.py nor ./tasks/\n"
        "hint: Name their module: graphile-worker run myapp.tasks\n"
    )
    (folder / "tasks").mkdir()
    assert error_of().startswith("error: no task is in ./tasks/\n")
    (folder / "tasks.py").write_text("x = 1\n")
    assert error_of().startswith("error: module tasks has no TaskRegistry\n")


def test_a_crontab(folder: Path) -> None:
    (folder / "crontab").write_text("* * * * * one\n")
    (folder / "other").write_text("* * * * * one\n0 4 * * * one ?id=two\n")
    assert len(options_of("one_tasks")["crontab"]) == 1
    assert len(options_of("one_tasks", "--crontab", "other")["crontab"]) == 2
    assert options_of("one_tasks", "--no-crontab")["crontab"] is None
    assert options_of("one_tasks", "--no-crontab", "--crontab", "other")["crontab"] is None
    # It schedules nothing.
    assert options_of("one_tasks", "--once")["crontab"] is None


def test_a_crontab_that_is_none(folder: Path) -> None:
    (folder / "crontab").mkdir()
    assert options_of("one_tasks")["crontab"] is None
    (folder / "crontab").rmdir()
    (folder / "crontab").symlink_to("nowhere")
    assert "crontab can't be read" in error_of("one_tasks")
    (folder / "crontab").unlink()
    (folder / "crontab").write_text("17 * * * * root cd / && run-parts\n")
    result = invoke("run", "one_tasks", url=URL)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: crontab has 1 mistake\n")
    assert result.stderr.endswith("hint: Where neither --crontab nor --no-crontab is given, ./crontab is scheduled\n")


def test_it_says_what_it_has_found(database: str, tmp_path: Path) -> None:
    program(tmp_path / "tasks" / "write.sh", f"cat > {tmp_path}/out")
    with Client(database) as client:
        client.add_job("write", {"n": 1})
    with process("run", "--once", url=database, cwd=tmp_path) as child:
        _, stderr = child.communicate(timeout=30)
    assert child.returncode == 0, stderr
    assert stderr.splitlines()[0].endswith(" INFO    tasks found in ./tasks/")
    assert (tmp_path / "out").read_text() == '{"payload":{"n":1}}'
