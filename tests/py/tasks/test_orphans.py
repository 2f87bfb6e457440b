"""What programs leave behind is reaped by a worker that is the first process of a container."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graphile_worker._tasks import orphans
from tests.py.support import first_process

UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]


def test_process_one_reaps_what_programs_leave(database: str, tmp_path: Path) -> None:
    if (
        shutil.which("unshare") is None
        or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no namespace of processes can be made here")
    program = tmp_path / "leaves"
    # The first three times with a child that dies after its parent.
    program.write_text("#!/bin/sh\ngrep -q yes && (sleep 2 >/dev/null 2>&1 &)\nexit 0\n")
    program.chmod(0o755)
    done = subprocess.run(
        [*UNSHARE, sys.executable, first_process.__file__, database, program],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["before"] >= 1, "nothing was left, so nothing is shown"
    assert found == {"pid": 1, "before": found["before"], "after": 0, "others": [3, 4]}


def test_elsewhere_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "_PROC", None)
    orphans.reap_orphans()
