"""Takes over databases made by the published releases of the Node.js Graphile Worker, and reports one line for each.

    python tools/takeover.py [RELEASE ...]

Each release is fetched with npm, migrates a database of its own, gets jobs by its own `add_job` and API, and fails some
of them. Then `migrate` takes the database over. Compared are the catalog with that of a fresh install, in full, and
every row with what was there; at last the newest of those releases works off jobs in it, and the release itself where
nothing breaking lies in between. The Rust runtime is stood in for by its revision 20 on top of the shared revision 18.

The server is the one that TEST_DATABASE_URL names, as a role that may create databases and extensions; else one that
is fetched with npm, too. Exits 1 when a release fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import npm_packages
import psycopg
from snapshot import difference, snapshot

from graphile_worker import EmbeddedServer, migrate

ROOT = Path(__file__).parents[1]
SCHEMA = "graphile_worker"
RELEASES = (
    *("0.1.0", "0.2.0", "0.4.0", "0.5.0", "0.6.0", "0.8.1", "0.9.0", "0.10.0", "0.11.4", "0.12.2", "0.13.0", "0.15.1"),
    *("0.16.6", "0.17.3", "0.18.0"),
)
NEWEST = RELEASES[-1]
RUST = "rust 0.13.3"
# The first releases hang on newer Node.js, through the driver they pin; the newest needs at least 22.18.
OLD_NODE, NODE = 12, 22

JOBS: list[dict[str, Any]] = [
    {"identifier": "plain"},
    {"identifier": "Mail ✉", "payload": '{"a":  [1, 2]}', "queue_name": "queue one", "job_key": "k'ey", "priority": -5},
    {"identifier": "later", "queue_name": "queue one", "run_at": "2999-01-01 00:00+00", "max_attempts": 3},
    {"identifier": "boom", "payload": '{"once": true}', "queue_name": "fails"},
    {"identifier": "boom", "max_attempts": 1, "job_key": "spent"},
    {"identifier": "flagged", "flags": ["a", "b"], "job_key": "f", "priority": 9},
    {"identifier": "stuck", "queue_name": "stuck", "job_key": "stuck"},
]
TYPES = {"payload": "json", "run_at": "timestamptz", "max_attempts": "int", "priority": "int", "flags": "text[]"}


class Failure(Exception):
    """The release was not taken over as it should be."""


@dataclass
class Outcome:
    """A line of the report."""

    revision: int
    jobs: int
    steps: int
    worked: int


def main() -> int:
    releases = sys.argv[1:] or [*RELEASES, RUST]
    with _server() as server_url:
        with _database(server_url, "takeover_fresh") as url:
            migrate(url)
            with psycopg.connect(url, autocommit=True) as conn:
                fresh = snapshot(conn, SCHEMA, full=True)
                print(f"PostgreSQL {conn.info.parameter_status('server_version')}")
        print(f"{'release':<12} {'revision':>8} {'jobs':>5} {'steps':>6}  catalog  rows   then worked on")
        failed = 0
        for release in releases:
            try:
                outcome = _take_over(release, server_url, fresh)
            except (Failure, npm_packages.NpmError, psycopg.Error, subprocess.SubprocessError) as error:
                failed += 1
                print(f"{release:<12} FAILED\n{error}", flush=True)
            else:
                line = f"{release:<12} {outcome.revision:>8} {outcome.jobs:>5} {outcome.steps:>6}"
                print(f"{line}  equal    equal  {outcome.worked} jobs", flush=True)
    print(f"{len(releases) - failed} of {len(releases)} taken over")
    return 1 if failed else 0


def _take_over(release: str, server_url: str, fresh: str) -> Outcome:
    version = "0.16.6" if release == RUST else release
    with _database(server_url, "takeover_" + release.replace(".", "_").replace(" ", "_")) as url:
        _run(version, url, "none")
        with psycopg.connect(url, autocommit=True) as conn:
            _add_jobs(conn)
            _run(version, url)
            if release == RUST:
                conn.execute(
                    (ROOT / "tests/schema/old/rust_20.sql").read_text().replace("@extschema@", SCHEMA).encode()
                )
            _leave_locks(conn)
            before, revision = _rows(conn), _scalar(conn, f"select max(id) from {SCHEMA}.migrations")
            result = migrate(conn)
            if changes := difference(fresh, snapshot(conn, SCHEMA, full=True), release):
                raise Failure(changes)
            if (after := _rows(conn)) != before:
                raise Failure("\n".join(_changed(before, after)))
            if not before["jobs"] or not any(job["last_error"] for job in before["jobs"]):
                raise Failure(f"the release left too little to compare: {before}")
            worked = _work(conn, url, NEWEST)
            if revision >= 16 and version != NEWEST:
                worked += _work(conn, url, version)
            return Outcome(revision, len(before["jobs"]), len(result.applied), worked)


def _add_jobs(conn: psycopg.Connection[Any]) -> None:
    """Adds jobs by the release's own function, with those of its arguments that it has."""
    query = "select proargnames from pg_proc where proname = 'add_job' and pronamespace = %s::regnamespace"
    known = set(conn.execute(query, [SCHEMA]).fetchall()[0][0])
    for job in JOBS:
        given = {name: value for name, value in job.items() if name in known}
        arguments = ", ".join(f"{name} := %({name})s::{TYPES.get(name, 'text')}" for name in given)
        conn.execute(f"select {SCHEMA}.add_job({arguments})".encode(), given)


