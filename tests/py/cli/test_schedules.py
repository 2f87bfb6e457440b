"""`graphile-worker schedules list`, `remove`, `pause`, `resume` and `run-now`."""

from __future__ import annotations

import json

import pytest

from graphile_worker import Client
from graphile_worker._calls.schedule_rows import ScheduleSummary
from tests.py.support.command import invoke, invoke_json, table, terminal
from tests.py.support.sessions import connect


@pytest.fixture
def schedules(database: str) -> str:
    """A database with a schedule and an entry of a crontab."""
    with Client(database) as client:
        client.set_schedule("digest", cron="0 8 * * 1", time_zone="Europe/Vienna", task="send", payload={"n": 1})
    with connect(database) as connection:
        connection.execute(
            """select publish_schedules('/srv/app/crontab', '[{"task": "nightly", "cron": "0 4 * * *", "line": 2}]')"""
        )
    return database


def test_list(schedules: str) -> None:
    digest, nightly = invoke_json("schedules", "list", url=schedules)
    assert list(digest) == list(ScheduleSummary.__dataclass_fields__)
    assert (digest["words"], digest["payload"], digest["source"]) == (
        "at 08:00 on Monday (Europe/Vienna)",
        {"n": 1},
        None,
    )
    assert (nightly["source"], nightly["is_in_file"], len(nightly["next_ticks"])) == ("/srv/app/crontab:2", True, 3)
    [row] = table(invoke("schedules", "list", "digest", "--ticks", "2", url=schedules).stdout)
    assert (row["identifier"], row["task"], row["payload"]) == ("digest", "send", '{"n":1}')
    assert len(row["next_ticks"].split(",")) == 2
    assert [row["identifier"] for row in invoke_json("schedules", "list", "--search", "SEND", url=schedules)] == [
        "digest"
    ]
    assert invoke_json("schedules", "list", "--state", "failing", url=schedules) == []
    page = invoke("schedules", "list", "--limit", "1", url=schedules)
    assert page.stderr == "1 shown; there may be more: --after digest\n"
    [row] = table(invoke("schedules", "list", "--after", "digest", url=schedules).stdout)
    assert row["identifier"] == "nightly"


def test_at_a_terminal(schedules: str) -> None:
    with connect(schedules) as connection:
        connection.execute("select pause_schedule('nightly')")
        connection.execute(
            "update _private_schedules set error = 'why not', next_tick = null where identifier = 'digest'"
        )
    header, digest, nightly = terminal("schedules", "list", url=schedules, columns=120).lines
    assert header.split() == ["SCHEDULE", "WHEN", "NEXT", "PAUSED", "TASK", "FROM", "ERROR"]
    assert "at 08:00 on Monday (Europe/Vienna)" in digest
    assert digest.split()[-4:] == ["unknown", "send", "why", "not"]
    assert nightly.split()[-4:] == ["paused", "yes", "nightly", "crontab:2"]
    with connect(schedules) as connection:
        connection.execute("select publish_schedules('/srv/app/crontab', '[]')")
    assert "not in its file" in terminal("schedules", "list", "nightly", url=schedules, columns=120).text
    assert terminal("schedules", "list", "--search", "x", url=schedules).text == "no such schedules\n"


def test_pause_and_resume(schedules: str) -> None:
    words = ["schedules", "pause", "nightly", "--reason", "audit", "--until", "2099-01-01T00:00:00Z"]
    assert invoke(*words, url=schedules).stdout.startswith("the schedule nightly is paused, until 2099-01-01T")
    assert invoke(*words, url=schedules).stdout.startswith("the schedule nightly was already paused, until ")
    [paused] = invoke_json("pause", url=schedules)
    assert (paused["kind"], paused["name"], paused["reason"]) == ("schedule", "nightly", "audit")
    [row] = invoke_json("schedules", "list", "--state", "paused", url=schedules)
    assert (row["identifier"], row["paused_until"]) == ("nightly", "2099-01-01T00:00:00.000000Z")
    assert invoke("schedules", "resume", "nightly", url=schedules).stdout.endswith(" is its next tick\n")
    result = invoke("schedules", "resume", "nightly", url=schedules)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: the schedule 'nightly' is not paused\n"
        "hint: `graphile-worker schedules list --state paused` lists those that are\n"
    )
    document = invoke_json("schedules", "pause", "nightly", url=schedules)
    assert document == {"identifier": "nightly", "paused": True, "until": None, "changed": True}
    document = invoke_json("schedules", "resume", "nightly", url=schedules)
    assert document == {"identifier": "nightly", "paused": False, "changed": True}


def test_resume_tries_again_what_had_stopped_for_an_error(schedules: str) -> None:
    with connect(schedules) as connection:
        connection.execute("update _private_schedules set error = 'no', next_tick = null where identifier = 'digest'")
    result = invoke("schedules", "resume", "digest", url=schedules)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(" is its next tick\n")
    [digest] = invoke_json("schedules", "list", "digest", url=schedules)
    assert (digest["error"], len(digest["next_ticks"])) == (None, 3)
    with connect(schedules) as connection:
        connection.execute("update _private_schedules set error = 'no', next_tick = null where identifier = 'digest'")
    assert invoke_json("schedules", "resume", "digest", url=schedules)["changed"]


def test_run_now(schedules: str) -> None:
    result = invoke("schedules", "run-now", "nightly", url=schedules)
    [digest, nightly] = invoke_json("schedules", "list", url=schedules)
    assert result.stdout == f"job {nightly['last_job_id']} added\n"
    assert (digest["last_job_id"], nightly["last_outcome"]) == (None, "waiting")
    document = invoke_json("schedules", "run-now", "digest", url=schedules)
    with Client(schedules) as client:
        job = client.show_job(document["job_id"])
    assert job is not None
    assert (document["identifier"], job.task_identifier) == ("digest", "send")


def test_remove(schedules: str) -> None:
    result = invoke("schedules", "remove", "nightly", url=schedules)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: schedule 'nightly' stands in /srv/app/crontab:2\nhint: Take it out there")
    assert invoke("schedules", "remove", "digest", url=schedules).stdout == "the schedule digest is removed\n"
    assert [row["identifier"] for row in invoke_json("schedules", "list", url=schedules)] == ["nightly"]
    with connect(schedules) as connection:
        connection.execute("select publish_schedules('/srv/app/crontab', '[]')")
    assert json.loads(invoke("schedules", "remove", "nightly", "--json", url=schedules).stdout) == {
        "identifier": "nightly",
        "changed": True,
    }


@pytest.mark.parametrize("words", [["list"], ["remove"], ["pause"], ["resume"], ["run-now"]])
def test_an_unknown_name_is_told_with_those_like_it(schedules: str, words: list[str]) -> None:
    result = invoke("schedules", *words, "Nightley", url=schedules)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: there is no schedule 'Nightley'\nhint: Did you mean nightly?\n"


def test_without_a_command_it_says_which_there_are(database: str) -> None:
    result = invoke("schedules", url=database)
    assert result.exit_code == 2
    assert "run-now" in result.stderr
