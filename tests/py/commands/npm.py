"""What people type who come from the Node.js runtime."""

from __future__ import annotations

from tests.py.commands.table import Row

ROWS: list[Row] = []