def _leave_locks(conn: psycopg.Connection[Any]) -> None:
    """Leaves locks of a worker that died five hours ago, and recurring tasks, where the release had such things."""
    tables, prefix = _tables(conn)
    lock = "set locked_at = now() - interval '5 hours', locked_by = 'worker_gone'"
    conn.execute(f"update {prefix}job_queues {lock} where queue_name = 'stuck'".encode())
    if "key" in _columns(conn, f"{prefix}jobs"):
        conn.execute(f"update {prefix}jobs {lock} where key = 'stuck'".encode())
    if tables & {"known_crontabs", "_private_known_crontabs"}:
        values = "('hourly', now() - interval '1 day', now()), ('never yet', now(), null)"
        conn.execute(f"insert into {prefix}known_crontabs values {values}".encode())


def _rows(conn: psycopg.Connection[Any]) -> dict[str, list[dict[str, Any]]]:
    """Returns jobs, locked queues and crontabs, alike for every layout; what a release lacks has its later default."""
    tables, prefix = _tables(conn)
    if tables & {"tasks", "_private_tasks"}:
        jobs = f"""
            select to_jsonb(j) - 'task_id' - 'job_queue_id' - 'is_available' - 'payload', t.identifier, q.queue_name,
              j.payload::text
            from {prefix}jobs as j join {prefix}tasks as t on t.id = j.task_id
            left join {prefix}job_queues as q on q.id = j.job_queue_id order by j.id"""
    else:
        jobs = f"""
            select to_jsonb(j) - 'task_identifier' - 'queue_name' - 'payload', j.task_identifier, j.queue_name,
              j.payload::text
            from {prefix}jobs as j order by j.id"""
    defaults = {"key": None, "locked_at": None, "locked_by": None, "revision": 0, "flags": None}
    found = conn.execute(jobs.encode()).fetchall()
    locks = f"select queue_name, locked_at, locked_by from {prefix}job_queues where locked_at is not null"
    crontabs = f"select identifier, known_since, last_execution from {prefix}known_crontabs order by identifier"
    has_crontabs = tables & {"known_crontabs", "_private_known_crontabs"}
    rows = conn.execute(crontabs.encode()).fetchall() if has_crontabs else []
    return {
        "jobs": [
            {**defaults, **job, "task": task, "queue": queue, "payload": text} for job, task, queue, text in found
        ],
        "locks": [{"lock": row} for row in conn.execute(locks.encode())],
        "crontabs": [{"crontab": row} for row in rows],
    }


def _changed(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for what in before:
        yield from (f"- {what}: {row}" for row in before[what] if row not in after[what])
        yield from (f"+ {what}: {row}" for row in after[what] if row not in before[what])


def _work(conn: psycopg.Connection[Any], url: str, version: str) -> int:
    """Lets a release work on what is ours now; returns the number of jobs it did."""
    # One in a queue: that runtime's `runOnce` ends when the next one of a queue has to wait for the one before.
    for queue in ("null", "null", "'new'"):
        conn.execute(f"select {SCHEMA}.add_job('plain', queue_name := {queue})".encode())
    count = f"select count(*) from {SCHEMA}.jobs where task_identifier = 'plain'"
    expected = _scalar(conn, count)
    # It ends when it finds nothing at that instant, which a row that its own housekeeping holds is enough for.
    for _ in range(5):
        _run(version, url, "plain")
        left = _scalar(conn, count)
        if not left:
            return int(expected)
    raise Failure(f"{version} left {left} of {expected} jobs")


def _run(version: str, url: str, *tasks: str) -> None:
    minor = int(version.split(".")[1])
    node = npm_packages.node(OLD_NODE if minor < 6 else NODE)
    seed = ROOT / "tools" / "takeover_seed.mjs"
    command = [str(part) for part in (node, seed, npm_packages.package(f"graphile-worker@{version}"), url, *tasks)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode:
        raise Failure(f"release {version} says: {ran.stdout}{ran.stderr}")


@contextmanager
def _server() -> Iterator[str]:
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    # The first releases need pgcrypto, which the wheel lacks.
    bin_dir = npm_packages.postgres(max(npm_packages.POSTGRES))
    server = EmbeddedServer(tempfile.mkdtemp(prefix="takeover-"), bin_dir=bin_dir, settings={"fsync": "off"})
    try:
        yield server.start().url
    finally:
        server.stop("immediate")
        server.remove()


@contextmanager
def _database(server_url: str, name: str) -> Iterator[str]:
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(f'drop database if exists "{name}"'.encode())
        conn.execute(f'create database "{name}" template template0'.encode())
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server_url, autocommit=True) as conn:
            conn.execute(f'drop database "{name}"'.encode())


def _tables(conn: psycopg.Connection[Any]) -> tuple[set[str], str]:
    """Returns which tables there are, and what their names begin with."""
    query = "select relname::text from pg_class where relnamespace = %s::regnamespace and relkind = 'r'"
    tables = {row[0] for row in conn.execute(query, [SCHEMA])}
    return tables, f"{SCHEMA}.{'_private_' if '_private_jobs' in tables else ''}"


def _columns(conn: psycopg.Connection[Any], table: str) -> set[str]:
    query = "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0"
    return {row[0] for row in conn.execute(query, [table])}


def _scalar(conn: psycopg.Connection[Any], query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


if __name__ == "__main__":
    sys.exit(main())
