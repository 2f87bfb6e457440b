"""`graphile-worker pause` and `resume`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from graphile_worker import Client
from tests.py.support.command import invoke, invoke_json, table, terminal


@pytest.mark.parametrize("kind", ["queue", "task"])
def test_pause_and_resume(database: str, kind: str) -> None:
    assert invoke("pause", f"--{kind}", "a", "--reason", "why", url=database).stdout == f"{kind} a is paused\n"
    assert invoke("pause", f"--{kind}", "a", url=database).stdout == f"{kind} a was already paused\n"
    [row] = table(invoke("pause", url=database).stdout)
    assert (row["kind"], row["name"], row["reason"]) == (kind, "a", "why")
    [document] = invoke_json("pause", url=database)
    assert list(document) == ["kind", "name", "paused_at", "paused_by", "reason", "until"]
    assert invoke_json("resume", f"--{kind}", "a", url=database) == {
        "kind": kind,
        "name": "a",
        "paused": False,
        "changed": True,
    }
    result = invoke("resume", f"--{kind}", "a", url=database)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: {kind} 'a' is not paused\nhint: `graphile-worker pause` lists what is")
    result = invoke("resume", f"--{kind}", "a", "--json", url=database)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"kind": kind, "name": "a", "paused": False, "changed": False}


@pytest.mark.parametrize("kind", ["queue", "task"])
def test_a_pause_that_ends_by_itself(database: str, kind: str) -> None:
    before = datetime.now(UTC)
    result = invoke("pause", f"--{kind}", "a", "--until", "2h", url=database)
    assert result.stdout.startswith(f"{kind} a is paused until 2")
    [document] = invoke_json("pause", url=database)
    after = datetime.fromisoformat(document["until"]) - timedelta(hours=2)
    assert before <= after <= datetime.now(UTC)
    result = invoke("pause", f"--{kind}", "a", "--until", "2999-01-01T00:00Z", url=database)
    assert result.stdout.startswith(f"{kind} a was already paused, from now on until 2")
    header, _ = terminal("pause", url=database).lines
    assert header.split()[:4] == ["WHAT", "NAME", "SINCE", "UNTIL"]
    said = invoke_json("pause", f"--{kind}", "a", url=database)
    assert (said["changed"], said["until"]) == (False, None)
    assert invoke_json("pause", url=database)[0]["until"] is None


@pytest.mark.parametrize("kind", ["queue", "task"])
def test_a_name_that_nobody_knows_may_be_misspelt(database: str, kind: str) -> None:
    with Client(database) as client:
        client.add_job("known", queue_name="known")
    assert invoke("pause", f"--{kind}", "known", url=database).stderr == ""
    result = invoke("pause", f"--{kind}", "kwown", url=database)
    assert (result.exit_code, result.stdout) == (0, f"{kind} kwown is paused\n")
    assert result.stderr == f"warning: there is no {kind} kwown yet; is the name right?\n"


def test_at_a_terminal(database: str) -> None:
    assert terminal("pause", url=database).text == "nothing is paused\n"
    invoke("pause", "--queue", "imports", "--reason", "wrong file", url=database)
    header, line = terminal("pause", url=database).lines
    assert header.split() == ["WHAT", "NAME", "SINCE", "BY", "REASON"]
    assert line.startswith("queue  imports  ")
    assert line.endswith("wrong file")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resume"], "one of --queue and --task"),
        (["pause", "--queue", "a", "--task", "b"], "one of --queue and --task"),
        (["pause", "--reason", "x"], "--reason needs --queue or --task"),
        (["pause", "--until", "1h"], "--until needs --queue or --task"),
        (["pause", "--task", "a", "--until", "soon"], "--until 'soon' is not a duration or a date and time"),
        (["pause", "--task", "a", "--until", "2020-01-01T00:00Z"], "bad until"),
        (["pause", "--queue", ""], "bad queue name ''"),
    ],
)
def test_wrong_usage(database: str, words: list[str], message: str) -> None:
    result = invoke(*words, url=database)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
