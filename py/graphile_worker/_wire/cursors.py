"""Every statement of ours but those of `pipeline` goes through a cursor from here: what a connection that somebody
lends says about rows, placeholders and adapters is its owner's business.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format
from psycopg.rows import tuple_row

from .client_adapters import CLIENT


class _Ours:
    """Rows and adapters of ours. Results come in the binary format, in which no setting of the database for dates has a
    part; `binary=False` is for several statements in one text.
    """

    def __init__(
        self, connection: Any, adapters: AdaptersMap = CLIENT, *, row_factory: Any = tuple_row, binary: bool = True
    ) -> None:
        self._ours = adapters
        super().__init__(connection, row_factory=row_factory)  # type: ignore[call-arg]
        self.format = Format.BINARY if binary else Format.TEXT

    @property
    def adapters(self) -> AdaptersMap:
        return self._ours


class AsyncCursor(_Ours, psycopg.AsyncCursor[Any]):
    """A cursor of ours."""


class Cursor(_Ours, psycopg.Cursor[Any]):
    """A cursor of ours, for a plain connection."""
