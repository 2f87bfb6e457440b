"""The rows that calls about the health of the tables return, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHealth:
    """A table of the queue as vacuum sees it: estimates of its rows, sizes in bytes, rows changed since the server's
    statistics began, and transactions since it was frozen."""

    table_name: str
    live_rows: int
    dead_rows: int
    table_bytes: int
    index_bytes: int
    last_vacuum: datetime | None
    last_autovacuum: datetime | None
    last_analyze: datetime | None
    last_autoanalyze: datetime | None
    inserted: int
    updated: int
    deleted: int
    xid_age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class XminHolder:
    """A session or slot that keeps vacuum from removing dead rows; `xmin_age` counts the transactions begun since."""

    kind: Literal["session", "prepared transaction", "replication slot", "standby"]
    name: str | None
    pid: int | None
    role_name: str | None
    state: str | None
    since: datetime | None
    xmin_age: int
    query: str | None
