"""`graphile-worker add --from`: a job per line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.cli_support import invoke, invoke_json, terminal


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
        a, b = (client.show_job(n) for n in (1, 2))
    assert (a.task_identifier, a.payload) == ("a", {})
    assert (b.task_identifier, b.payload, b.queue_name, b.key) == ("b", {"n": 1}, "q", "k")
    assert (b.max_attempts, b.priority, b.flags, b.run_at.year) == (3, -1, {"slow": True}, 2100)


def test_payloads_of_one_task(database: str, tmp_path: Path) -> None:
    file = tmp_path / "payloads.ndjson"
    file.write_bytes(b'\xef\xbb\xbf1.0000000000000000001\r\n"x"\r\n{"a": [1, 2]}')
    words = ["--queue", "q", "--priority", "7", "--flag", "slow", "--max-attempts", "2", "--chunk", "2"]
    assert invoke_json("add", "ship", "--from", str(file), *words, url=database) == {"added": 3}
    first = json.loads(invoke("show", "1", "--json", url=database).stdout, parse_float=str)
    assert (first["payload"], first["queue_name"], first["priority"]) == ("1.0000000000000000001", "q", 7)
    with Client(database) as client:
        assert [client.show_job(n).payload for n in (2, 3)] == ["x", {"a": [1, 2]}]


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
        "hint: 4 jobs before it were added, in order; leave their lines out the next time",
    ]
    with Client(database) as client:
        assert client.stats().total == 4


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
