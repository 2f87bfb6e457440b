"""What a migration installs, and what is there."""

from __future__ import annotations

from typing import Any

import psycopg

from graphile_worker._schema import sources

OWN = sources.of_kind("migration")
EVERYTHING = ["fresh", *(file.stem for file in OWN)]


def scalar(connection: psycopg.Connection[Any], query: str) -> Any:
    """The one value that a query returns."""
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def relations(connection: psycopg.Connection[Any]) -> int:
    """How many relations of any kind the default schema holds."""
    return int(
        scalar(connection, "select count(*) from pg_class where relnamespace = to_regnamespace('graphile_worker')")
    )
