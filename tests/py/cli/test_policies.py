"""`graphile-worker policies list`, `set` and `reset`."""

from __future__ import annotations

import psycopg
import pytest

from graphile_worker import Client
from tests.py.support.command import invoke, invoke_json, table, terminal

RETRY = '{"kind": "exponential", "base": "2s", "cap": "1h"}'


def test_set_list_and_reset(database: str) -> None:
    words = ["policies", "set", "charge", "--retry", RETRY, "--timeout", "5m", "--max-attempts", "5"]
    assert invoke(*words, url=database).stdout == "the policy of charge is set\n"
    words = ["policies", "set", "charge", "--expires-after", "1d", "--priority", "-1", "--reason", "slow bank"]
    assert invoke(*words, "--bad-payload", "retry", url=database).stdout == "the policy of charge is changed\n"
    [document] = invoke_json("policies", "list", url=database)
    assert {name: document[name] for name in document if not name.startswith("set_")} == {
        "task_identifier": "charge",
        "timeout": 300.0,
        "retry": {"kind": "exponential", "base": "2s", "cap": "1h"},
        "max_attempts": 5,
        "priority": -1,
        "expires_after": 86400.0,
        "bad_payload": "retry",
        "from_operator": ["timeout", "retry", "max_attempts", "priority", "expires_after", "bad_payload"],
        "reason": "slow bank",
    }
    [row] = table(invoke("policies", "list", "charge", url=database).stdout)
    assert (row["task_identifier"], row["timeout"], row["max_attempts"]) == ("charge", "5m", "5")
    assert invoke_json("policies", "list", "other", url=database) == []
    assert (
        invoke("policies", "reset", "charge", url=database).stdout == "the policy of charge is what its workers say\n"
    )
    result = invoke("policies", "reset", "charge", url=database)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: nothing was set for 'charge'\nhint: `graphile-worker policies list` shows what is\n",
    )


def test_at_a_terminal(database: str) -> None:
    assert terminal("policies", "list", url=database).text == "no task has a policy\n"
    with Client(database) as client:
        client.set_task_policy("mail", max_attempts=3, reason="why")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""select graphile_worker.publish_task_policies('{"mail": {"priority": 7}}')""")
    header, line = terminal("policies", "list", url=database).lines
    assert header.split()[:2] == ["TASK", "TIMEOUT"]
    assert [word for word in line.split() if word in ("mail", "3", "7", "max_attempts", "why")] == [
        *("mail", "3", "7", "max_attempts", "why")
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["set", "mail", "--reason", "why"], "nothing to set"),
        (["set", "mail", "--retry", "soon"], "--retry 'soon' is no JSON object"),
        (["set", "mail", "--retry", '{"kind": "never"}'], 'bad retry {"kind": "never"}: its kind is unknown'),
        (["set", "mail", "--timeout", "soon"], "--timeout 'soon' is not a duration"),
        (["set", "", "--priority", "1"], "bad task identifier ''"),
    ],
)
def test_wrong_usage(database: str, words: list[str], message: str) -> None:
    result = invoke("policies", *words, url=database)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")


def test_without_a_command_it_says_which_there_are(database: str) -> None:
    result = invoke("policies", url=database)
    assert result.exit_code == 2
    assert "reset" in result.stderr
