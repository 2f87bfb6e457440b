"""`graphile-worker complete`, `fail`, `retry`, `reschedule` and `remove`, by id and by filter."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client, JobSpec
from tests.py.support.command import (
    a_clock_that_is_wrong,
    invoke,
    invoke_json,
    process,
    server_time,
    terminal,
    with_ids,
)
from tests.support import job_id, job_ids


@pytest.fixture
def client(database: str) -> Iterator[Client]:
    """Jobs 1 to 3 have failed, 4 and 5 wait, 6 runs, 7 has a key."""
    with Client(database) as client:
        client.add_jobs(JobSpec(identifier="mail") for _ in range(3))
        client.permanently_fail_jobs(job_ids(1, 2, 3), "timed out")
        client.add_jobs([JobSpec(identifier="mail"), JobSpec(identifier="ship", queue_name="slow")])
        client.add_job("run", queue_name="busy")
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("select graphile_worker.get_jobs('w', '{run}')")
        client.add_job("keyed", job_key="daily")
        yield client


def ids(client: Client, **filters: str) -> list[int]:
    return sorted(job.id for job in client.list_jobs(**filters))


def test_complete(client: Client, database: str) -> None:
    result = invoke(*with_ids("complete", "#4", "#6", "#99"), url=database)
    assert (result.exit_code, result.stdout) == (0, f"completed job {job_id(4)}\n")
    assert result.stderr == f"not touched, gone or running: jobs {job_id(6)}, {job_id(99)}\n"
    assert ids(client) == job_ids(1, 2, 3, 5, 6, 7)
    assert invoke_json(*with_ids("complete", "#5", "#6"), url=database) == {
        "action": "complete",
        "changed": 1,
        "ids": job_ids(5),
        "untouched_ids": job_ids(6),
        "dry_run": False,
    }


def test_a_dry_run_of_complete(client: Client, database: str) -> None:
    result = invoke(*with_ids("complete", "#4", "#6", "--dry-run"), url=database)
    assert (result.exit_code, result.stdout) == (0, f"would have completed job {job_id(4)}\n")
    assert invoke("complete", "--queue", "slow", "--dry-run", url=database).stdout == "1 job would be completed\n"
    assert ids(client) == job_ids(1, 2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize("command", ["complete", "fail", "retry"])
def test_nothing_to_change_by_id(client: Client, database: str, command: str) -> None:
    result = invoke(*with_ids(command, "#6", "#99"), url=database)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0] == f"error: jobs {job_id(6)}, {job_id(99)}: gone, or running"
    assert invoke(command, "0", url=database).exit_code == 2
    assert invoke(command, "x", url=database).exit_code == 2


def test_fail_by_id(client: Client, database: str) -> None:
    assert invoke(*with_ids("fail", "#4"), url=database).stdout == f"failed job {job_id(4)}\n"
    assert invoke(*with_ids("fail", "#5", "--reason", "not needed"), url=database).exit_code == 0
    assert [client.show_job(job).last_error for job in job_ids(4, 5)] == ["Manually marked as failed", "not needed"]


def test_retry_by_id(client: Client, database: str) -> None:
    result = invoke(*with_ids("retry", "#1", "#3"), url=database)
    assert result.stdout == f"retried jobs {job_id(1)}, {job_id(3)}\n"
    assert ids(client, state="failed") == job_ids(2)
    assert client.show_job(job_id(1)).last_error == "timed out"


def test_a_dry_run_by_id_says_what_would_be_done(client: Client, database: str) -> None:
    """Whom a worker holds for more than 4 hours counts as left behind, to the command and to its dry run."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "update graphile_worker._private_jobs set locked_at = now() - interval '5 hours' where id = %s", [job_id(6)]
        )
    before = client.list_jobs()
    outcome = {"action": "fail", "changed": 2, "ids": job_ids(4, 6), "untouched_ids": job_ids(99), "dry_run": True}
    words = with_ids("fail", "#4", "#6", "#99")
    assert invoke_json(*words, "--dry-run", url=database) == outcome
    result = invoke(*with_ids("retry", "#6", "--dry-run"), url=database)
    assert result.stdout == f"would have retried job {job_id(6)}\n"
    assert client.list_jobs() == before
    assert invoke_json(*words, url=database) == {**outcome, "dry_run": False}
    assert invoke(*with_ids("fail", "#99", "--dry-run"), url=database).exit_code == 1


