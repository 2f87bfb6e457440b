"""What tests of `run` share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphile_worker._cli import run as _run
from tests.py.cli.recorded_run import RecordedWorker


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory, with two modules of tasks; a worker that `run` makes is a RecordedWorker.

    Modules imported from it are forgotten afterwards.
    """
    for name in ("one", "two"):
        (tmp_path / f"{name}_tasks.py").write_text(
            f"from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\ntasks.add(lambda: None, {name!r})\n"
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(RecordedWorker, "made", [], raising=False)
    monkeypatch.setattr(_run, "Worker", RecordedWorker)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "") or ""):
            del sys.modules[name]
