"""examples/worker.sh: a worker whose one call is worker_round."""

from __future__ import annotations

import os
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
from tests.py.support.sessions import connect

SCRIPT = Path(__file__).parents[3] / "examples" / "worker.sh"
VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
REFUSE = """
    create function refuse() returns trigger language plpgsql as $$
    begin
      raise exception 'no to %', old.payload;
    end $$;
    create trigger no_delete before delete on graphile_worker._private_jobs
    for each row when (old.payload::jsonb @> '{"n": 2}') execute function refuse();
    create trigger nothing before update or delete on graphile_worker._private_jobs
    for each row when (old.locked_at is not null and old.payload::jsonb @> '{"n": 3}') execute function refuse();
"""

pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the task lies: it notes its payload; says why and fails while there is a file `broken`; then waits while
    there is a file `slow`.
    """
    task = tmp_path / "note"
    task.write_text(
        "#!/bin/sh\ncat >>notes\nif [ -e broken ]; then echo 'some words'; echo 'it''s \"broken\"'; exit 3; fi\n"
        "while [ -e slow ]; do sleep 0.1; done\n"
    )
    task.chmod(0o755)
    return tmp_path


@contextmanager
def worker(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker, killed in the end unless it has stopped; what it says is in folder/out."""
    address = {VARIABLES[name]: str(value) for name, value in conninfo_to_dict(url).items() if name in VARIABLES}
    with (folder / "out").open("w") as out:
        process = subprocess.Popen(
            [SCRIPT, "note"], cwd=folder, env={**os.environ, **address}, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield process
        finally:
            (folder / "slow").unlink(missing_ok=True)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def notes(folder: Path) -> list[str]:
    return sorted((folder / "notes").read_text().splitlines()) if (folder / "notes").exists() else []


def add(client: Client, *numbers: int, queue_name: str | None = None) -> None:
    for n in numbers:
        client.add_job("note", {"n": n, "text": "a\tb'c\n"}, queue_name=queue_name)


def test_it_runs_jobs_and_tries_again_what_failed(database: str, folder: Path) -> None:
    with Client(database) as client:
        client.add_job("other")
        (folder / "broken").touch()
        add(client, 1)
        with worker(database, folder) as process:
            support.wait_until(lambda: client.list_jobs(task="note")[0].last_error, what="the job to fail")
            (folder / "broken").unlink()
            [failed] = client.list_jobs(task="note")
            assert (failed.last_error, failed.attempts) == ('exit status 3: its "broken"', 1)
            add(client, *range(2, 6), queue_name="q")
            add(client, *range(6, 10))
            support.wait_until(lambda: not client.list_jobs(task="note"), what="all of them to be done")
            stop(process)
        assert [job.attempts for job in client.list_jobs()] == [0]
        assert client.list_workers() == []
    assert [note[5] for note in notes(folder)] == list("1123456789")
    assert "\\t" in notes(folder)[0]
    assert (folder / "out").read_text().strip() == ""


def test_a_poisoned_row_concerns_itself_only(database: str, folder: Path) -> None:
    with Client(database) as client, worker(database, folder) as process:
        with connect(database) as connection:
            connection.execute(REFUSE)
        add(client, *range(1, 6))
        support.wait_until(lambda: len(client.list_jobs()) == 2 and len(set(notes(folder))) == 5, what="the others")
        # It goes on, over a call that is cut off, too.
        with connect(database, autocommit=False) as other, connect(database) as monitor:
            other.execute("lock table _private_tasks")
            waiting = "from pg_stat_activity where application_name = 'psql' and wait_event_type = 'Lock'"
            support.wait_until(lambda: monitor.execute(f"select {waiting}".encode()).fetchall(), what="its call")
            monitor.execute(f"select pg_terminate_backend(pid) {waiting}".encode())
            other.rollback()
        add(client, 6)
        support.wait_until(lambda: len(set(notes(folder))) == 6 and len(client.list_jobs()) == 2, what="one more")
        poisoned, stuck = sorted(client.list_jobs(), key=lambda job: job.id)
        assert poisoned.last_error is not None
        assert poisoned.last_error.startswith("the database refused to record its outcome: no to ")
        assert stuck.last_error is None
        stop(process)
        # The one is tried again, and handed in as before.
        assert [job.locked_by is None for job in sorted(client.list_jobs(), key=lambda job: job.id)] == [True, False]
    said = (folder / "out").read_text()
    assert f"job {stuck.id} stays locked: no to " in said
    assert "57P01" in said


def test_what_is_no_jsonb_and_words_that_are_no_text_concern_their_job_only(database: str, folder: Path) -> None:
    (folder / "note").write_text(
        "#!/bin/sh\ncat >>notes\nhead -c 200000 /dev/zero | tr '\\0' x\nprintf ' caf\\351 \\303\\251\\n'\nexit 3\n"
    )
    with Client(database) as client, worker(database, folder) as process:
        with connect(database) as connection:
            connection.execute("""select add_job('note', E'{"n": "\\\\u0000",\\n"m": 1}')""")
        support.wait_until(lambda: client.list_jobs()[0].last_error, what="the job to fail")
        [job] = client.list_jobs()
        assert job.last_error is not None
        assert job.last_error.startswith("exit status 3: xxx")
        assert job.last_error.endswith("x caf é")
        stop(process)
    assert notes(folder) == ['{"n": "\\u0000", "m": 1}']
    assert (folder / "out").read_text().strip() == ""


def test_it_stops_when_it_was_taken_for_dead(database: str, folder: Path) -> None:
    (folder / "slow").touch()
    with Client(database) as client, worker(database, folder) as process:
        add(client, 1)
        support.wait_until(lambda: len(notes(folder)) == 1, what="the job to run")
        with psycopg.connect(database, autocommit=True) as connection:
            process.send_signal(signal.SIGSTOP)
            connection.execute(
                "update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour'"
            )
            swept = connection.execute(
                "select recovered_jobs from graphile_worker.sweep_stale_workers(recovery_delay => '0 s')"
            ).fetchall()
            process.send_signal(signal.SIGCONT)
        assert swept == [(1,)]
        assert process.wait(30) == 1
        [left] = client.list_jobs()
        assert (left.locked_by, left.attempts) == (None, 0)
    assert "GWNRG" in (folder / "out").read_text()
