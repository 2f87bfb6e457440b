"""The worker that sql/README.md prints, run as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from graphile_worker import Client
from tests import support

SCRIPT = re.findall(r"```sh\n(.*?)```", (Path(__file__).parents[3] / "sql" / "README.md").read_text(), re.DOTALL)[-1]
VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}

pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")


@contextmanager
def shell_worker(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The script in a shell, killed with what it started when the block ends; its output goes to folder/out."""
    address = {VARIABLES[name]: str(value) for name, value in conninfo_to_dict(url).items() if name in VARIABLES}
    with (
        (folder / "out").open("w") as out,
        subprocess.Popen(
            ["sh", "-c", SCRIPT],
            cwd=folder,
            env={**os.environ, **address},
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the task lies: it fails while there is a file `broken`, and waits while there is a file `slow`."""
    task = tmp_path / "backup"
    task.write_text("#!/bin/sh\ncat >/dev/null\nwhile [ -e slow ]; do sleep 0.1; done\n[ ! -e broken ]\n")
    task.chmod(0o755)
    return tmp_path


def holder(client: Client) -> str | None:
    return next((job.locked_by for job in client.list_jobs(state="locked")), None)


def test_it_does_what_is_due_and_records_what_fails(database: str, folder: Path) -> None:
    with Client(database) as client:
        client.add_job("other")
        client.add_job("backup")
        (folder / "broken").touch()
        with shell_worker(database, folder):
            support.wait_until(lambda: client.list_jobs(task="backup")[0].last_error, what="the job to fail")
            [failed] = client.list_jobs(task="backup")
            assert (failed.last_error, failed.attempts, failed.job_state) == ("exit status", 1, "scheduled")
            (folder / "broken").unlink()
            client.add_job("backup", job_key="good")
            support.wait_until(lambda: not client.list_jobs(search="good"), what="the next one to be done")
        assert [job.attempts for job in client.list_jobs(task="other")] == [0]
    assert "rror" not in (folder / "out").read_text()


def test_each_has_an_id_of_its_own(database: str, folder: Path) -> None:
    (folder / "slow").touch()
    ids = []
    with Client(database) as client:
        for _ in range(2):
            client.add_job("backup")
            with shell_worker(database, folder):
                ids.append(support.wait_until(lambda: holder(client), what="the job to be claimed"))
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute("select graphile_worker.force_unlock_workers(%s)", [ids])
                connection.execute("delete from graphile_worker._private_jobs")
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"shell_[0-9a-f]{16}", worker_id) for worker_id in ids)
