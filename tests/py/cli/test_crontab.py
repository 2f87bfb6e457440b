"""`graphile-worker crontab check`, `next` and `list`, and `run --crontab`."""

from __future__ import annotations

import importlib
import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client
from graphile_worker._calls.crontab_rows import KnownCrontab
from graphile_worker._cli.crontab import Upcoming
from tests.py.support.command import invoke, invoke_json, table

# The package has a command of this name.
crontab = importlib.import_module("graphile_worker._cli.crontab")
GOOD = "0 12 29 2 * leap\n30 2 * * * send ?id=nightly&tz=Europe/Paris\n"


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "crontab"
    path.write_text(GOOD)
    return str(path)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad"
    path.write_text("60 * * * * a\n\n* * * * mon b ?max=0\n")
    return str(path)


def test_check_says_how_many_entries_there_are(good: str) -> None:
    result = invoke("crontab", "check", good)
    assert (result.exit_code, result.stdout) == (0, "field\tvalue\nentries\t2\n")
    assert invoke("crontab", "check", good, "--json").stdout == '{"entries":2,"problems":[]}\n'


def test_check_says_everything_that_is_wrong(bad: str) -> None:
    result = invoke("crontab", "check", bad)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"error: {bad} has 3 mistakes",
        f"  {bad}:1:1: bad minute 60. A minute is 0 to 59",
        f"  {bad}:3:9: bad day of the week 'mon'. There are no names here: write 1",
        f"  {bad}:3:20: bad max '0'. It is 1 to 32767",
    ]
    document = json.loads(invoke("crontab", "check", bad, "--json").stdout)
    assert document["entries"] is None
    assert [(p["line"], p["column"]) for p in document["problems"]] == [(1, 1), (3, 9), (3, 20)]
    assert document["problems"][0] == {
        "source": bad,
        "line": 1,
        "column": 1,
        "message": "bad minute 60",
        "hint": "A minute is 0 to 59",
    }


def test_a_file_that_is_not_there() -> None:
    result = invoke("crontab", "check", "/no/such/crontab")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: /no/such/crontab can't be read: No such file or directory\n",
    )


def test_next(good: str) -> None:
    result = invoke("crontab", "next", good, "--count", "2", "--after", "2024-03-30T02:00:00+01:00")
    assert table(result.stdout) == [
        dict(zip(Upcoming.__dataclass_fields__, row, strict=True))
        for row in (
            ("2028-02-29T12:00:00+00:00", "2028-02-29T12:00+00:00", "leap", "leap"),
            ("2032-02-29T12:00:00+00:00", "2032-02-29T12:00+00:00", "leap", "leap"),
            ("2024-03-30T01:30:00+00:00", "2024-03-30T02:30+01:00", "nightly", "send"),
            ("2024-03-31T01:30:00+00:00", "2024-03-31T03:30+02:00", "nightly", "send"),
        )
    ]


def test_next_is_five_ticks_of_each_from_now_on(good: str) -> None:
    rows = table(invoke("crontab", "next", good).stdout)
    assert [row["identifier"] for row in rows] == ["leap"] * 5 + ["nightly"] * 5


def test_next_of_schedules(database: str) -> None:
    with Client(database) as client:
        client.set_schedule("send", cron="30 2 * * *", time_zone="Europe/Paris", task="mail")
        client.set_schedule("poll", every=timedelta(seconds=90))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            """
            select graphile_worker.publish_schedules(
              'crontab', '[{"task": "leap", "cron": "0 12 29 2 *", "line": 1}, {"task": "gone", "cron": "* * * * *"}]'
            );
            select graphile_worker.publish_schedules('crontab', '[{"task": "leap", "cron": "0 12 29 2 *", "line": 1}]')
            """
        )
    result = invoke("crontab", "next", "--count", "2", "--after", "2024-03-30T02:00:00+01:00", url=database)
    assert table(result.stdout) == [
        dict(zip(Upcoming.__dataclass_fields__, row, strict=True))
        for row in (
            ("2028-02-29T12:00:00+00:00", "2028-02-29T12:00+00:00", "leap", "leap"),
            ("2032-02-29T12:00:00+00:00", "2032-02-29T12:00+00:00", "leap", "leap"),
            ("2024-03-30T01:01:30+00:00", "2024-03-30T01:01:30+00:00", "poll", "poll"),
            ("2024-03-30T01:03:00+00:00", "2024-03-30T01:03+00:00", "poll", "poll"),
            ("2024-03-30T01:30:00+00:00", "2024-03-30T02:30+01:00", "send", "mail"),
            ("2024-03-31T01:30:00+00:00", "2024-03-31T03:30+02:00", "send", "mail"),
        )
    ]
    rows = table(invoke("crontab", "next", "--schedule", "poll", "--schedule", "send", url=database).stdout)
    assert [row["identifier"] for row in rows] == ["poll"] * 5 + ["send"] * 5
    result = invoke("crontab", "next", "--schedule", "Poll", url=database)
    assert (result.exit_code, result.stderr.splitlines()[1]) == (1, "hint: Did you mean poll?")


