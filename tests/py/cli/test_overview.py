"""`graphile-worker queues` and `workers`."""

from __future__ import annotations

from datetime import datetime

import psycopg
import pytest

from graphile_worker._calls.operator_rows import QueueSummary, WorkerSummary
from tests.py.support.command import invoke, invoke_json, table, terminal


@pytest.fixture
def busy(database: str) -> str:
    """Two queues, one of them locked; a worker that holds and beats, one that only beats, one that only holds."""
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "select add_job('hello', queue_name => 'held')",
            "select get_jobs('silent_worker')",
            "select add_job('hello')",
            "select get_jobs('beating_worker')",
            "select add_job('hello', queue_name => 'free', run_at => now() - interval '3 minutes 12.5 seconds')",
            "select add_job('hello', queue_name => 'free', run_at => now() + interval '1 day')",
            "select worker_heartbeat('beating_worker', '{\"host\": \"a\"}')",
            "select worker_heartbeat('idle_worker')",
        ):
            connection.execute(f"set search_path to graphile_worker; {statement}")
        connection.execute(
            "update graphile_worker._private_workers set last_heartbeat_at = now() - interval '10 minutes'"
            " where id = 'idle_worker'"
        )
    return database


def test_queues(busy: str) -> None:
    free, held = invoke_json("queues", url=busy)
    assert list(free) == list(QueueSummary.__dataclass_fields__)
    assert (free["queue_name"], free["ready"], free["scheduled"], free["locked_by"]) == ("free", 1, 1, None)
    assert (held["queue_name"], held["locked"], held["locked_by"]) == ("held", 1, "silent_worker")
    assert [row["queue_name"] for row in table(invoke("queues", url=busy).stdout)] == ["free", "held"]


def test_queues_on_a_terminal(busy: str) -> None:
    screen = terminal("queues", url=busy)
    assert screen.lines[0] == "QUEUE  READY  SCHEDULED  LOCKED  FAILED  LOCKED AT            LOCKED BY"
    assert screen.lines[1] == "free       1          1       0       0"
    assert screen.lines[2].startswith("held       0          0       1       0  ")
    assert screen.lines[2].endswith("  silent_worker")


def test_workers_are_all_there_once(busy: str) -> None:
    workers = invoke_json("workers", url=busy)
    assert list(workers[0]) == list(WorkerSummary.__dataclass_fields__)
    by_id = {worker["worker_id"]: worker for worker in workers}
    assert len(by_id) == len(workers) == 3
    beating, idle, silent = by_id["beating_worker"], by_id["idle_worker"], by_id["silent_worker"]
    assert (beating["is_stale"], beating["locked_jobs"], beating["metadata"]) == (False, 1, {"host": "a"})
    assert (idle["is_stale"], idle["locked_jobs"], idle["oldest_lock"]) == (True, 0, None)
    assert (silent["is_stale"], silent["locked_jobs"], silent["locked_queues"]) == (None, 1, 1)
    assert silent["last_heartbeat_at"] is None
    assert datetime.fromisoformat(silent["oldest_lock"]).tzinfo is not None


def test_workers_on_a_terminal(busy: str) -> None:
    screen = terminal("workers", url=busy, columns=100)
    states = {line.split()[0]: line.split()[1] for line in screen.lines[1:]}
    assert states == {"beating_worker": "alive", "idle_worker": "stale", "silent_worker": "no"}
    assert "silent_worker   no heartbeats     1       1" in screen.text


def test_slots_that_are_lost(busy: str) -> None:
    with psycopg.connect(busy, autocommit=True) as connection:
        for worker_id, count in (("beating_worker", 1), ("idle_worker", 2)):
            connection.execute("select graphile_worker.beat_workers(array[%s], array[%s])", [worker_id, count])
    text = terminal("workers", url=busy, columns=120).text
    assert "alive, 1 slot lost" in text
    assert "alive, 2 slots lost" in text
    told = {worker["worker_id"]: worker["metadata"] for worker in invoke_json("workers", url=busy)}
    assert (told["beating_worker"], told["idle_worker"]) == ({"host": "a", "lost_slots": 1}, {"lost_slots": 2})


def test_stale_threshold(busy: str) -> None:
    for threshold, stale in {"20m": False, "1h": False, "0.5h": False, "9m": True, "300": True, "100ms": True}.items():
        workers = invoke_json("workers", "--stale-threshold", threshold, url=busy)
        [idle] = [worker for worker in workers if worker["worker_id"] == "idle_worker"]
        assert idle["is_stale"] is stale, threshold


@pytest.mark.parametrize("written", ["", "0", "0s", "-5", "5 minutes", "5x", "m", "1e3", "9" * 20])
def test_bad_duration(written: str) -> None:
    result = invoke("workers", "--stale-threshold", written)
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: --stale-threshold {written!r} is not a duration\n"
        "hint: Write 300 (seconds), 30s, 5m, 2h or 100ms; more than 0\n"
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [("queues", "no named queues\n"), ("workers", "no worker sends heartbeats, and nobody holds a job\n")],
)
def test_nothing_to_list(database: str, command: str, words: str) -> None:
    assert invoke_json(command, url=database) == []
    assert table(invoke(command, url=database).stdout) == []
    screen = terminal(command, url=database)
    assert (screen.exit_code, screen.text) == (0, words)
