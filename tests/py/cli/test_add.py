"""`graphile-worker add`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client
from graphile_worker._calls.operator_rows import JobDetails
from tests.py.support.command import invoke, invoke_json, process
from tests.support import job_id


def only_job(url: str) -> JobDetails:
    with Client(url) as client:
        [summary] = client.list_jobs()
        job = client.show_job(summary.id)
    assert job is not None
    return job


def test_says_which_job_it_added(database: str) -> None:
    result = invoke("add", "hello", url=database)
    assert (result.exit_code, result.stdout) == (0, f"added job {job_id(1)} (hello)\n")
    job = only_job(database)
    assert (job.task_identifier, job.payload, job.priority, job.max_attempts) == ("hello", {}, 0, 25)
    assert (job.queue_name, job.key, job.flags, job.job_state) == (None, None, None, "ready")


def test_every_option_reaches_the_job(database: str) -> None:
    result = invoke(
        *[
            "add",
            "mail/send",
            "--payload",
            '{"to": ["ada"]}',
            "--queue",
            "mail",
            "--run-at",
            "2100-02-03T04:05:06.5+02:00",
        ],
        *["--max-attempts", "3", "--key", "k", "--priority", "-5", "--flag", "slow", "--flag", "big"],
        url=database,
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"added job {job_id(1)} (mail/send), due at 2100-02-03T")
    job = only_job(database)
    assert (job.task_identifier, job.payload) == ("mail/send", {"to": ["ada"]})
    assert job.run_at == datetime(2100, 2, 3, 2, 5, 6, 500_000, tzinfo=UTC)
    assert (job.queue_name, job.max_attempts, job.key, job.priority) == ("mail", 3, "k", -5)
    assert job.flags == {"slow": True, "big": True}


def test_json_has_the_fields_that_show_has(database: str) -> None:
    document = invoke_json("add", "hello", url=database)
    assert document == invoke_json("show", str(job_id(1)), url=database)
    assert list(document) == list(JobDetails.__dataclass_fields__)
    assert datetime.fromisoformat(document["run_at"]).tzinfo == UTC


def test_json_of_a_job_that_was_there(database: str) -> None:
    invoke("add", "first", "--key", "k", "--queue", "q", url=database)
    document = invoke_json("add", "other", "--key", "k", "--job-key-mode", "unsafe-dedupe", url=database)
    assert (document["task_identifier"], document["queue_name"], document["revision"]) == ("first", "q", 1)
    document = invoke_json("add", "other", "--key", "k", "--run-at", "2100-01-01T00:00:00Z", url=database)
    assert (document["task_identifier"], document["queue_name"]) == ("other", None)
    assert document == invoke_json("show", str(job_id(1)), url=database)


def test_now_is_the_servers_now(database: str) -> None:
    assert invoke("add", "hello", "--run-at", "now", url=database).exit_code == 0
    job = only_job(database)
    assert job.run_at == job.created_at


@pytest.mark.parametrize(
    ("mode", "run_at", "payload", "sentence"),
    [
        (None, "2100-01-02", {"n": 2}, "updated job {} (hello)"),
        ("replace", "2100-01-02", {"n": 2}, "updated job {} (hello)"),
        ("preserve-run-at", "2100-01-01", {"n": 2}, "updated job {} (hello)"),
        ("unsafe-dedupe", "2100-01-01", {"n": 1}, "job {} has this key already, and stays as it is"),
    ],
)
def test_key_modes(database: str, mode: str | None, run_at: str, payload: dict[str, int], sentence: str) -> None:
    for n in (1, 2):
        result = invoke(
            *["add", "hello", "--key", "k", "--payload", json.dumps({"n": n}), "--run-at", f"2100-01-0{n}T00:00:00Z"],
            *(["--job-key-mode", mode] if mode else []),
            url=database,
        )
        assert result.exit_code == 0, result.output
    assert result.stdout.startswith(sentence.format(job_id(1)))
    job = only_job(database)
    assert (job.payload, job.run_at.date().isoformat()) == (payload, run_at)


def test_key_mode_needs_a_key() -> None:
    result = invoke("add", "hello", "--job-key-mode", "replace")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --job-key-mode needs --key\n")


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_payload_from_a_file(database: str, tmp_path: Path, bom: bytes) -> None:
    file = tmp_path / "payload.json"
    file.write_bytes(bom + '{"name": "Åda"}\n'.encode())
    assert invoke("add", "hello", "--payload-file", str(file), url=database).exit_code == 0
    assert only_job(database).payload == {"name": "Åda"}


def test_payload_from_stdin(database: str) -> None:
    assert invoke("add", "hello", "--payload-file", "-", url=database, stdin='["é"]').exit_code == 0
    assert only_job(database).payload == ["é"]


def test_payload_is_stored_and_shown_to_the_letter(database: str) -> None:
    payloads = ['{"n": 123456789012345678901234567890.10}', '{"a":1, "a":2}', '"\\ud800"', "null", "0", "[ ]"]
    for number, payload in enumerate(payloads, 1):
        added = invoke("add", "hello", "--payload", payload, "--json", url=database)
        assert added.exit_code == 0, added.output
        assert f'"payload":{payload}}}' in added.stdout
        assert f'"payload":{payload}}}' in invoke("show", str(job_id(number)), "--json", url=database).stdout
    with psycopg.connect(database) as connection:
        stored = connection.execute("select payload::text from graphile_worker._private_jobs order by id").fetchall()
    assert stored == [(payload,) for payload in payloads]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ('{"a":', "--payload is not JSON: line 1, column 6: Expecting value"),
        ("{a: 1}", "--payload is not JSON: line 1, column 2: Expecting property name enclosed in double quotes"),
        ("", "--payload is empty, not JSON"),
        ("[NaN]", "--payload is not JSON: line 1, column 2: it has no NaN"),
        ("[" * 100_000, "--payload is nested too deeply"),
    ],
)
def test_bad_payload(payload: str, message: str) -> None:
    result = invoke("add", "hello", "--payload", payload)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == f"error: {message}"


def test_bad_payload_in_a_file_says_which_line(tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text('{\n  "a": 1,\n  "b" 2\n}\n')
    result = invoke("add", "hello", "--payload-file", str(file))
    assert result.exit_code == 2
    assert result.stderr == f"error: {file} is not JSON: line 3, column 7: Expecting ':' delimiter\n"


def test_bad_payload_on_stdin() -> None:
    result = invoke("add", "hello", "--payload-file", "-", stdin=b'{"a": "\xff"}')
    assert (result.exit_code, result.stderr) == (2, "error: stdin is not UTF-8: byte 8 is 0xff\n")


def test_payload_file_that_is_not_there() -> None:
    result = invoke("add", "hello", "--payload-file", "/nonexistent")
    assert result.exit_code == 2
    assert "'/nonexistent': No such file or directory" in result.stderr


def test_payload_comes_from_one_place(tmp_path: Path) -> None:
    result = invoke("add", "hello", "--payload", "{}", "--payload-file", "-")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --payload and --payload-file exclude each other\n")


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ("tomorrow", "is not a date and time", "Write `now`, or date, time and zone: "),
        ("2030-01-01", "is not a date and time", "Write `now`, or date, time and zone: "),
        ("20300101T080000Z", "is not a date and time", "Write `now`, or date, time and zone: "),
        ("2030-02-30T08:00:00Z", "is not a date and time: day is out of range for month", None),
        ("2030-01-01T08:00:00", "has no time zone", "Write 2030-01-01T08:00:00Z for UTC, or 2030-01-01T08:00:00"),
        ("0001-01-01 00:00", "has no time zone", "Write 0001-01-01 00:00Z for UTC, or 0001-01-01T00:00:00"),
    ],
)
def test_bad_run_at(written: str, message: str, hint: str | None) -> None:
    result = invoke("add", "hello", "--run-at", written)
    assert result.exit_code == 2
    error, *hints = result.stderr.splitlines()
    assert error == f"error: --run-at {written!r} {message}"
    assert [line.startswith(f"hint: {hint}") for line in hints] == ([True] if hint else [])


def test_the_remedy_for_a_missing_zone_works(database: str) -> None:
    with process("add", "hello", "--run-at", "2030-07-01T08:00:00", TZ="TST-05:30") as child:
        _, stderr = child.communicate(timeout=30)
    utc, local = stderr.partition("hint: Write ")[2].split(" for UTC, or ")
    assert (utc, local) == ("2030-07-01T08:00:00Z", "2030-07-01T08:00:00+05:30 for local time\n")
    for remedy, hour in ((utc, "08:00"), (local.split()[0], "02:30")):
        assert f"T{hour}:00" in invoke_json("add", "hello", "--run-at", remedy, url=database)["run_at"]


def test_what_the_database_refuses(database: str) -> None:
    for args, message in (
        ([""], "bad task identifier ''"),
        (["x" * 129], f"bad task identifier '{'x' * 129}'"),
        (["hello", "--queue", ""], "bad queue name ''"),
        (["hello", "--key", "k" * 513], f"bad job key '{'k' * 60}' (513 characters)"),
        (["hello", "--flag", ""], "bad flags '{\"\"}'"),
    ):
        result = invoke("add", *args, url=database)
        assert result.exit_code == 2, args
        error, hint = result.stderr.splitlines()
        assert error == f"error: {message}"
        assert hint.startswith("hint: ")


@pytest.mark.parametrize("args", [["--priority", "32768"], ["--max-attempts", "0"], ["--max-attempts", "x"]])
def test_numbers_out_of_range(args: list[str]) -> None:
    result = invoke("add", "hello", *args)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: invalid value for '{args[0]}'")


def test_unique_jobs(database: str) -> None:
    add = ["add", "sync", "--payload", '{"user": 7, "n": 1}', "--unique-by", "user", "--unique-within", "1h"]
    assert invoke(*add, url=database).stdout == f"added job {job_id(1)} (sync)\n"
    result = invoke(*add, url=database)
    assert (result.exit_code, result.stdout[:20]) == (0, f"job {job_id(1)} (sync) is there already"[:20])
    document = invoke_json(*add, url=database)
    assert (document["is_new"], document["id"], document["job_state"]) == (False, job_id(1), "ready")
    with Client(database) as client:
        client.complete_jobs([job_id(1)])
    document = invoke_json(*add, url=database)
    assert (document["is_new"], document["job_state"]) == (False, "done")
    assert invoke_json("add", "sync", "--unique", url=database)["is_new"]
    assert not invoke_json("add", "sync", "--unique-key", "{}", "--unique-until", "completed", url=database)["is_new"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--unique", "--key", "k"], "choose one"),
        (["--unique-within", "1h"], "need --unique, --unique-by or --unique-key"),
        (["--unique-by", "a", "--unique-key", "k"], "exclude each other"),
        (["--unique", "--from", "-"], "--from goes with neither"),
    ],
)
def test_options_of_unique_jobs_that_contradict_each_other(database: str, options: list[str], message: str) -> None:
    result = invoke("add", "t", *options, url=database)
    assert result.exit_code == 2
    assert message in result.stderr
