"""`graphile-worker cleanup`, `force-unlock` and `sweep-stale-workers`."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from graphile_worker import Client, JobSpec
from tests.py.support.command import invoke, invoke_json, terminal


@pytest.fixture
def client(database: str) -> Iterator[Client]:
    """Five failed jobs, of a task and a queue of their own, and one that runs."""
    with Client(database) as client:
        ids = client.add_jobs(JobSpec(identifier="mail", queue_name="slow") for _ in range(5))
        client.permanently_fail_jobs(ids)
        client.add_job("run", queue_name="busy")
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("select graphile_worker.get_jobs('w', '{run}')")
        yield client


def test_cleanup_does_all_of_it(client: Client, database: str) -> None:
    result = invoke("cleanup", "--chunk", "2", url=database)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "5 failed jobs removed",
        "1 unused task identifier removed",
        "1 unused queue removed",
    ]
    assert client.stats().total == 1


def test_cleanup_of_one_kind(client: Client, database: str) -> None:
    assert invoke_json("cleanup", "delete-permanently-failed-jobs", "--chunk", "5", url=database) == [
        {"task": "delete_permanently_failed_jobs", "removed": 5}
    ]
    assert invoke_json("cleanup", "gc-task-identifiers", "--keep", "mail", url=database) == [
        {"task": "gc_task_identifiers", "removed": 0}
    ]
    assert invoke("cleanup", "vacuum", url=database).exit_code == 2


def test_cleanup_asks_at_a_terminal(client: Client, database: str) -> None:
    screen = terminal("cleanup", "delete-permanently-failed-jobs", url=database, typed="\n")
    assert screen.exit_code == 1
    assert "5 failed jobs will be removed. Go on? [y/N]:" in screen.text
    assert client.stats().failed == 5
    screen = terminal("cleanup", "delete-permanently-failed-jobs", "--chunk", "1", "--yes", url=database)
    assert (screen.exit_code, screen.lines[-1]) == (0, "5 failed jobs removed")
    # The task of those jobs is one that no job refers to now; there are no more failed jobs to ask about.
    screen = terminal("cleanup", "delete-permanently-failed-jobs", "gc-task-identifiers", url=database, typed="y\n")
    assert "\n1 unused task identifier will be removed. Go on? [y/N]:" in screen.text
    assert screen.text.endswith("0 failed jobs removed\n1 unused task identifier removed\n")
    screen = terminal("cleanup", "delete-permanently-failed-jobs", url=database)
    assert (screen.exit_code, screen.text) == (0, "0 failed jobs removed\n")


def test_a_dry_run_of_cleanup_is_what_it_does(client: Client, database: str) -> None:
    """The jobs that refer to the task and the queue would be gone by then."""
    assert invoke("cleanup", "--dry-run", url=database).stdout.splitlines() == [
        "5 failed jobs would be removed",
        "1 unused task identifier would be removed: mail",
        "1 unused queue would be removed: slow",
    ]
    # In whatever order they are named.
    names = ("gc-job-queues", "delete-permanently-failed-jobs")
    found = [
        {"task": "delete_permanently_failed_jobs", "removed": 5, "names": None},
        {"task": "gc_job_queues", "removed": 1, "names": ["slow"]},
    ]
    assert invoke_json("cleanup", *names, "--dry-run", url=database) == found
    assert client.stats().total == 6
    done = [{name: row[name] for name in ("task", "removed")} for row in found]
    assert invoke_json("cleanup", *names, url=database) == done
    assert invoke_json("cleanup", "gc-task-identifiers", "--keep", "mail", "--dry-run", url=database) == [
        {"task": "gc_task_identifiers", "removed": 0, "names": None}
    ]


def test_force_unlock(client: Client, database: str) -> None:
    screen = terminal("force-unlock", "w", url=database, typed="n\n")
    assert screen.exit_code == 1
    assert "1 job and 1 queue will be unlocked. Are these workers dead? [y/N]:" in screen.text
    assert client.stats().locked == 1
    assert invoke("force-unlock", "w", url=database).stdout == "unlocked 1 job and 1 queue\n"
    assert client.stats().locked == 0
    result = invoke("force-unlock", "w", "v", url=database)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: 'w' and 'v' hold nothing\nhint: `graphile-worker workers` lists who does\n",
    )


def test_force_unlock_says_who_held_something(client: Client, database: str) -> None:
    assert invoke_json("force-unlock", "nobody", "w", url=database) == {
        "worker_ids": ["w"],
        "locked_jobs": 1,
        "locked_queues": 1,
        "dry_run": False,
    }


def test_a_dry_run_of_force_unlock(client: Client, database: str) -> None:
    assert invoke("force-unlock", "w", "--dry-run", url=database).stdout == "would unlock 1 job and 1 queue\n"
    found = invoke_json("force-unlock", "nobody", "w", "--dry-run", url=database)
    assert found == {"worker_ids": ["w"], "locked_jobs": 1, "locked_queues": 1, "dry_run": True}
    assert client.stats().locked == 1
    assert invoke("force-unlock", "nobody", "--dry-run", url=database).exit_code == 1


def test_a_sweep_names_who_holds_jobs_without_heartbeats(client: Client, database: str) -> None:
    result = invoke("sweep-stale-workers", url=database)
    assert result.exit_code == 0
    assert result.stderr == (
        "1 worker without heartbeats holds jobs\nhint: If dead for certain: graphile-worker force-unlock w\n"
    )
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.worker_heartbeat('w')")
    assert invoke("sweep-stale-workers", url=database).stderr == ""


def test_sweep_stale_workers(client: Client, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.worker_heartbeat('w')")
    assert invoke_json("sweep-stale-workers", url=database) == []
    assert terminal("sweep-stale-workers", url=database).text == "no stale workers\n"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "update graphile_worker._private_workers set last_heartbeat_at = now() - interval '10 minutes'"
        )
    assert invoke_json("sweep-stale-workers", "--sweep-threshold", "20m", url=database) == []
    [found] = invoke_json("sweep-stale-workers", "--dry-run", url=database)
    assert (found["worker_id"], found["recovered_jobs"]) == ("w", 1)
    assert client.stats().locked == 1
    screen = terminal("sweep-stale-workers", "--recovery-delay", "1h", url=database)
    assert screen.lines[1].startswith("w  ")
    stats = client.stats()
    assert (stats.locked, stats.scheduled) == (0, 1)
    result = invoke("sweep-stale-workers", "--sweep-threshold", "soon", url=database)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, "error: --sweep-threshold 'soon' is not a duration")
