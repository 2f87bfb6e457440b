"""`graphile-worker stats`: once, again and again, by task, by queue, and the tables' health."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess

import psycopg
import pytest

from graphile_worker import Client, JobSpec, Stats
from tests.py.cli_support import COMMAND, environment, invoke, invoke_json, process, table, terminal


@pytest.fixture
def busy(database: str) -> str:
    """Two queues, one of them locked; jobs in each state but failed; two workers with heartbeats."""
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "select add_job('hello', queue_name => 'held')",
            "select get_jobs('silent_worker')",
            "select add_job('hello')",
            "select get_jobs('beating_worker')",
            "select add_job('hello', queue_name => 'free', run_at => now() - interval '3 minutes 12.5 seconds')",
            "select add_job('later', queue_name => 'free', run_at => now() + interval '1 day')",
            "select worker_heartbeat('beating_worker')",
            "select worker_heartbeat('idle_worker')",
            "select pause_queue('free'), pause_task('later', 'why')",
        ):
            connection.execute(f"set search_path to graphile_worker; {statement}")
    return database


def test_as_json(busy: str) -> None:
    document = invoke_json("stats", url=busy)
    assert list(document) == list(Stats.__dataclass_fields__)
    assert 192.5 <= document.pop("oldest_ready_age") < 300
    assert document.pop("counted_at").endswith("Z")
    assert document.pop("jobs_added") >= document.pop("jobs_deleted") >= 0
    assert document == {
        "total": 4,
        "ready": 1,
        "scheduled": 1,
        "locked": 2,
        "failed": 0,
        "queues": 2,
        "locked_queues": 1,
        "workers": 2,
        "paused_queues": 1,
        "paused_tasks": 1,
        "estimated": [],
    }


def test_when_piped(busy: str) -> None:
    fields = {row["field"]: row["value"] for row in table(invoke("stats", url=busy).stdout)}
    assert list(fields) == list(Stats.__dataclass_fields__)
    assert fields["ready"] == "1"
    assert fields["oldest_ready_age"].startswith("3m ")


def test_on_a_terminal(busy: str) -> None:
    lines = terminal("stats", url=busy).lines
    assert lines[0].startswith("ready      1  the oldest due for 3m ")
    assert lines[1:] == [
        "scheduled  1",
        "locked     2",
        "failed     0",
        "total      4",
        "queues     2  1 locked, 1 paused",
        "workers    2  1 task paused",
    ]


def test_of_an_empty_queue(database: str) -> None:
    assert invoke_json("stats", url=database)["oldest_ready_age"] is None
    assert terminal("stats", url=database).lines[0] == "ready      0"


def test_estimates_are_marked(database: str) -> None:
    with Client(database) as client:
        client.add_jobs(JobSpec(identifier="many") for _ in range(10_001))
    assert invoke_json("stats", url=database)["estimated"] == ["ready", "total"]
    lines = terminal("stats", url=database).lines
    assert lines[0].startswith("ready      ~10,")
    assert lines[1] == "scheduled        0"
    assert "many  1000+" in terminal("stats", "--by", "task", url=database).text


def test_by_task(busy: str) -> None:
    hello, later = invoke_json("stats", "--by", "task", url=busy)
    assert (hello["task_identifier"], hello["ready"], hello["locked"], hello["capped"]) == ("hello", 1, 2, [])
    assert (later["task_identifier"], later["scheduled"], later["pause_reason"]) == ("later", 1, "why")
    rows = table(invoke("stats", "--by", "task", url=busy).stdout)
    assert [row["task_identifier"] for row in rows] == ["hello", "later"]
    [after] = invoke_json("stats", "--by", "task", "--after", "hello", url=busy)
    assert after["task_identifier"] == "later"
    screen = terminal("stats", "--by", "task", url=busy, columns=100)
    assert screen.lines[0].split("  ")[0] == "TASK"
    assert "PAUSED SINCE" in screen.lines[0]


def test_by_queue(busy: str) -> None:
    [free] = invoke_json("stats", "--by", "queue", url=busy)
    assert (free["queue_name"], free["ready"], free["capped"]) == ("free", 1, False)
    assert free["paused_at"] is not None
    assert terminal("stats", "--by", "queue", url=busy, columns=100).lines[1].startswith("free       1")


def test_health(busy: str) -> None:
    with psycopg.connect(busy, application_name="forgotten") as other:
        other.execute("create temp table t ()")
        health = invoke_json("stats", "--health", url=busy)
        assert [t["table_name"] for t in health["tables"]] == [
            "_private_jobs",
            "_private_job_queues",
            "_private_tasks",
            "_private_workers",
        ]
        [holder] = health["xmin_holders"]
        assert (holder["kind"], holder["name"], holder["pid"]) == ("session", "forgotten", other.info.backend_pid)
        screen = terminal("stats", "--health", url=busy, columns=120)
        assert "_private_jobs" in screen.text
        assert "forgotten" in screen.text
    assert terminal("stats", "--health", url=busy).lines[-1] == "nothing keeps vacuum from removing dead rows"


def test_watch_counts_what_happens_between_two_looks(database: str) -> None:
    with process("stats", "--watch", "100ms", "--json", url=database) as child, Client(database) as client:
        assert child.stdout is not None
        first = json.loads(child.stdout.readline())
        assert (first["added_per_second"], first["deleted_per_second"]) == (None, None)
        job = client.add_job("hello")
        client.complete_jobs([job.id])
        added = deleted = 0.0
        while not (added and deleted):
            look = json.loads(child.stdout.readline())
            added += look["added_per_second"]
            deleted += look["deleted_per_second"]
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
        assert errors == ""
    assert child.returncode == 0


def test_watch_at_a_terminal_ends_with_control_c(database: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "stats", "--watch", "100ms"],
        env=environment(database, TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    ) as child:
        os.close(theirs)
        shown = b""
        while b"per second" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, b"\x03")
        assert child.wait(30) == 0
    os.close(ours)
    assert b"\x1b[2J" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--by", "task", "--health"], "--by and --health exclude each other"),
        (["--after", "x"], "--after needs --by task"),
        (["--watch", "soon"], "--watch 'soon' is not a duration"),
    ],
)
def test_wrong_usage(database: str, words: list[str], message: str) -> None:
    result = invoke("stats", *words, url=database)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
