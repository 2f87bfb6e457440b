"""The calls that a worker makes now and then for the good of all."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.rows import scalar_row

from .call import Call


def release_expired_locks() -> Call[int]:
    """Frees what was locked for over 4 hours, but by living workers; returns how many jobs and queues."""
    return Call("select count(*) from @extschema@.release_expired_locks()", {}, scalar_row, lambda rows: int(rows[0]))


def renew_locks(worker_ids: Sequence[str]) -> Call[int]:
    statement = "select @extschema@.renew_locks(%(worker_ids)s::text[])"
    return Call(statement, {"worker_ids": list(worker_ids)}, scalar_row, lambda rows: int(rows[0]))


def newer_breaking_migration() -> Call[str | None]:
    # Nobody who adds a job needs the sources of the schema.
    from .._schema import SHARED_REVISION, sources

    statement = "select @extschema@.newer_breaking_migration(%(revision)s::integer, %(migration)s::integer)"
    params = {"revision": SHARED_REVISION, "migration": max(f.number for f in sources.of_kind("migration"))}
    return Call(statement, params, scalar_row, lambda rows: rows[0])


def may_migrate(pid: int) -> Call[bool]:
    return Call(
        "select @extschema@.may_migrate(%(pid)s::integer)", {"pid": pid}, scalar_row, lambda rows: bool(rows[0])
    )
