"""Eight worker processes on one database: every job runs, and no queue ever has two in flight.

The checker looks at nothing but what the workers wrote down.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tests import support
from tests.py.support.broken_claim import MANY_OF_ONE_QUEUE
from tests.py.support.history import Lease, counts, violations
from tests.py.support.sessions import connect

PROCESSES = 8
CONCURRENCY = 30
QUEUES = 50
PATIENCE = timedelta(seconds=180)
WORKER = Path(__file__).with_name("recording_worker.py")
LISTENING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name like 'graphile-worker listen %'
"""
LOAD = """
    select j.id from generate_series(0, %(jobs)s - 1, 1000) as first, lateral add_jobs(array(
      select row('record', null, queue, null, null, null, null, null)::job_spec
      from generate_series(first, least(first + 999, %(jobs)s - 1)) as i,
        unnest(array[null, 'queue' || i %% %(queues)s]) as queue
    )) as j
"""


def run_workers(url: str, folder: Path, jobs: int, queues: int) -> tuple[list[Lease], list[int]]:
    """Runs that many jobs in queues, as many without; returns what all workers wrote down, and the jobs' ids."""
    with connect(url) as connection:
        files = [folder / f"{number}.json" for number in range(PROCESSES)]
        with ExitStack() as stack:
            workers = [
                stack.enter_context(subprocess.Popen([sys.executable, WORKER, url, str(CONCURRENCY), file]))
                for file in files
            ]
            # Before the block waits for them to end: not one is left behind, whatever fails.
            stack.callback(lambda: [worker.kill() for worker in workers])
            # No job before everybody is there to take its part; who listens minds signals, too.
            support.wait_until(lambda: connection.execute(LISTENING).fetchone()[0] == PROCESSES, PATIENCE)
            expected = [id_ for (id_,) in connection.execute(LOAD, {"jobs": jobs, "queues": queues}).fetchall()]
            assert len(expected) == 2 * jobs
            empty = "select not exists (select from _private_jobs)"
            support.wait_until(lambda: connection.execute(empty).fetchone()[0], PATIENCE, "jobs are left")
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            assert [worker.wait(20) for worker in workers] == [0] * PROCESSES
    return [Lease(**record) for file in files for record in json.loads(file.read_text())], expected


@pytest.mark.timeout(240)
def test_eight_processes_run_every_job_and_no_queue_has_two_in_flight(database: str, tmp_path: Path):
    leases, expected = run_workers(database, tmp_path, jobs=8_000, queues=QUEUES)
    assert violations(leases, expected=expected) == []
    assert set(counts(leases).values()) == {1}
    assert len({lease.worker for lease in leases}) == PROCESSES, "not everybody had something to do"
    assert len({lease.queue for lease in leases}) == QUEUES + 1


def test_the_checker_sees_a_broken_claim(database: str, tmp_path: Path):
    with connect(database) as connection:
        connection.execute(MANY_OF_ONE_QUEUE)
    leases, expected = run_workers(database, tmp_path, jobs=500, queues=5)
    found = violations(leases, expected=expected)
    assert found
    assert all(line.startswith("queue ") for line in found)
