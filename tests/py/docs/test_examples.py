"""Every example runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.backends.postgresql.features import DatabaseFeatures

from tests import support

EXAMPLES = Path(__file__).parents[3] / "examples"
# Modules of tasks to be run by a worker, not programs.
MODULES = {"tasks.py"}


@pytest.mark.parametrize("example", sorted(p.name for p in EXAMPLES.glob("*.py") if p.name not in MODULES))
def test_example(example: str, database: str) -> None:
    if example.startswith("django"):
        support.skip_below(database, *DatabaseFeatures.minimum_database_version, what="this Django")
    result = subprocess.run(
        [sys.executable, EXAMPLES / example],
        env={**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(EXAMPLES.parent)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert "Traceback" not in result.stderr
