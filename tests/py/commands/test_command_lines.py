"""The command lines of the other runtimes, run as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.py.commands import npm, rust
from tests.py.commands.table import Place, Row


@pytest.mark.parametrize("row", [*rust.ROWS, *npm.ROWS], ids=lambda row: row.line)
def test_a_line_does_what_it_says(row: Row, database: str, tmp_path: Path) -> None:
    row.check(Place(database, tmp_path))
