"""What a statement reads, by rows and by pages: whatever else happens on the machine does not change that."""

from __future__ import annotations

from typing import Any

import psycopg


def rows_read(connection: psycopg.Connection[Any]) -> int:
    """Rows of the queue's tables that this session has read and not yet reported, by whatever kind of scan."""
    query = "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables where schemaname = %s"
    return int(connection.execute(query, ["graphile_worker"]).fetchone()[0])


def rows_claimed_and_read(connection: psycopg.Connection[Any], claim: str) -> tuple[int, int]:
    """How many rows a claim, which is taken back, returns, and how many it reads."""
    with connection.transaction(force_rollback=True):
        # Statistics are reported, and begin anew, between transactions only.
        before = rows_read(connection)
        return len(connection.execute(claim.encode()).fetchall()), rows_read(connection) - before


def buffers_read(connection: psycopg.Connection[Any], query: str) -> int:
    plan = connection.execute(f"explain (analyze, buffers, timing off, format json) {query}").fetchone()[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