def test_jobs_that_somebody_holds_are_said_to_be_skipped(client: Client, database: str) -> None:
    with psycopg.connect(database) as other:
        other.execute("select from graphile_worker._private_jobs where id = any(%s) for update", [job_ids(1, 2)])
        result = invoke("retry", "--task", "mail", url=database)
        assert (result.exit_code, result.stdout) == (0, "1 job retried\n")
        assert result.stderr == "2 jobs were in use, or changed meanwhile; give the command again\n"
        result = invoke("retry", "--task", "mail", "--json", url=database)
        assert result.exit_code == 1
        assert json.loads(result.stdout) == {"action": "retry", "dry_run": False, "changed": 0, "skipped": 2}
        assert result.stderr.splitlines()[0] == "error: 2 jobs were in use, or changed meanwhile"
    assert invoke("retry", "--task", "mail", url=database).stdout == "2 jobs retried\n"


def test_reschedule_by_id(client: Client, database: str) -> None:
    when = "2100-01-01T08:00:00Z"
    reschedule = with_ids("reschedule", "#4")
    result = invoke(*reschedule, "--run-at", when, "--priority", "-5", "--max-attempts", "3", url=database)
    assert (result.exit_code, result.stdout) == (0, f"rescheduled job {job_id(4)}\n")
    job = client.show_job(job_id(4))
    assert (job.run_at, job.priority, job.max_attempts) == (datetime(2100, 1, 1, 8, tzinfo=UTC), -5, 3)
    assert invoke_json(*reschedule, "--now", "--attempts", "0", url=database)["changed"] == 1
    assert client.show_job(job_id(4)).attempts == 0
    for words, message in (
        ([], "nothing to change"),
        (["--now", "--run-at", "now"], "--now and --run-at exclude each other"),
        (["--run-at", "tomorrow"], "--run-at 'tomorrow' is not a date and time"),
    ):
        result = invoke(*reschedule, *words, url=database)
        assert (result.exit_code, result.stderr.splitlines()[0]) == (2, f"error: {message}")


@pytest.mark.parametrize("words", [["--now"], ["--run-at", "now"]])
@pytest.mark.parametrize("which", [["#4"], ["--task", "ship"]], ids=["by id", "by filter"])
def test_now_is_what_the_server_says(client: Client, database: str, words: list[str], which: list[str]) -> None:
    with psycopg.connect(database, autocommit=True) as connection, a_clock_that_is_wrong():
        before = server_time(connection)
        assert invoke_json(*with_ids("reschedule", *which, *words), url=database)["changed"] == 1
        after = server_time(connection)
    job = client.show_job(job_id(4 if which == ["#4"] else 5))
    # It is due at the instant of the one statement that changed it.
    assert before < job.run_at < after
    assert job.run_at == job.updated_at


