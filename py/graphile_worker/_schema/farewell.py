"""Lets the workers of earlier releases go before a migration: tells them, and waits until none is registered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from .._basis.arguments import duration, refuse
from .._basis.errors import WorkersRemain
from .._basis.printable import some_of
from .._basis.releases import release_of
from .._basis.version import __version__
from .._wire.cursors import Cursor
from . import sources
from .plan import make_plan, no_timeouts
from .state import read_state

_LOOK_EVERY = 0.5
"""Seconds. A worker that connects meanwhile hears of it, too."""


def wait_for_workers(
    conn: psycopg.Connection[Any], schema: str, patience: timedelta, progress: Callable[[str], object]
) -> None:
    """Returns once no worker of an earlier release, or of one that it does not tell, is registered in the schema.

    Where there is nothing to migrate it returns at once, and tells nobody. Raises WorkersRemain.
    """
    if duration(patience, "wait_for_workers") < timedelta(0):
        refuse("wait_for_workers", patience, "It is 0 or more")
    until = time.monotonic() + patience.total_seconds()
    told = ""
    while workers := _look(conn, schema):
        if (text := some_of(workers)) != told:
            told = text
            progress(f"waiting for workers of earlier releases to end: {text}")
        if (left := until - time.monotonic()) <= 0:
            raise WorkersRemain(
                f"workers of earlier releases are still registered after {patience.total_seconds():g} s: {text}",
                hint="Nothing was changed. Stop them, or give them longer; what has died without a word is forgotten"
                " once it was swept, or not heard of for 5 minutes",
            )
        time.sleep(min(left, _LOOK_EVERY))
    if told:
        progress("no worker of an earlier release is left")


def _look(conn: psycopg.Connection[Any], schema: str) -> list[str]:
    """Announces what is to be migrated; returns the workers that it has to wait for, as people read them."""
    with conn.transaction():
        for statement in no_timeouts():
            conn.execute(statement.encode())
        state = read_state(conn, schema)
        if state.layout is None or not make_plan(state).steps:
            return []
        number = max(file.number for file in sources.of_kind("migration"))
        announcement = {"migrationNumber": number, "breaking": True, "schema": schema, "release": __version__}
        conn.execute("select pg_notify('worker:migrate', %s)", [json.dumps(announcement)])
        if not state.has_workers:
            return []
        query = next(file for file in sources.of_kind("inspect") if file.stem == "registered_workers")
        with Cursor(conn, row_factory=dict_row, binary=False) as cursor:
            rows = cursor.execute(query.for_schema(schema).encode()).fetchall()
    return [_described(row) for row in rows if release_of(row["version"] or "") < release_of(__version__)]


def _described(row: dict[str, Any]) -> str:
    where = f", process {row['pid']} on {row['host']}" if row["host"] else ""
    return f"{row['id']} (release {row['version'] or 'unknown'}{where})"
