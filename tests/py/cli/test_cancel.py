"""`graphile-worker cancel`, by id and by filter."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from graphile_worker import Client
from tests.py.support.command import invoke, invoke_json, terminal, with_ids
from tests.support import job_id, job_ids


@pytest.fixture
def client(database: str) -> Iterator[Client]:
    """Jobs 1 and 2 wait, 3 runs."""
    with Client(database) as client:
        client.add_job("mail")
        client.add_job("mail")
        client.add_job("run")
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("select graphile_worker.get_jobs('w', '{run}')")
        yield client


def test_by_id(client: Client, database: str) -> None:
    result = invoke(*with_ids("cancel", "#1", "#3", "#99", "--reason", "wrong file"), url=database)
    assert result.exit_code == 0
    assert result.stdout == (
        f"cancelled job {job_id(1)}\n"
        f"worker w is asked to stop job {job_id(3)}; it sends no heartbeats, and may run it to its end\n"
    )
    assert result.stderr == f"gone, done perhaps: job {job_id(99)}\n"
    errors = [client.show_job(job).last_error for job in job_ids(1, 2, 3)]
    assert errors == ["Cancelled: wrong file", None, "Cancelled: wrong file"]
    assert invoke_json(*with_ids("cancel", "#2", "--remove"), url=database) == {
        "action": "cancel",
        "dry_run": False,
        "jobs": [{"id": job_id(2), "outcome": "removed", "worker_id": None}],
    }
    result = invoke(*with_ids("cancel", "#2"), url=database)
    assert (result.exit_code, result.stderr) == (1, f"error: job {job_id(2)}: gone, done perhaps\n")


def test_a_dry_run_by_id_changes_nothing(client: Client, database: str) -> None:
    before = client.list_jobs()
    result = invoke(*with_ids("cancel", "#1", "#3", "--dry-run"), url=database)
    assert result.stdout == (
        f"would have cancelled job {job_id(1)}\n"
        f"worker w would be asked to stop job {job_id(3)}; it sends no heartbeats, and may run it to its end\n"
    )
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.worker_heartbeat('w')")
    result = invoke(*with_ids("cancel", "#3", "--dry-run"), url=database)
    assert result.stdout == f"worker w would be asked to stop job {job_id(3)}\n"
    assert client.list_jobs() == before


def test_by_filter(client: Client, database: str) -> None:
    before = client.list_jobs()
    assert invoke("cancel", "--state", "unfinished", "--dry-run", url=database).stdout == "3 jobs would be cancelled\n"
    assert client.list_jobs() == before
    assert invoke("cancel", "--task", "mail", "--remove", url=database).stdout == "2 jobs cancelled\n"
    assert [job.task_identifier for job in client.list_jobs()] == ["run"]
    assert invoke("cancel", "--state", "locked", "--reason", "why", url=database).stdout == "1 job cancelled\n"
    assert client.show_job(job_id(3)).last_error == "Cancelled: why"
    result = invoke("cancel", "--task", "mail", url=database)
    assert (result.exit_code, result.stderr) == (1, "error: no such jobs\nhint: `list` shows what there is\n")


def test_wrong_usage(database: str) -> None:
    assert invoke("cancel", url=database).stderr.startswith("error: which jobs?")
    assert invoke("cancel", "1", "--task", "mail", url=database).stderr.startswith("error: ids and filters exclude")


def test_a_running_job_says_that_it_was_asked(client: Client, database: str) -> None:
    assert invoke(*with_ids("cancel", "#1", "#3", "--reason", "why"), url=database).exit_code == 0
    shown = terminal("show", str(job_id(3)), url=database).lines
    assert "state       locked, cancel asked" in shown
    # It is parked, which is not when it is due, and its attempts are used up, of which it may have had one.
    assert not any("9999" in line or "25 of 25" in line for line in shown)
    listed = terminal("list", url=database, columns=100).text
    assert listed.count("cancel asked") == 1
    assert "9999" not in listed
    assert "25/25" not in "".join(line for line in listed.splitlines() if "cancel asked" in line)
    assert invoke_json("show", str(job_id(3)), url=database)["is_cancelled"] is True
    assert invoke_json("show", str(job_id(1)), url=database)["is_cancelled"] is False