def test_ages_are_counted_by_the_servers_clock(client: Client, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection, a_clock_that_is_wrong():
        connection.execute("update graphile_worker._private_jobs set updated_at = now() - interval '1 day'")
        client.retry_jobs(job_ids(1))
        for words, changed in (
            (["--older-than", "23h"], 5),
            (["--older-than", "25h"], None),
            (["--newer-than", "25h"], 6),
            (["--newer-than", "23h"], 1),
            (["--newer-than", "now"], None),
            (["--older-than", "now"], 6),
            (["--newer-than", "9999999d"], 6),
        ):
            result = invoke("remove", *words, "--dry-run", "--json", url=database)
            assert (json.loads(result.stdout)["changed"] or None) == changed, words


def test_remove_by_key(client: Client, database: str) -> None:
    assert invoke("remove", "daily", url=database).stdout == f"removed job {job_id(7)}\n"
    result = invoke("remove", "daily", url=database)
    assert (result.exit_code, result.stderr) == (1, "error: no job has the key 'daily'\n")
    job = client.add_job("run", job_key="again")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.get_jobs('w', '{run}')")
    assert invoke("remove", "again", url=database).stdout == (
        f"job {job.id} is running: it goes on, but is not tried again\n"
    )


def test_remove_by_key_as_json(client: Client, database: str) -> None:
    shown = invoke_json(*with_ids("show", "#7"), url=database)
    assert invoke_json("remove", "daily", url=database) == shown


def test_remove_by_id(client: Client, database: str) -> None:
    assert invoke(*with_ids("remove", "--id", "#1", "--id", "#6"), url=database).stdout == "1 job removed\n"
    assert ids(client) == job_ids(2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("words", "changed", "left_failed", "left_waiting"),
    [
        (["retry", "--task", "mail"], 3, [], [1, 2, 3, 4, 5, 7]),
        (["retry", "--error-like", "TIMED"], 3, [], [1, 2, 3, 4, 5, 7]),
        (["retry", "--state", "failed", "--chunk", "1"], 3, [], [1, 2, 3, 4, 5, 7]),
        (["fail", "--queue", "slow"], 1, [1, 2, 3, 5], [4, 7]),
        (["fail", "--task", "mail"], 1, [1, 2, 3, 4], [5, 7]),
        (["fail", "--newer-than", "1h"], 3, [1, 2, 3, 4, 5, 7], []),
        (["complete", "--task", "mail"], 4, [], [5, 7]),
        (["complete", "--state", "waiting"], 3, [1, 2, 3], []),
        (["remove", "--state", "all"], 6, [], []),
        (["remove", "--state", "failed"], 3, [], [4, 5, 7]),
        (["reschedule", "--state", "waiting", "--now"], 3, [1, 2, 3], [4, 5, 7]),
        (["reschedule", "--state", "failed", "--attempts", "0"], 3, [], [1, 2, 3, 4, 5, 7]),
    ],
)
def test_by_filter(
    client: Client, database: str, words: list[str], changed: int, left_failed: list[int], left_waiting: list[int]
) -> None:
    before = (ids(client, state="failed"), ids(client, state="waiting"))
    counted = invoke_json(*words, "--dry-run", url=database)
    assert counted == {"action": words[0], "dry_run": True, "changed": changed, "skipped": 0}
    assert (ids(client, state="failed"), ids(client, state="waiting")) == before
    assert invoke_json(*words, url=database) == {**counted, "dry_run": False}
    left = (job_ids(*left_failed), job_ids(*left_waiting))
    assert (ids(client, state="failed"), ids(client, state="waiting")) == left
    # Whatever is said of all jobs, it is not said of running ones.
    assert ids(client, state="locked") == job_ids(6)


def test_by_filter_in_words(client: Client, database: str) -> None:
    assert invoke("retry", "--task", "mail", "--dry-run", url=database).stdout == "3 jobs would be retried\n"
    assert invoke("fail", "--queue", "slow", url=database).stdout == "1 job failed\n"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["retry"], 2, "which jobs?"),
        (["remove"], 2, "which jobs?"),
        (["complete"], 2, "which jobs?"),
        (["fail", "#4", "--task", "mail"], 2, "ids and filters exclude each other"),
        (["remove", "daily", "--task", "mail"], 2, "KEY goes with neither --id nor filters"),
        (["remove", "daily", "--dry-run"], 2, "--dry-run is for filters and ids"),
        (["remove", "--older-than", "yesterday"], 2, "--older-than 'yesterday' is not an age or a date and time"),
        (["remove", "--older-than", "1d"], 1, "no such jobs"),
        (["retry", "--task", "nosuch"], 1, "unknown task 'nosuch'"),
        (["retry", "--queue", "nosuch"], 1, "unknown queue 'nosuch'"),
        (["retry", "--state", "locked"], 2, "invalid value for '--state': 'locked'"),
    ],
)
def test_what_is_not_to_be_done(client: Client, database: str, words: list[str], code: int, message: str) -> None:
    result = invoke(*with_ids(*words), url=database)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(f"error: {message}")
    assert ids(client) == job_ids(1, 2, 3, 4, 5, 6, 7)


