"""`graphile-worker add --from`: a job per line."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client
from tests.py.support.command import invoke, invoke_json, process, terminal
from tests.support import job_id, job_ids, wait_until


def test_lines_that_say_all(database: str) -> None:
    lines = [
        {"identifier": "a"},
        {
            "identifier": "b",
            "payload": {"n": 1},
            "queue_name": "q",
            "run_at": "2100-01-01T00:00:00Z",
            "max_attempts": 3,
            "job_key": "k",
            "priority": -1,
            "flags": ["slow"],
        },
    ]
    text = "\n\n".join(json.dumps(line) for line in lines)
    result = invoke("add", "--from", "-", url=database, stdin=text)
    assert (result.exit_code, result.stdout) == (0, "added 2 jobs\n")
    with Client(database) as client:
        a, b = (client.show_job(job) for job in job_ids(1, 2))
    assert (a.task_identifier, a.payload) == ("a", {})
    assert (b.task_identifier, b.payload, b.queue_name, b.key) == ("b", {"n": 1}, "q", "k")
    assert (b.max_attempts, b.priority, b.flags, b.run_at.year) == (3, -1, {"slow": True}, 2100)


def test_payloads_of_one_task(database: str, tmp_path: Path) -> None:
    file = tmp_path / "payloads.ndjson"
    file.write_bytes(b'\xef\xbb\xbf1.0000000000000000001\r\n"x"\r\n{"a": [1, 2]}')
    words = ["--queue", "q", "--priority", "7", "--flag", "slow", "--max-attempts", "2", "--chunk", "2"]
    assert invoke_json("add", "ship", "--from", str(file), *words, url=database) == {"added": 3}
    first = json.loads(invoke("show", str(job_id(1)), "--json", url=database).stdout, parse_float=str)
    assert (first["payload"], first["queue_name"], first["priority"]) == ("1.0000000000000000001", "q", 7)
    with Client(database) as client:
        assert [client.show_job(job).payload for job in job_ids(2, 3)] == ["x", {"a": [1, 2]}]


def test_progress_at_a_terminal(database: str, tmp_path: Path) -> None:
    file = tmp_path / "many.ndjson"
    file.write_text("{}\n" * 2500)
    screen = terminal("add", "many", "--from", str(file), "--chunk", "10", url=database)
    assert (screen.exit_code, screen.text.endswith("added 2,500 jobs\n")) == (0, True)
    assert "jobs added" in screen.text


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"identifier": "a"}\n\n{"identifier": "a",}\n', "stdin is not JSON: line 3, column 20"),
        ('{"identifier": "a"}\n[1', "stdin is not JSON: line 2, column 3"),
        ('{"identifier": "a"}\n{"payload": 1}\n', "stdin is not a job: line 2: Object missing required field"),
        ('{"identifier": "a", "queue": "q"}\n', "stdin is not a job: line 1: Object contains unknown field `queue`"),
        ('{"identifier": 1}\n', "stdin is not a job: line 1: Expected `str`, got `int` - at `$.identifier`"),
        ('{"identifier": "a", "run_at": "2100-01-01"}\n', "stdin is not a job: line 1: Invalid"),
        ('{"identifier": "a", "run_at": "2100-01-01T00:00:00"}\n', "stdin is not a job: line 1: Expected"),
        ('{"identifier": "a", "priority": 40000}\n', "stdin is not a job: line 1: Expected"),
        (
            '{"identifier": "a"}\n{"identifier": "a", "payload": ["NaN", NaN]}\n',
            "stdin is not JSON: line 2, column 40: it ",
        ),
        ("", "stdin has no jobs in it"),
    ],
)
def test_bad_lines(database: str, lines: str, message: str) -> None:
    result = invoke("add", "--from", "-", url=database, stdin=lines)
    assert result.exit_code == (1 if not lines else 2)
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {message}")
    with Client(database) as client:
        assert client.stats().total == 0


def test_says_how_far_it_came(database: str) -> None:
    result = invoke("add", "a", "--from", "-", "--chunk", "2", url=database, stdin="1\n2\n3\n4\nfive\n")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "error: stdin is not JSON: line 5, column 1: Expecting value",
        "hint: 4 jobs before were added. Go on from line 5: tail -n +5",
    ]
    with Client(database) as client:
        assert client.stats().total == 4


def test_an_error_of_the_database_names_the_lines(database: str) -> None:
    lines = [{"identifier": "a"}] * 3 + [{"identifier": "a", "queue_name": "q" * 129}]
    text = "\n".join(json.dumps(line) for line in lines)
    result = invoke("add", "--from", "-", "--chunk", "2", url=database, stdin=text)
    assert (result.exit_code, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()
    assert first.startswith("error: stdin lines 3 to 4: bad queue name")
    assert second == "hint: 2 jobs before were added. Go on from line 3: tail -n +3"
    result = invoke("add", "--from", "-", url=database, stdin=text)
    assert result.stderr.startswith("error: stdin lines 1 to 4: bad queue name")
    assert "tail" not in result.stderr


def test_an_interruption_says_where_to_go_on(database: str) -> None:
    with Client(database) as client, process("add", "a", "--from", "/dev/stdin", url=database, piped=True) as child:
        assert child.stdin is not None
        child.stdin.write("1\n" * 3000)
        child.stdin.flush()
        wait_until(lambda: client.stats().total >= 2000, timedelta(seconds=30), "two chunks to be added")
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
        total = client.stats().total
    assert child.returncode == 130
    # The chunk under way is brought to its end: the next time no line is added twice.
    assert errors == (
        f"error: interrupted: {total:,} jobs were added, and stay so\n"
        f"hint: Go on from line {total + 1}: tail -n +{total + 1}\n"
    )


def test_a_lost_connection_leaves_the_last_chunk_open(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            create function end_it() returns trigger language plpgsql as
            'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'""")
        connection.execute("""
            create trigger end_it before insert on graphile_worker._private_jobs
            for each row when (new.priority = 3) execute function end_it()""")
    lines = "\n".join(json.dumps({"identifier": "a", "priority": n}) for n in range(5))
    result = invoke("add", "--from", "-", "--chunk", "2", url=database, stdin=lines)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: stdin lines 3 to 4: the connection was lost: ")
    assert result.stderr.endswith(
        "\nhint: Whether they were added is unknown, 2 jobs before were: look before going on\n"
    )


@pytest.mark.parametrize("last_line", ["{}", "{"])
def test_many_are_analyzed(database: str, last_line: str) -> None:
    """Although they come in smaller transactions, and although it ends early."""
    result = invoke("add", "a", "--from", "-", url=database, stdin="{}\n" * 10_000 + last_line)
    assert result.exit_code == (0 if last_line == "{}" else 2)
    with psycopg.connect(database) as connection:
        row = connection.execute("select reltuples from pg_class where relname = '_private_jobs'").fetchone()
        assert row is not None
        assert row[0] >= 10_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add"], "missing argument 'IDENTIFIER'"),
        (["add", "--from", "-", "--queue", "q"], "options for all lines need IDENTIFIER"),
        (["add", "a", "--from", "-", "--payload", "{}"], "--from goes with neither"),
        (["add", "a", "--from", "-", "--key", "k"], "--from goes with neither"),
        (["add", "a", "--from", "/nowhere"], "invalid value for '--from'"),
    ],
)
def test_wrong_usage(database: str, words: list[str], message: str) -> None:
    result = invoke(*words, url=database, stdin="{}\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
