"""`graphile-worker limits`, `limit` and `unlimit`."""

from __future__ import annotations

import psycopg
import pytest

from graphile_worker import Client
from tests.py.support.command import invoke, invoke_json, table, terminal


def test_set_list_and_take_back(database: str) -> None:
    words = ["limit", "task", "ask", "--rate", "100/1m", "--burst", "20", "--weight-by", "tokens"]
    assert invoke(*words, url=database).stdout == "the limit of task ask is set\n"
    words = ["limit", "task", "ask", "--max-running", "5", "--reason", "as agreed"]
    assert invoke(*words, url=database).stdout == "the limit of task ask is changed\n"
    words = ["limit", "queue", "tenant:*", "--width", "3", "--share", "1.5"]
    assert invoke_json(*words, url=database) == {"kind": "queue", "name": "tenant:*", "is_new": True}
    pattern, task = invoke_json("limits", url=database)
    assert (pattern["kind"], pattern["name"], pattern["max_running"], pattern["share"]) == (
        *("pattern", "tenant:*", 3, 1.5),
    )
    wanted = {"max_running": 5, "rate": 100, "per": 60.0, "burst": 20, "weight_by": "tokens", "reason": "as agreed"}
    assert {name: task[name] for name in wanted} == wanted
    assert task["from_operator"] == ["max_running", "rate", "weight_by"]
    [first] = table(invoke("limits", "--limit", "1", url=database).stdout)
    result = invoke("limits", "--limit", "1", url=database)
    assert (first["name"], result.stderr) == ("tenant:*", "1 shown; there may be more: --after 'pattern:tenant:*'\n")
    [second] = table(invoke("limits", "--after", "pattern:tenant:*", url=database).stdout)
    assert second["name"] == "ask"
    words = ["unlimit", "queue", "tenant:*"]
    assert invoke(*words, url=database).stdout == "the limit of queue tenant:* is what workers publish\n"
    assert invoke_json("unlimit", "task", "ask", url=database) == {"kind": "task", "name": "ask", "changed": True}
    result = invoke("unlimit", "task", "ask", url=database)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: no limit was set for task 'ask'\nhint: `graphile-worker limits` shows what is\n",
    )


def test_what_waits_is_said(database: str) -> None:
    assert terminal("limits", url=database).text == "no limits\n"
    with Client(database) as client:
        client.limit_task("ask", max_running=2, rate=5, per=None, reason="why")
        client.limit_queue("tenant:*", width=3)
        for _ in range(5):
            client.add_job("ask")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.get_jobs('w', '{ask}', 5)")
        connection.execute("""select graphile_worker.publish_limits('{"mail": {"rate": 1, "per": "1 s"}}')""")
    header, pattern, ask, mail = terminal("limits", url=database).lines
    assert header.split()[:4] == ["WHAT", "NAME", "RUNNING", "RATE"]
    assert pattern.startswith("pattern  tenant:*  0, 3 each")
    assert "2 of 2  5/m" in ask
    assert ask.endswith("why")
    assert "1/s" in mail
    assert "workers" in mail
    [held] = invoke_json("limits", "--held-back", url=database)
    assert (held["name"], held["held_back"]) == ("ask", 3)
    assert "held back  3  ready, and waiting for a limit" in terminal("stats", url=database).text
    invoke("limit", "task", "ask", "--unlimited", url=database)
    assert terminal("limits", "--held-back", url=database).text == "nothing waits for a limit\n"
    assert "held back" not in terminal("stats", url=database).text


@pytest.mark.parametrize("rate", ["5/s", "300/1m", "300", "300/m", "0.5/100ms"])
def test_rates_as_people_write_them(database: str, rate: str) -> None:
    invoke("limit", "task", "t", "--rate", rate, url=database)
    [limit] = invoke_json("limits", url=database)
    assert limit["rate"] / limit["per"] == pytest.approx(5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["limit", "task", "t"], "nothing to set"),
        (["limit", "task", "t", "--reason", "why"], "nothing to set"),
        (["limit", "task", "t", "--unlimited", "--max-running", "1"], "--unlimited goes with no other value"),
        (["limit", "task", "t", "--burst", "3"], "bad rate of 't': per and burst belong to a rate"),
        (["limit", "task", "t", "--rate", "often"], "--rate 'often' is no rate"),
        (["limit", "task", "t", "--rate", "0/1m"], "--rate '0/1m' is no rate"),
        (["limit", "task", "t", "--rate", "5/"], "--rate '5/' is no rate"),
        (["limit", "task", "t", "--rate", "5/0s"], "--rate '5/0s' is no rate"),
        (["limit", "queue", "a*b", "--width", "1"], "bad pattern 'a*b'"),
        (["limits", "--after", "t"], "--after 't' names no limit"),
    ],
)
def test_wrong_usage(database: str, words: list[str], message: str) -> None:
    result = invoke(*words, url=database)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")


@pytest.mark.parametrize("command", ["limit", "unlimit"])
def test_without_a_kind_it_says_which_there_are(database: str, command: str) -> None:
    result = invoke(command, url=database)
    assert result.exit_code == 2
    assert "queue" in result.stderr