def test_a_terminal_is_asked(client: Client, database: str) -> None:
    screen = terminal("remove", "--state", "failed", url=database, typed="n\n")
    assert screen.exit_code == 1
    assert "3 jobs to be removed. Go on? [y/N]:" in screen.text
    assert "error: nothing was changed" in screen.text
    assert ids(client, state="failed") == job_ids(1, 2, 3)
    screen = terminal("remove", "--state", "failed", url=database, typed="y\n")
    assert (screen.exit_code, screen.text.endswith("3 jobs removed\n")) == (0, True)
    # What it would do to them is asked about, with the state that the action means.
    screen = terminal("fail", "--task", "mail", url=database, typed="n\n")
    assert "1 job to be failed. Go on? [y/N]:" in screen.text
    screen = terminal("remove", "--state", "waiting", "--yes", url=database)
    assert (screen.exit_code, screen.lines[-1]) == (0, "3 jobs removed")
    assert "Go on?" not in screen.text


def test_a_terminal_is_asked_though_stderr_goes_elsewhere(client: Client, database: str, tmp_path: Path) -> None:
    for typed, code, left in (("n\n", 1, job_ids(1, 2, 3)), ("y\n", 0, [])):
        log = tmp_path / "log"
        screen = terminal("remove", "--state", "failed", url=database, typed=typed, stderr=log)
        assert (screen.exit_code, "3 jobs to be removed. Go on? [y/N]:" in screen.text) == (code, True)
        assert ids(client, state="failed") == left
        assert ("nothing was changed" in log.read_text()) == (code == 1)


def test_a_terminal_that_can_not_be_asked_is_refused(client: Client, database: str, tmp_path: Path) -> None:
    """stdin is a terminal, but not the one of the process, if it has any."""
    screen = terminal("remove", "--state", "failed", url=database, stderr=tmp_path / "log", controlling=False)
    assert (screen.exit_code, screen.text) == (2, "")
    assert (tmp_path / "log").read_text() == (
        "error: can't ask whether to go on: stderr is no terminal\nhint: Give --yes to go on unasked\n"
    )
    assert ids(client, state="failed") == job_ids(1, 2, 3)


def test_progress_at_a_terminal(client: Client, database: str) -> None:
    client.add_jobs(JobSpec(identifier="many") for _ in range(3000))
    screen = terminal("remove", "--task", "many", "--chunk", "1", "--yes", url=database)
    assert screen.exit_code == 0
    # Each look of the line stands where the one before did.
    assert "jobs removed\r" in screen.text
    assert screen.text.endswith("3,000 jobs removed\n")


def test_an_interruption_says_how_far_it_came(client: Client, database: str) -> None:
    ids = client.add_jobs(JobSpec(identifier="many") for _ in range(20_000))
    with process("remove", "--task", "many", "--chunk", "1", url=database) as child:
        while client.show_job(ids[10]) is not None:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    match = re.fullmatch(r"error: interrupted: ([\d,]+) jobs were removed, and stay so\n", errors)
    assert match is not None, errors
    removed = int(match[1].replace(",", ""))
    # The one that was under way may be done, or not.
    assert 20_000 - len(client.list_jobs(task="many", limit=20_000)) in (removed, removed + 1)