def test_next_of_a_file_or_of_schedules(good: str) -> None:
    result = invoke("crontab", "next", good, "--schedule", "leap")
    assert (result.exit_code, result.stderr) == (2, "error: FILE and --schedule exclude each other\n")


def test_next_of_more_schedules_than_a_page_has(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crontab, "_PAGE", 2)
    with Client(database) as client:
        for name in "abcde":
            client.set_schedule(name, cron="* * * * *")
    assert [row["identifier"] for row in invoke_json("crontab", "next", "--count", "1", url=database)] == [*"abcde"]


def test_list(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.register_crontabs('{a,b}', '2024-01-01 00:00+00')")
        connection.execute("""select graphile_worker.schedule_crontabs('2024-01-01 08:00+00', '[{"task": "a"}]')""")
    document = invoke_json("crontab", "list", url=database)
    assert [list(row) for row in document] == [list(KnownCrontab.__dataclass_fields__)] * 2
    assert [(row["identifier"], row["last_execution"]) for row in document] == [
        ("a", "2024-01-01T08:00:00.000000Z"),
        ("b", None),
    ]


def test_without_a_command_there_is_help() -> None:
    result = invoke("crontab")
    assert result.exit_code == 2
    assert "check" in result.stderr


def test_run_refuses_a_bad_crontab_before_it_connects(bad: str) -> None:
    result = invoke("run", "examples.tasks", "--crontab", bad)
    assert result.exit_code == 1
    assert f"{bad} has 3 mistakes" in result.stderr


def test_check_asks_the_database(database: str, tmp_path: Path) -> None:
    path = tmp_path / "crontab"
    path.write_text('* * * * * good {"x":"\\u0000"}\n\n* * * * * refused ?id=nightly\n')
    with psycopg.connect(database) as connection:
        connection.execute(
            """
            create function refuse() returns trigger language plpgsql as $$
            begin
              if exists (
                select from graphile_worker._private_tasks as t where t.id = new.task_id and t.identifier = 'refused'
              ) then
                raise exception '%', 'not on my watch ' || repeat('!', 100000);
              end if;
              return new;
            end;
            $$;
            create trigger refuse before insert on graphile_worker._private_jobs for each row execute function refuse();
            """
        )
    address = ("--database-url", database)
    assert invoke("crontab", "check", str(path)).exit_code == 0
    result = invoke(*address, "crontab", "check", str(path), "--database")
    assert result.exit_code == 1
    error, problem = result.stderr.splitlines()
    assert error == f"error: the database refuses 1 of the 2 entries of {path}"
    assert problem.startswith(f"  {path}:3:1: not on my watch !!!")
    assert problem.endswith("characters). SQLSTATE P0001")
    assert len(problem) < 1000
    document = json.loads(invoke(*address, "crontab", "check", str(path), "--database", "--json").stdout)
    assert (document["entries"], [p["line"] for p in document["problems"]]) == (2, [3])
    with psycopg.connect(database) as connection:
        connection.execute("drop trigger refuse on graphile_worker._private_jobs")
        assert connection.execute("select count(*) from graphile_worker._private_jobs").fetchone() == (0,)
    assert invoke(*address, "crontab", "check", str(path), "--database").exit_code == 0
