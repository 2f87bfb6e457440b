"""The names of schedules: with the tab key, and those that were meant."""

from __future__ import annotations

import subprocess

from graphile_worker import Client
from tests.py.support.command import COMMAND, environment, invoke


def completed(words: str, url: str | None) -> list[str]:
    """What bash is offered for the last word."""
    variables = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_GRAPHILE_WORKER_COMPLETE": "bash_complete"}
    run = subprocess.run(COMMAND, env=environment(url, **variables), capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return [line.partition(",")[2] for line in run.stdout.splitlines() if line]


def test_names_are_completed(database: str) -> None:
    with Client(database) as client:
        for name in ("nightly", "nightly:2", "digest", "the_nightly"):
            client.set_schedule(name, cron="* * * * *")
    for command in ("schedules pause", "schedules list digest", "crontab next --schedule"):
        assert completed(f"graphile-worker {command} ni", database) == ["nightly", "nightly:2"]
    assert len(completed("graphile-worker schedules remove ", database)) == 4


def test_without_a_database_nothing_is_offered() -> None:
    assert completed("graphile-worker schedules pause n", None) == []
    assert completed("graphile-worker schedules pause n", "postgresql://127.0.0.1:1/nowhere") == []
    assert completed("graphile-worker --embedded schedules pause n", None) == []


def test_those_that_were_meant_are_still_there(database: str) -> None:
    with Client(database) as client:
        for name in ("report:de", "report:at", "report:ch", "other"):
            client.set_schedule(name, cron="* * * * *")
        # Its last tick stays known.
        client.remove_schedule("report:ch")
    result = invoke("schedules", "pause", "Report:d", url=database)
    assert result.stderr.splitlines()[1] == "hint: Did you mean report:de or report:at?"
    with Client(database) as client:
        for number in range(1000):
            client.set_schedule(f"tenant:{number:04}", cron="* * * * *")
    result = invoke("schedules", "pause", "tenant:050O", url=database)
    assert result.stderr.splitlines()[1] == "hint: Did you mean tenant:0509 or tenant:0508 or tenant:0507?"
    result = invoke("schedules", "pause", "zzz", url=database)
    assert result.stderr.splitlines()[1] == "hint: `graphile-worker schedules list` lists those there are"
