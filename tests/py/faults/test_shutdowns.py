"""SIGTERM at random moments under load: nothing is lost, nothing stays locked, no attempt is consumed.

GRAPHILE_WORKER_SOAK=200 sets how often; the suite does it a few times.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from graphile_worker import Client, JobSpec
from tests.support import scalar, wait_until

ROUNDS = int(os.environ.get("GRAPHILE_WORKER_SOAK", "5"))
WORKER = Path(__file__).with_name("soak_worker.py")


def _spec(n: int) -> JobSpec:
    kind = "async" if n % 2 else "thread"
    return JobSpec(identifier=kind, payload=n, queue_name=f"q{n % 7}" if n % 3 else None)


def test_sigterm_at_random_moments(database: str, tmp_path: Path) -> None:
    done: dict[int, int] = {}
    added = 0
    with Client(database) as client:
        for number in range(ROUNDS):
            client.add_jobs(_spec(added + n) for n in range(300))
            added += 300
            out = tmp_path / f"{number}.json"
            process = subprocess.Popen([sys.executable, WORKER, database, str(out)], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            # At a random moment: that is what is tested here, not something waited for.
            time.sleep(random.random() * 0.2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            process.stdout.close()
            for n in json.loads(out.read_text()):
                done[n] = done.get(n, 0) + 1
            stats = client.stats()
            assert (stats.locked, stats.locked_queues) == (0, 0), f"round {number}"
            assert scalar(database, "select count(*) from graphile_worker.jobs where attempts > 0") == 0
            # What was interrupted is due in half a minute; let it be due now.
            ids = [job.id for job in client.list_jobs(state="scheduled", limit=1000)]
            client.reschedule_jobs(ids, run_at=client.add_job("never").created_at)
        out = tmp_path / "last.json"
        process = subprocess.Popen([sys.executable, WORKER, database, str(out)], stdout=subprocess.DEVNULL)
        left = "select count(*) from graphile_worker.jobs where task_identifier <> 'never'"
        wait_until(lambda: scalar(database, left) == 0, timedelta(minutes=5))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        for n in json.loads(out.read_text()):
            done[n] = done.get(n, 0) + 1
    # Each completed once: a job that was interrupted did not count itself.
    assert done == dict.fromkeys(range(added), 1)
