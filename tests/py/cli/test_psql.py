"""`graphile-worker psql`."""

from __future__ import annotations

from pathlib import Path

from tests.py.support.command import invoke


def test_psql_writes_its_file() -> None:
    written = invoke("psql").stdout
    assert written == (Path(__file__).parents[3] / "sql" / "psql" / "incident.psql").read_text()
