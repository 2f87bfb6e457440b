"""Databases of other runtimes, made from the scripts in old/, with jobs in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from graphile_worker._basis.schema_name import quote_schema

OLD = Path(__file__).parent / "old"

# What each is made of. Numbers above 18 mean different things to their two authors.
DATABASES = {
    "revision_1": ("revision_1",),
    "revision_10": ("revision_10",),
    "revision_15": ("revision_15",),
    "revision_18": ("revision_18",),
    "node_20": ("revision_18", "node_20"),
    "rust_20": ("revision_18", "rust_20"),
}

# Jobs with everything a job can have: id, task, queue, payload, priority, run_at, attempts, max_attempts, last_error,
# created_at, updated_at; since revision 2 key, locked_at, locked_by; since 5 revision, flags.
COLUMNS = [
    *("id", "task_identifier", "queue_name", "payload", "priority", "run_at", "attempts", "max_attempts", "last_error"),
    *("created_at", "updated_at", "key", "locked_at", "locked_by", "revision", "flags"),
]
_T = "2001-02-03 04:05:06.789+00"
JOBS: list[tuple[Any, ...]] = [
    (1, "plain", None, "{}", 0, _T, 0, 25, None, _T, _T, None, None, None, 0, None),
    (
        2,
        "Mail ✉",
        "queue one",
        '{"a":  [1, 2]}',
        -5,
        _T,
        3,
        25,
        "oh\nno",
        _T,
        _T,
        "k 'ey",
        None,
        None,
        4,
        '{"f": true}',
    ),
    (3, "plain", "queue one", "[1]", 7, "2999-01-01 00:00+00", 0, 1, None, _T, _T, "later", None, None, 0, None),
    (4, "failed", None, "null", 0, _T, 5, 5, "for good", _T, _T, "spent", None, None, 0, None),
    (5, "stuck", "other", "{}", 0, _T, 1, 25, None, _T, _T, None, _T, "worker_gone", 0, None),
    (5_000_000_000, "plain", None, '"text"', 0, _T, 0, 3, None, _T, _T, None, None, None, 2, '{"a": true, "b": true}'),
]
# Before revision 2: jobs had neither key nor locks, each had a queue, and nobody had flags.
FIRST_JOBS = [
    (*job[:2], job[2] or f"random {job[0]}", *job[3:11], None, None, None, 0, None) for job in JOBS if job[0] != 5
]
CRONTABS = [("hourly", _T, _T), ("never yet", _T, None)]
# Queues that are locked: name, locked_at, locked_by.
LOCKED = [("other", _T, "worker_gone")]


def script(name: str, schema: str) -> bytes:
    return (OLD / f"{name}.sql").read_text().replace("@extschema@", quote_schema(schema)).encode()


def make(conn: psycopg.Connection[Any], name: str, schema: str) -> list[tuple[Any, ...]]:
    """Builds the database `name` of DATABASES and fills it; returns the jobs."""
    for part in DATABASES[name]:
        conn.execute(script(part, schema))
    jobs = FIRST_JOBS if name == "revision_1" else JOBS
    conn.execute("select set_config('search_path', %s, false)", [quote_schema(schema)])
    private = "" if name in ("revision_1", "revision_10", "revision_15") else "_private_"
    if name in ("revision_1", "revision_10"):
        _fill_text(conn, jobs, COLUMNS[:11] if name == "revision_1" else COLUMNS)
    else:
        _fill_ids(conn, jobs, private)
    if name != "revision_1":
        insert = f"insert into {private}known_crontabs values (%s, %s, %s)"
        conn.cursor().executemany(insert.encode(), CRONTABS)
    conn.execute("reset search_path")
    return jobs


def _fill_text(conn: psycopg.Connection[Any], jobs: list[tuple[Any, ...]], columns: list[str]) -> None:
    values = ", ".join(["%s"] * len(columns))
    insert = f"insert into jobs ({', '.join(columns)}) values ({values})"
    conn.cursor().executemany(insert.encode(), [job[: len(columns)] for job in jobs])
    for queue in sorted({job[2] for job in jobs if job[2]}):
        locks = next((lock[1:] for lock in LOCKED if lock[0] == queue), (None, None))
        conn.execute("insert into job_queues values (%s, 1, %s, %s)", (queue, *locks))
    conn.execute("select setval('jobs_id_seq', 5000000010)")


def _fill_ids(conn: psycopg.Connection[Any], jobs: list[tuple[Any, ...]], private: str) -> None:
    def execute(query: str, parameters: Any) -> None:
        conn.execute(query.replace("~", private).encode(), parameters)

    for task in dict.fromkeys(job[1] for job in jobs):
        execute("insert into ~tasks (identifier) values (%s)", [task])
    for queue in dict.fromkeys(job[2] for job in jobs if job[2]):
        locks = next((lock[1:] for lock in LOCKED if lock[0] == queue), (None, None))
        execute("insert into ~job_queues (queue_name, locked_at, locked_by) values (%s, %s, %s)", [queue, *locks])
    for job in jobs:
        execute(
            "insert into ~jobs (id, task_id, job_queue_id, payload, priority, run_at, attempts, max_attempts,"
            " last_error, created_at, updated_at, key, locked_at, locked_by, revision, flags) overriding system value"
            " select %s, (select id from ~tasks where identifier = %s),"
            " (select id from ~job_queues where queue_name = %s),"
            f" {', '.join(['%s'] * 13)}",
            job,
        )
    conn.execute("select setval('jobs_id_seq1', 5000000010)")


def jobs_of(conn: psycopg.Connection[Any], schema: str) -> list[tuple[Any, ...]]:
    """The jobs after the takeover, as text in the order of COLUMNS."""
    query = """
        select j.id, t.identifier, q.queue_name, j.payload::text, j.priority, j.run_at, j.attempts, j.max_attempts,
          j.last_error, j.created_at, j.updated_at, j.key, j.locked_at, j.locked_by, j.revision, j.flags
        from ~._private_jobs as j
        join ~._private_tasks as t on t.id = j.task_id
        left join ~._private_job_queues as q on q.id = j.job_queue_id
        order by j.id"""
    return conn.execute(query.replace("~", quote_schema(schema)).encode()).fetchall()


def expected(conn: psycopg.Connection[Any], jobs: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The jobs that were put in, in the types that `jobs_of` returns."""
    query = (
        "select %s::bigint, %s::text, %s::text, %s::text, %s::smallint, %s::timestamptz, %s::smallint, %s::smallint,"
        " %s::text, %s::timestamptz, %s::timestamptz, %s::text, %s::timestamptz, %s::text, %s::integer, %s::jsonb"
    )
    return [row for job in jobs for row in conn.execute(query, job).fetchall()]
