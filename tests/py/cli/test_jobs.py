"""`graphile-worker list` and `show`."""

from __future__ import annotations

import json
from datetime import datetime

import psycopg
import pytest

from graphile_worker import Client
from graphile_worker._calls.operator_rows import JobDetails, JobSummary
from tests.py.support.command import invoke, invoke_json, table, terminal
from tests.support import job_id, job_ids

NASTY = "first line \x1b[31mred\nsecond\tline \u202e"


@pytest.fixture
def jobs(database: str) -> str:
    """A database with a job in each state: 1 failed, 2 locked, 3 scheduled, 4 ready."""
    with psycopg.connect(database, autocommit=True) as connection, Client(connection) as client:
        resize = client.add_job("resize", {"path": "/a.png"}, queue_name="images", flags=["big"])
        client.permanently_fail_jobs([resize.id], NASTY)
        client.add_job("greet", {"name": "Åda"}, queue_name="people")
        connection.execute("select from graphile_worker.get_jobs('worker_1')")
        client.add_job("greet", {"name": "Bob"}, run_at=datetime.fromisoformat("2100-01-01T00:00:00Z"), job_key="bob")
        client.add_job("greet", priority=7)
    return database


def ids(url: str, *args: str) -> list[int]:
    return [job["id"] for job in invoke_json("list", *args, url=url)]


def test_filters_and_pages(jobs: str) -> None:
    for line, expected in {
        "": [4, 3, 2, 1],
        "--state all": [4, 3, 2, 1],
        "--state ready": [4],
        "--state scheduled": [3],
        "--state locked": [2],
        "--state failed": [1],
        "--identifier greet": [4, 3, 2],
        "--queue images": [1],
        "--limit 2": [4, 3],
        "--limit 2 --offset 1": [3, 2],
        "--limit 0": [],
    }.items():
        assert ids(jobs, *line.split()) == job_ids(*expected), line


def test_payloads_on_request_as_they_stand_there(jobs: str) -> None:
    with psycopg.connect(jobs) as connection:
        numbers = '{"big": 12345678901234567890123, "exact": 0.10}'
        connection.execute("update graphile_worker._private_jobs set payload = %s where id = %s", [numbers, job_id(4)])
    assert not any({"payload", "payload_truncated"} & set(job) for job in invoke_json("list", url=jobs))
    printed = invoke("list", "--payload", "--json", url=jobs).stdout
    assert numbers in printed
    shown = json.loads(printed)
    assert [job["payload"] for job in shown[1:]] == [{"name": "Bob"}, {"name": "Åda"}, {"path": "/a.png"}]
    assert not any(job["payload_truncated"] for job in shown)
    assert shown == [{**invoke_json("show", str(job["id"]), url=jobs), "payload_truncated": False} for job in shown]
    [tabbed] = table(invoke("list", "--payload", "--state", "scheduled", url=jobs).stdout)
    assert (tabbed["payload"], tabbed["payload_truncated"]) == ('{"name":"Bob"}', "no")
    assert '{"name":"Bob"}' in terminal("list", "--payload", url=jobs, columns=200).text


@pytest.mark.parametrize(("letters", "cut"), [(9_998, False), (9_999, True), (1_000_000, True)])
def test_a_long_payload_is_cut(database: str, letters: int, cut: bool) -> None:
    with Client(database) as client:
        client.add_job("t", "x" * letters)
    [job] = invoke_json("list", "--payload", url=database)
    assert job["payload_truncated"] is cut
    assert job["payload"] == ('"' + "x" * 9_999 if cut else "x" * letters)


def test_a_payload_is_cut_between_two_letters(database: str) -> None:
    with Client(database) as client:
        client.add_job("t", "ü" * 10_000)
    [job] = invoke_json("list", "--payload", url=database)
    assert job["payload"] == '"' + "ü" * 4_999


def test_search_knows_no_case_as_far_as_the_database_does(jobs: str) -> None:
    with psycopg.connect(jobs) as connection:
        lowered = connection.execute("select lower('Å') = 'å'").fetchone()
    assert ids(jobs, "--search", "åda") == (job_ids(2) if lowered == (True,) else [])
    assert ids(jobs, "--search", "Åda") == job_ids(2)


