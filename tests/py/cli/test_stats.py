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
from tests.py.support.command import COMMAND, environment, invoke, invoke_json, process, table, terminal


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
        "stale_workers": 0,
        "at_least": [],
        "held_back": 0,
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


def test_lower_bounds_are_marked(database: str) -> None:
    """Statistics that were never taken, or long ago, know nothing of them."""
    with Client(database) as client, psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table graphile_worker._private_jobs set (autovacuum_enabled = off)")
        client.add_jobs(JobSpec(identifier="many") for _ in range(10_001))
        connection.execute("update graphile_worker._private_jobs set attempts = max_attempts")
        connection.execute("update pg_class set reltuples = 5 where relname = 'jobs_failed_index'")
    assert invoke_json("stats", url=database)["at_least"] == ["failed", "total"]
    lines = terminal("stats", url=database).lines
    assert (lines[3], lines[4]) == ("failed     10,000+", "total      10,000+")


def test_workers_that_died_are_stale(busy: str) -> None:
    with psycopg.connect(busy, autocommit=True) as connection:
        connection.execute("update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour'")
    assert terminal("stats", url=busy).lines[-1] == "workers    0  2 stale, 1 task paused"


def test_says_when_there_are_more_tasks(busy: str) -> None:
    result = invoke("stats", "--by", "task", "--limit", "1", url=busy)
    assert result.stderr == "1 shown; there may be more: --after hello\n"
    assert invoke("stats", "--by", "task", "--limit", "3", url=busy).stderr == ""


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


def test_health_names_jobs_that_cannot_be_claimed(busy: str) -> None:
    assert invoke_json("stats", "--health", url=busy)["refused_claims"] == []
    with psycopg.connect(busy, autocommit=True) as connection:
        connection.execute("""
            insert into graphile_worker._private_refused_claims
            select min(j.id), now() - interval '1 hour', now(), now(), 7, 'not this one'
            from graphile_worker._private_jobs as j""")
    [refused] = invoke_json("stats", "--health", url=busy)["refused_claims"]
    assert (refused["refusals"], refused["error"]) == (7, "not this one")
    assert "not this one" in terminal("stats", "--health", url=busy, columns=120).text
    with psycopg.connect(busy, autocommit=True) as connection:
        connection.execute("delete from graphile_worker._private_refused_claims")


def test_watch_counts_what_happens_between_two_looks(database: str) -> None:
    with process("stats", "--watch", "100ms", "--json", url=database) as child, Client(database) as client:
        assert child.stdout is not None
        first = json.loads(child.stdout.readline())
        assert (first["added_per_second"], first["deleted_per_second"]) == (None, None)
        job = client.add_job("hello")
        client.complete_jobs([job.id])
        added = deleted = 0.0
        while not (added and deleted):
            # Before PostgreSQL 15 a session that is idle keeps to itself what it has counted.
            client.stats()
            look = json.loads(child.stdout.readline())
            added += look["added_per_second"]
            deleted += look["deleted_per_second"]
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
        assert errors == ""
    assert child.returncode == 0


def test_watch_goes_on_when_the_connection_is_back(database: str) -> None:
    with process("stats", "--watch", "100ms", "--json", url=database) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert json.loads(child.stdout.readline())["total"] == 0
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("""
                select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'graphile-worker cli' and datname = current_database()""")
        lost = child.stderr.readline()
        assert lost.startswith("the connection was lost: terminating connection")
        assert lost.endswith("; trying again every 100ms\n")
        assert child.stderr.readline() == "connected again\n"
        rates = [json.loads(child.stdout.readline())["added_per_second"] for _ in range(3)]
        assert rates[-1] is not None
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
    assert (child.returncode, errors) == (0, "")


def test_watch_does_not_wait_for_what_was_never_there() -> None:
    assert invoke("stats", "--watch", url="postgresql://localhost:1/x").exit_code == 2


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
