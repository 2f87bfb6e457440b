"""`graphile-worker schedules set`."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.support.command import invoke, invoke_json

PAYLOAD = '{"n": 12345678901234567890}'


def test_every_option(database: str) -> None:
    words = ["schedules", "set", "s", "--cron", "0 8 * * 1", "--time-zone", "Europe/Vienna", "--task", "send"]
    words += ["--payload", PAYLOAD, "--queue", "q", "--priority", "5", "--max-attempts", "3", "--key", "k"]
    words += ["--job-key-mode", "preserve-run-at", "--backfill", "1d", "--starts-at", "2026-01-01T00:00:00Z"]
    words += ["--ends-at", "2099-01-01T00:00:00Z", "--jitter", "90s", "--skip-if-running"]
    document = invoke_json(*words, url=database)
    assert (document.pop("is_new"), document["words"]) == (True, "at 08:00 on Monday (Europe/Vienna)")
    assert len(document["next_ticks"]) == 3
    [listed] = invoke_json("schedules", "list", url=database)
    assert listed == document
    wanted = {
        "cron": "0 8 * * 1",
        "every": None,
        "time_zone": "Europe/Vienna",
        "task": "send",
        "queue_name": "q",
        "priority": 5,
        "max_attempts": 3,
        "job_key": "k",
        "job_key_mode": "preserve_run_at",
        "backfill": 86400.0,
        "starts_at": "2026-01-01T00:00:00.000000Z",
        "ends_at": "2099-01-01T00:00:00.000000Z",
        "jitter": 90.0,
        "skip_if_running": True,
    }
    assert {name: document[name] for name in wanted} == wanted
    assert PAYLOAD.replace(" ", "") in invoke("schedules", "list", "--json", url=database).stdout.replace(" ", "")


def test_the_whole_of_it_or_a_part(database: str, tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    path.write_text(PAYLOAD)
    words = ["schedules", "set", "s", "--cron", "0 0 29 2 *", "--payload-file", str(path), "--priority", "5"]
    first, second = invoke(*words, url=database).stdout.splitlines()
    assert first == "the schedule s is set: at 00:00 on day 29 of the month in February"
    assert second.startswith("next: 20")
    result = invoke("schedules", "set", "s", "--keep", "--every", "36h", "--always", url=database)
    assert [line for line in result.stdout.splitlines() if not line.startswith("next: ")] == [
        "the schedule s is changed: every 36 hours",
        "cron: 0 0 29 2 * -> none",
        "every: none -> 1d 12h",
    ]
    result = invoke("schedules", "set", "s", "--every", "36h", url=database)
    assert [line for line in result.stdout.splitlines() if not line.startswith("next: ")] == [
        "the schedule s is changed: every 36 hours",
        f"payload: {PAYLOAD} -> none",
        "priority: 5 -> none",
    ]


def test_a_pause_stays_and_is_told(database: str) -> None:
    with Client(database) as client:
        client.set_schedule("s", cron="* * * * *")
        client.pause_schedule("s")
    result = invoke("schedules", "set", "s", "--keep", "--priority", "1", url=database)
    assert (result.exit_code, result.stderr) == (0, "it is paused: `graphile-worker schedules resume s`\n")
    result = invoke("schedules", "set", "t", "--every", "1h", "--ends-at", "2020-01-01T00:00:00Z", url=database)
    assert (result.exit_code, result.stderr) == (0, "it is not due any more\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing says when it is due"),
        (["--cron", "* * * * *", "--every", "1h"], "--cron and --every exclude each other"),
        (["--cron", "0 0 30 2 *"], "cron expression '0 0 30 2 *' is never due"),
        (["--cron", "@daily"], "bad cron expression '@daily'"),
        (["--every", "soon"], "--every 'soon' is not a duration"),
        (["--every", "10ms"], "bad schedule 's': bad every"),
        (["--cron", "* * * * *", "--time-zone", "Europe/Wien"], "unknown time zone 'Europe/Wien'"),
        (["--every", "1h", "--payload", "{"], "--payload is not JSON"),
        (["--every", "1h", "--payload", "[]"], "bad schedule 's': its payload is no object"),
        (
            ["--every", "1h", "--payload", "{}", "--payload-file", "x"],
            "--payload and --payload-file exclude each other",
        ),
        (["--every", "1h", "--starts-at", "soon"], "--starts-at 'soon' is not a date and time"),
        (["--every", "1h", "--job-key-mode", "preserve-run-at"], "bad schedule 's': a job_key_mode without a job_key"),
    ],
)
def test_wrong_usage(database: str, tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "x").write_text("{}")
    result = invoke(
        "schedules", "set", "s", *(str(tmp_path / word) if word == "x" else word for word in words), url=database
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
    assert invoke_json("schedules", "list", url=database) == []


def test_what_is_to_be_kept_has_to_be_there(database: str) -> None:
    result = invoke("schedules", "set", "s", "--keep", "--priority", "1", url=database)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: there is no schedule 's'\nhint: `graphile-worker schedules list` lists those there are\n",
    )
