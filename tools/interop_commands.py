"""A behaviour that tools/interop.py checks: the two commands, run from one folder in one environment.

Each finds the folder's `tasks`, executable files, and its `crontab`, and the database by PGHOST and PGDATABASE.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import npm_packages
from interop_peers import NODE, PACKAGE, PATIENCE, Lab, check
from psycopg.conninfo import conninfo_to_dict

JOBS, TICKS = 200, 3
# What the next tick has to be away at least: both need a moment to start.
LEAD = timedelta(seconds=15)
CRONTAB = "* * * * * tick ?fill=1h\n"
PROGRAMS = {
    "work.sh": 'cat > /dev/null; echo "$RUNTIME job $GRAPHILE_WORKER_JOB_ID" >> "$RUNS"',
    "tick": """at=$(sed -n 's/.*"ts": *"\\([^"]*\\)".*/\\1/p'); echo "$RUNTIME tick $at" >> "$RUNS\"""",
}
READY = {"node": "Worker connected and looking for jobs", "ours": " runs tick, work, 2 at a time"}


class Run(NamedTuple):
    """What a program has said: who ran it, what, and the id of the job or the instant of the tick."""

    runtime: str
    kind: str
    name: str


def two_commands_in_one_folder(lab: Lab) -> str:
    last_tick = (datetime.now(UTC) + LEAD).replace(second=0, microsecond=0) + timedelta(minutes=1)
    ticks = [last_tick - timedelta(minutes=before) for before in reversed(range(TICKS))]
    known = ticks[0] - timedelta(minutes=1)
    insert = "insert into graphile_worker._private_known_crontabs values ('tick', %s, %s)"
    lab.connection.execute(insert, [known, known])
    try:
        with tempfile.TemporaryDirectory(prefix="interop-") as name:
            runs = _runs(lab, Path(name), last_tick)
    finally:
        lab.connection.execute("delete from graphile_worker._private_known_crontabs")
    jobs, found = (
        Counter(run.name for run in runs if run.kind == "job"),
        [run.name for run in runs if run.kind == "tick"],
    )
    check(len(jobs) == JOBS and set(jobs.values()) == {1}, f"{len(jobs)} of {JOBS} jobs ran, {jobs.most_common(3)}")
    check(sorted(found) == [f"{tick:%Y-%m-%dT%H:%M}:00.000Z" for tick in ticks], f"ticks {sorted(found)} of {ticks}")
    shares = Counter(run.runtime for run in runs)
    check(shares["node"] and shares["ours"], f"not both have run something: {dict(shares)}")
    return f"{JOBS} jobs and {TICKS} ticks once each; node ran {shares['node']}, we {shares['ours']}"


def _runs(lab: Lab, folder: Path, last_tick: datetime) -> list[Run]:
    """Returns what two workers in the folder have run after the last tick, and a moment in which more could come."""
    (folder / "tasks").mkdir()
    for name, text in PROGRAMS.items():
        (folder / "tasks" / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / "tasks" / name).chmod(0o755)
    (folder / "crontab").write_text(CRONTAB)
    written = folder / "runs"
    written.touch()
    with _worker(lab, folder, "node"), _worker(lab, folder, "ours"):
        lab.ours.add_jobs([{"identifier": "work", "payload": {}} for _ in range(JOBS)])
        lab.await_("the jobs have run", lambda: len(_read(written)) >= JOBS)
        remaining = (last_tick - datetime.now(UTC)).total_seconds()
        lab.await_("the last tick has run", lambda: len(_read(written)) >= JOBS + TICKS, PATIENCE + max(remaining, 0))
        lab.await_empty()
    return _read(written)


def _read(written: Path) -> list[Run]:
    return [Run(*line.split()) for line in written.read_text().splitlines()]


@contextmanager
def _worker(lab: Lab, folder: Path, runtime: str) -> Iterator[None]:
    """Runs the command of a runtime, from when it is ready to the end of the block."""
    if runtime == "node":
        main = npm_packages.package(PACKAGE) / "node_modules" / "graphile-worker" / "dist" / "cli.js"
        command = [str(npm_packages.node(NODE)), str(main), "-j", "2", "--poll-interval", "500"]
    else:
        command = [sys.executable, "-P", "-m", "graphile_worker._cli", "run", "-j", "2", "--poll-interval", "500ms"]
    log = folder / f"{runtime}.log"
    with log.open("w") as output:
        worker = subprocess.Popen(
            command, cwd=folder, env=_environment(lab, folder, runtime), stdout=output, stderr=output
        )
    try:
        lab.await_(f"{runtime} is ready", lambda: worker.poll() is not None or READY[runtime] in log.read_text())
        check(worker.poll() is None, f"{runtime} has ended: {log.read_text()}")
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(PATIENCE)


def _environment(lab: Lab, folder: Path, runtime: str) -> dict[str, str]:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = {names[name]: str(value) for name, value in conninfo_to_dict(lab.url).items() if name in names}
    surroundings = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**surroundings, **given, "RUNTIME": runtime, "RUNS": str(folder / "runs")}
