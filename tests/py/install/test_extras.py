"""What is optional stays out until it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

OPTIONAL = [
    "django",
    "json5",
    "opentelemetry",
    "prometheus_client",
    "pytest",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
]


@pytest.mark.parametrize("module", ["graphile_worker", "graphile_worker._cli", "graphile_worker.testing"])
def test_nothing_optional_is_imported(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {OPTIONAL} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
