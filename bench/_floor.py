"""The raw SQL floor: what the database alone does, with no client work, on a bare table like a queue's."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from ._process import DriverError, last_words
from ._server import Server

BATCH = 500

_TABLE = """
    create table jobs (
      id bigint generated always as identity primary key,
      task_id integer not null default 1,
      payload json not null default '{}',
      priority smallint not null default 0,
      run_at timestamptz not null default now(),
      attempts smallint not null default 0,
      max_attempts smallint not null default 25,
      locked_at timestamptz,
      locked_by text,
      is_available boolean generated always as (locked_at is null and attempts < max_attempts) stored not null
    );
    create index on jobs (priority, run_at) where is_available
"""

# Claim and delete, a transaction each, with all that a worker has to know crossing the wire.
_CLAIM_AND_DELETE = f"""
    with c as (
      select id from jobs where is_available and run_at <= now() order by priority, run_at limit {BATCH}
      for update skip locked
    ), u as (
      update jobs as j set attempts = attempts + 1, locked_at = now(), locked_by = 'w' from c where j.id = c.id
      returning j.id, j.task_id, j.payload, j.attempts
    )
    select coalesce(array_agg(id), '{{}}') as ids, string_agg(payload::text, ',') as payloads from u \\gset
    delete from jobs where id = any(:ids::bigint[]);
"""


def claim_and_delete(server: Server, jobs: int, clients: int) -> float:
    """Returns jobs per second, 500 at a time."""
    url = _make_table(server, jobs)
    rate = BATCH * pgbench(server, url, _CLAIM_AND_DELETE, clients, rounds=jobs // BATCH // clients)
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from jobs").fetchone()
        assert row is not None
    # Two clients may leave a few that the other one held.
    if row[0] > jobs // 100:
        raise DriverError(f"{row[0]} of {jobs} jobs were left")
    return rate


def insert_one_by_one(server: Server, jobs: int) -> float:
    """Returns rows per second, a transaction each."""
    insert = "insert into jobs (payload) values ('{\"id\": 1}');"
    return pgbench(server, _make_table(server, 0), insert, clients=1, rounds=jobs)


def copy(server: Server, jobs: int) -> float:
    """Returns rows per second of one COPY."""
    rows = "".join(f'{{"id": {number}}}\n' for number in range(jobs))
    with psycopg.connect(_make_table(server, 0), autocommit=True) as connection:
        started_at = time.monotonic()
        with connection.cursor() as cursor, cursor.copy("copy jobs (payload) from stdin") as stream:
            stream.write(rows)
        return jobs / (time.monotonic() - started_at)


def _make_table(server: Server, jobs: int) -> str:
    """Makes a database with a table of so many jobs and returns its url."""
    url = server.fresh_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLE)
        connection.execute(
            "insert into jobs (payload) select json_build_object('id', g) from generate_series(1, %s) as g", (jobs,)
        )
        connection.execute("vacuum analyze jobs")
        connection.execute("checkpoint")
    return url


def pgbench(
    server: Server, url: str, script: str, clients: int, *, rounds: int | None = None, seconds: int | None = None
) -> float:
    """Returns runs of the script per second, not counting the time to connect."""
    program = server.program("pgbench")
    if program is None:
        raise DriverError("this PostgreSQL comes without pgbench")
    extent = ["-t", str(rounds)] if rounds is not None else ["-T", str(seconds)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "script.sql")
        file.write_text(script)
        result = subprocess.run(
            [program, "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), *extent, "-f", file, url],
            capture_output=True,
            text=True,
            check=False,
        )
    rate = re.search(r"^tps = ([\d.]+)", result.stdout, re.MULTILINE)
    if result.returncode != 0 or rate is None:
        raise DriverError(f"pgbench failed: {last_words(result.stderr)}")
    return float(rate[1])
