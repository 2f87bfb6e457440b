"""The check that tests mirror what they test finds each thing that is not so, in trees made to have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import check_tests

Tree = Callable[..., list[str]]

GOOD = [
    "py/graphile_worker/_worker/run.py",
    "py/graphile_worker/_worker/run_job.py",
    "py/graphile_worker/_worker/__init__.py",
    "py/graphile_worker/admin/_api/jobs.py",
    "tests/py/worker/test_run.py",
    "tests/py/worker/test_run_once.py",
    "tests/py/worker/test_run_job.py",
    "tests/py/worker/helpers.py",
    "tests/py/admin/api/test_jobs.py",
    "tests/py/faults/test_whatever.py",
    "sql/functions/adding/add_job.sql",
    "sql/views/jobs.sql",
    "tests/sql/adding/test_add_job.sql",
    "tests/sql/views/test_jobs.sql",
    "tests/sql/test_schema.sql",
]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """What is wrong with the good tree and these files, without those; a file may be given with its text."""

    def problems(
        *files: str, without: str | None = None, covered: dict[str, str] | None = None, text: str = ""
    ) -> list[str]:
        for name in [*GOOD, *files]:
            if name != without:
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_text(text if name in files else "")
        monkeypatch.setattr(check_tests, "ROOT", tmp_path)
        monkeypatch.setattr(check_tests, "PACKAGE", tmp_path / "py" / "graphile_worker")
        monkeypatch.setattr(check_tests, "TESTS", tmp_path / "tests" / "py")
        monkeypatch.setattr(check_tests, "SQL", tmp_path / "sql")
        monkeypatch.setattr(check_tests, "SQL_TESTS", tmp_path / "tests" / "sql")
        monkeypatch.setattr(check_tests, "COVERED", covered or {})
        return list(check_tests.problems())

    return problems


def test_the_tree_as_it_is() -> None:
    assert list(check_tests.problems()) == []


def test_nothing_is_wrong_with_this_one(tree: Tree) -> None:
    assert tree() == []


@pytest.mark.parametrize(
    ("without", "problem"),
    [
        ("tests/py/worker/test_run_job.py", "worker/run_job: no tests/py/worker/test_run_job.py"),
        ("tests/py/admin/api/test_jobs.py", "admin/api/jobs: no tests/py/admin/api/test_jobs.py"),
        ("tests/sql/adding/test_add_job.sql", "tests/sql/adding/test_add_job.sql is missing"),
        ("tests/sql/views/test_jobs.sql", "tests/sql/views/test_jobs.sql is missing"),
        ("sql/functions/adding/add_job.sql", "tests/sql/adding/test_add_job.sql: there is no such"),
        ("py/graphile_worker/admin/_api/jobs.py", "tests/py/admin/api/test_jobs.py: in no room"),
        ("py/graphile_worker/_worker/run.py", "tests/py/worker/test_run.py: worker has no such module"),
    ],
)
def test_what_has_no_counterpart(tree: Tree, without: str, problem: str) -> None:
    assert tree(without=without)[0].startswith(problem)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("tests/py/test_stray.py", "in no room and in no folder of its own"),
        ("tests/py/nowhere/test_stray.py", "in no room and in no folder of its own"),
        ("tests/py/support/test_stray.py", "support has no tests"),
        ("tests/py/worker/test_runner.py", "worker has no such module"),
    ],
)
def test_files_in_the_wrong_place(tree: Tree, file: str, problem: str) -> None:
    [found] = tree(file)
    assert found.startswith(f"{file}: {problem}")


def test_an_aspect_is_a_test_of_its_module(tree: Tree) -> None:
    assert tree(without="tests/py/worker/test_run.py") == []


@pytest.mark.parametrize(
    "text", ["from tests.py.worker.test_run import helper", "def f():\n    import tests.py.worker.test_run as t"]
)
def test_one_test_file_takes_nothing_from_another(tree: Tree, text: str) -> None:
    [found] = tree("tests/py/faults/test_taker.py", text=text)
    assert found.startswith("tests/py/faults/test_taker.py: imports tests.py.worker.test_run;")


def test_the_table_covers_what_has_no_test_and_nothing_else(tree: Tree) -> None:
    covered = {"admin/api/jobs": "worker/test_run.py"}
    assert tree(without="tests/py/admin/api/test_jobs.py", covered=covered) == []
    [own_test] = tree(covered=covered)
    assert "has a test of its own" in own_test
    [no_module] = tree(covered={"worker/gone": "worker/test_run.py"})
    assert "there is no such module" in no_module
    [no_test] = tree("py/graphile_worker/_worker/lone.py", covered={"worker/lone": "worker/test_gone.py"})
    assert "there is no tests/py/worker/test_gone.py" in no_test