def test_lists_fifty_unless_told_otherwise(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.add_job('hello') from generate_series(1, 51)")
    assert ids(database) == job_ids(*range(51, 1, -1))


def test_json_has_the_fields_of_the_summary(jobs: str) -> None:
    document = invoke_json("list", url=jobs)
    assert list(document[0]) == list(JobSummary.__dataclass_fields__)
    failed = document[3]
    assert failed["last_error"] == NASTY
    assert failed["flags"] == {"big": True}
    assert document[1]["run_at"] == "2100-01-01T00:00:00.000000Z"


def test_tab_separated_when_piped(jobs: str) -> None:
    result = invoke("list", url=jobs)
    assert result.stderr == ""
    rows = table(result.stdout)
    assert list(rows[0]) == list(JobSummary.__dataclass_fields__)
    assert [row["job_state"] for row in rows] == ["ready", "scheduled", "locked", "failed"]
    # Nothing in it breaks the line, or steers a terminal.
    assert rows[3]["last_error"] == "first line \\x1b[31mred\\nsecond\\tline \\u202e"
    assert rows[0]["queue_name"] == ""
    assert datetime.fromisoformat(rows[1]["run_at"]) == datetime.fromisoformat("2100-01-01T00:00:00Z")


def test_no_jobs_at_all(database: str) -> None:
    assert invoke("list", "--json", url=database).stdout == "[]\n"
    assert table(invoke("list", url=database).stdout) == []
    assert terminal("list", url=database).text == "no jobs\n"
    assert terminal("list", "--state", "failed", url=database).text == "no failed jobs\n"
    assert terminal("list", url=database).exit_code == 0


def test_what_is_very_long_is_cut_on_a_terminal(database: str) -> None:
    """A layout of this payload would take 905 MB; whoever reads the output by a program has all of it."""
    deep = "[" * 900 + ",".join(["1"] * 500_000) + "]" * 900
    with psycopg.connect(database, autocommit=True) as connection:
        row = connection.execute(
            "select (graphile_worker.add_job('large', %s::json, flags => %s)).id",
            [deep, [f"f{n}" for n in range(99_999)]],
        ).fetchone()
        assert row is not None
        connection.execute("select graphile_worker.permanently_fail_jobs(%s, %s)", [[row[0]], "x" * 3_000_000])
    screen = terminal("show", str(row[0]), url=database)
    assert screen.exit_code == 0
    assert len(screen.text) < 400_000
    assert "characters)" in screen.text
    assert len(terminal("list", url=database).text) < 1000
    found = invoke_json("show", str(row[0]), url=database)
    assert len(found["last_error"]) == 3_000_000


def test_fits_the_terminal(jobs: str) -> None:
    for columns in (40, 60, 80, 100, 200):
        screen = terminal("list", url=jobs, columns=columns)
        assert screen.exit_code == 0
        assert len(screen.lines) == 5
        assert max(map(len, screen.lines)) <= columns
        assert screen.lines[0].split()[:3] == ["ID", "STATE", "TASK"]
        assert "\x1b" not in screen.text
        # Aligned: the state begins in the same column everywhere.
        place = screen.lines[0].index("STATE")
        assert [line[place:].split()[0] for line in screen.lines[1:]] == ["ready", "scheduled", "locked", "failed"]


def test_wide_terminals_show_everything(jobs: str) -> None:
    screen = terminal("list", url=jobs, columns=200, TZ="TST-05:30")
    # Numbers are aligned to the right, and so are their names.
    assert screen.lines[0].startswith(f"{'ID':>{len(str(job_id(1)))}}  ")
    for shown in (
        "images",
        "people",
        "bob",
        "worker_1",
        "first line \\x1b[31mred",
        "2100-01-01T05:30:00",
        "25/25",
        "7",
    ):
        assert shown in screen.text
    assert "second" not in screen.text


def test_a_full_page_says_how_to_go_on(jobs: str) -> None:
    assert (
        terminal("list", "--limit", "2", url=jobs).lines[-1] == f"2 shown; there may be more: --before-id {job_id(3)}"
    )
    assert len(terminal("list", "--limit", "5", url=jobs).lines) == 5


def test_json_on_a_terminal_is_indented(jobs: str) -> None:
    screen = terminal("list", "--json", "--state", "ready", url=jobs)
    assert screen.lines[:3] == ["[", "  {", f'    "id": {job_id(4)},']
    assert json.loads(screen.text)[0]["priority"] == 7


@pytest.mark.parametrize(
    ("args", "message"),
    [(["--identifier", "nosuch"], "unknown task 'nosuch'"), (["--queue", "nosuch"], "unknown queue 'nosuch'")],
)
def test_unknown_names(jobs: str, args: list[str], message: str) -> None:
    result = invoke("list", *args, url=jobs)
    assert result.exit_code == 1
    error, hint = result.stderr.splitlines()
    assert error == f"error: {message}"
    assert "`graphile-worker " in hint


def test_show_as_json(jobs: str) -> None:
    document = invoke_json("show", str(job_id(1)), url=jobs)
    assert list(document) == list(JobDetails.__dataclass_fields__)
    assert (document["id"], document["job_state"], document["payload"]) == (job_id(1), "failed", {"path": "/a.png"})


def test_payload_whatever_the_clients_encoding(jobs: str) -> None:
    result = invoke("show", str(job_id(2)), "--json", url=jobs, env={"PGCLIENTENCODING": "LATIN1"})
    assert '"payload":{"name":"Åda"}' in result.stdout


def test_show_when_piped(jobs: str) -> None:
    fields = {row["field"]: row["value"] for row in table(invoke("show", str(job_id(2)), url=jobs).stdout)}
    assert list(fields) == list(JobDetails.__dataclass_fields__)
    assert (fields["locked_by"], fields["payload"], fields["last_error"]) == ("worker_1", '{"name":"Åda"}', "")


def test_show_on_a_terminal(jobs: str) -> None:
    screen = terminal("show", str(job_id(1)), url=jobs)
    assert screen.exit_code == 0
    assert screen.lines[:3] == [f"id          {job_id(1)}", "task        resize", "state       failed"]
    assert "attempts    25 of 25" in screen.lines
    assert "flags       big" in screen.lines
    place = screen.lines.index("last error:")
    assert screen.lines[place:] == [
        "last error:",
        "  first line \\x1b[31mred",
        "  second\\tline \\u202e",
        "payload:",
        "  {",
        '    "path": "/a.png"',
        "  }",
    ]


def test_show_of_an_unknown_job(jobs: str) -> None:
    result = invoke("show", "99", url=jobs)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: no job 99\nhint: Jobs that are done are deleted\n"


@pytest.mark.parametrize("job_id", ["0", "-1", "9223372036854775808", "1.5", "one"])
def test_show_of_what_is_no_id(job_id: str) -> None:
    result = invoke("show", "--", job_id)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: invalid value for '[ID]'")


def test_times_that_python_does_not_have(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for run_at in ("infinity", "-infinity", "12000-01-01", "0044-03-15 BC"):
            connection.execute("select graphile_worker.add_job('hello', run_at => %s)", [run_at])
    expected = ["-infinity", "infinity", "-infinity", "infinity"]
    assert [job["run_at"] for job in invoke_json("list", url=database)] == expected
    assert [row["run_at"] for row in table(invoke("list", url=database).stdout)] == expected


def test_show_by_key(jobs: str) -> None:
    with Client(jobs) as client:
        job = client.add_job("resize", job_key="daily")
    assert invoke_json("show", "--key", "daily", url=jobs) == invoke_json("show", str(job.id), url=jobs)
    result = invoke("show", "--key", "dail", url=jobs)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: no job has the key 'dail'\nhint: Jobs that are done are deleted\n"
    result = invoke("show", "1", "--key", "daily", url=jobs)
    assert (result.exit_code, result.stderr) == (2, "error: ID and --key exclude each other\n")
