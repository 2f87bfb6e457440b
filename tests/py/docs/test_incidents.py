"""docs/incidents.md, line by line, on a queue in which all of it has happened."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, JobSpec
from tests.py.support.command import environment

DOCUMENT = Path(__file__).parents[3] / "docs" / "incidents.md"

# Ids that the lines name, in order of adding; what their lines find has to be there.
SCENE = [
    *[JobSpec(identifier="send_email", payload={"n": n}) for n in range(1, 5)],
    JobSpec(identifier="resize"),
    JobSpec(identifier="resize"),
    JobSpec(identifier="report", queue_name="reports"),
    JobSpec(identifier="ship"),
    JobSpec(identifier="ship"),
    JobSpec(identifier="order", job_key="order-4711"),
    *[JobSpec(identifier="import", queue_name="imports") for _ in range(3)],
    JobSpec(identifier="hang"),
    JobSpec(identifier="silent"),
    JobSpec(identifier="old"),
]


def blocks() -> Iterator[tuple[str, str]]:
    """The language and the text of each block of code."""
    yield from re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)


# What lines that look for something say when they have found it.
FOUND = {
    "graphile-worker stats": "stale_workers\t1",
    "graphile-worker workers --stale-threshold 2m": "silent_worker",
    "graphile-worker sweep-stale-workers --sweep-threshold 5m --dry-run": "silent_worker\t",
    "graphile-worker sweep-stale-workers --sweep-threshold 5m": "silent_worker\t",
    "graphile-worker force-unlock dead_worker --yes": "unlocked 1 job",
    "graphile-worker stats --health": "forgotten",
    ":gw_xmin": "forgotten",
    "select pg_terminate_backend": "(1 row)",
    "graphile-worker retry --error-like 'out of memory' --yes": "jobs retried",
}


@pytest.fixture
def forgotten(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that somebody has left open. It can't be made an hour old: the line's interval is, to the test."""
    with psycopg.connect(database, application_name="forgotten") as connection:
        connection.execute("select txid_current()")
        yield connection
        connection.close()


@pytest.fixture
def scene(database: str, tmp_path: Path) -> Path:
    with Client(database) as client, psycopg.connect(database, autocommit=True) as connection:
        # The guide names jobs by small ids.
        connection.execute("alter table graphile_worker._private_jobs alter column id restart with 1")
        ids = client.add_jobs(SCENE)
        assert ids[0] == 1
        connection.execute("select graphile_worker.get_jobs('dead_worker', '{hang}')")
        connection.execute("select graphile_worker.get_jobs('silent_worker', '{silent}')")
        connection.execute("select graphile_worker.worker_heartbeat('silent_worker')")
        connection.execute(
            "update graphile_worker._private_workers set last_heartbeat_at = now() - interval '10 minutes'"
        )
        client.permanently_fail_jobs(ids[:4], "timed out after 30 s")
        client.permanently_fail_jobs([ids[4], ids[5], ids[-1]], "out of memory")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    script = binaries / "graphile-worker"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m graphile_worker._cli "$@"\n')
    script.chmod(0o755)
    return tmp_path


# Forty processes, one after the other.
@pytest.mark.timeout(300)
def test_every_line_does_what_it_is_for(scene: Path, database: str, forgotten: psycopg.Connection[Any]) -> None:
    found = set()
    variables = environment(database, PATH=f"{scene / 'bin'}:{os.environ['PATH']}", PAGER="cat")
    commands = 0
    for language, text in blocks():
        if language == "psql":
            # One session for all of a block, as somebody would have; what an earlier block defined is there again.
            text = text.replace("interval '1 hour'", "interval '0 hours'")
            script = text if text.startswith("\\i ") else f"\\i incident.psql\n{text}"
            command = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", database]
            run = subprocess.run(command, input=script, env=variables, cwd=scene, capture_output=True, text=True)
            assert (run.returncode, run.stderr) == (0, ""), f"{text}\n{run.stdout}"
            commands += len(text.splitlines())
            found |= {line for line in FOUND if line in text and FOUND[line] in run.stdout}
            continue
        assert language == "sh"
        for line in text.splitlines():
            run = subprocess.run(
                ["bash", "-c", line], env=variables, cwd=scene, capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
            assert run.returncode == 0, f"{line}\n{run.stdout}{run.stderr}"
            assert "Traceback" not in run.stderr
            if FOUND.get(line, "nothing") in run.stdout:
                found.add(line)
            commands += 1
    assert commands > 40
    assert found == set(FOUND)
    with pytest.raises(psycopg.OperationalError):
        forgotten.execute("select")
    with Client(database) as client:
        left = {job.task_identifier: job for job in client.list_jobs()}
        assert "import" not in left
        assert "order" not in left
        assert left["send_email"].attempts == 0
        assert left["send_email"].last_error == "timed out after 30 s"
        assert left["report"].run_at.year == 2100
        assert left["hang"].locked_by is None
        assert left["silent"].locked_by is None
        assert left["silent"].run_at > left["silent"].created_at
        assert client.list_paused() == []
