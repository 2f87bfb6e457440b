"""Which database a command goes to where no address is given, and what it asks then."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from graphile_worker import Client
from tests.py.support.command import Process, invoke, process, terminal


def variables(url: str) -> dict[str, str]:
    """libpq's variables for an address."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[name]: str(value) for name, value in conninfo_to_dict(url).items() if name in names}


def told(url: str, source: str = "PGHOST, PGDATABASE") -> str:
    params = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return f"the database is {params['host']}:{params['port']}/{params['dbname']}, named by {source}"


def ended(child: Process) -> tuple[int, str, str]:
    with child:
        stdout, stderr = child.communicate(timeout=30)
    return child.returncode, stdout, stderr


def test_by_variables_of_libpq(database: str) -> None:
    exit_code, stdout, stderr = ended(process("stats", "--json", **variables(database)))
    assert (exit_code, stderr) == (0, f"{told(database)}\n")
    assert json.loads(stdout)["ready"] == 0


def test_by_a_service(database: str, tmp_path: Path) -> None:
    params = conninfo_to_dict(database)
    (tmp_path / "services").write_text("\n".join(["[queue]", *(f"{name}={value}" for name, value in params.items())]))
    named = {"PGSERVICE": "queue", "PGSERVICEFILE": str(tmp_path / "services")}
    exit_code, _, stderr = ended(process("stats", **named))
    assert (exit_code, stderr) == (0, f"{told(database, 'PGSERVICE')}\n")


def test_an_address_comes_before_variables(database: str) -> None:
    wrong = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGDATABASE": "nosuch"}
    exit_code, _, stderr = ended(process("stats", url=database, **wrong))
    assert (exit_code, stderr) == (0, "")


def test_by_nothing() -> None:
    # None of these says which database; an address that is empty is a mistake.
    for words, named in ((), {"PGPORT": "5432", "PGUSER": "ada"}), (("-c", ""), {"PGHOST": "h", "PGDATABASE": "d"}):
        result = invoke("stats", *words, env=named)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: no database is named\nhint: Give --database-url postgresql://user@host")


def test_no_connection_says_where_the_name_came_from() -> None:
    named = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGDATABASE": "app"}
    exit_code, _, stderr = ended(process("stats", **named))
    assert exit_code == 2
    assert stderr == (
        "the database is 127.0.0.1:1/app, named by PGHOST, PGDATABASE\n"
        "error: no connection to 127.0.0.1:1/app: Connection refused\n"
        "hint: Is the server running, and is the address in PGHOST, PGDATABASE right?\n"
    )


def test_run_logs_it_first(database: str, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(
        "from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\ntasks.add(lambda: None, 'ran')\n"
    )
    exit_code, _, stderr = ended(process("run", "--once", "--json", cwd=tmp_path, **variables(database)))
    assert exit_code == 0, stderr
    assert [json.loads(line)["message"] for line in stderr.splitlines()[:2]] == [
        *(told(database), "tasks found in ./tasks.py"),
    ]


@pytest.mark.parametrize("scheme", ["pg", "postgres"])
def test_schemes(database: str, scheme: str) -> None:
    address = f"{scheme}{database[database.index('://') :]}"
    assert invoke("stats", "-c", address).exit_code == 0
    assert invoke("stats", url=f" {address}").exit_code == 0


DESTRUCTIVE = [
    ["complete", "1"],
    ["fail", "1"],
    ["retry", "1"],
    ["reschedule", "1", "--now"],
    ["cancel", "1"],
    ["remove", "key"],
    ["remove", "--id", "1"],
    ["remove", "--state", "all"],
    ["cancel", "--state", "all"],
    ["cleanup"],
    ["run", "--cleanup", "GC_JOB_QUEUES"],
    ["force-unlock", "x"],
    ["sweep-stale-workers"],
]


@pytest.mark.parametrize("words", DESTRUCTIVE, ids=" ".join)
def test_what_destroys_wants_a_yes(database: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(database).items():
        monkeypatch.setenv(name, value)
    named = {name: value for name, value in variables(database).items() if name in ("PGHOST", "PGDATABASE")}
    result = invoke(*words, env=named)
    assert result.exit_code == 2
    assert result.stderr == f"error: {told(database)} only\nhint: Give --yes, or the database: --database-url\n"
    # Whatever it finds to do.
    assert "Give --yes" not in invoke(*words, "--yes", env=named).stderr
    assert "Give --yes" not in invoke(*words, url=database).stderr
    if words[0] != "run" and words[1:] != ["key"]:
        assert "Give --yes" not in invoke(*words, "--dry-run", env=named).stderr


def test_at_a_terminal_it_asks(database: str) -> None:
    with Client(database) as client:
        job = client.add_job("t")
    for answer, left in (("n", 1), ("y", 0)):
        screen = terminal("complete", str(job.id), url=None, columns=200, typed=f"{answer}\n", **variables(database))
        assert screen.text.count(told(database)) == 1
        assert f"{told(database)}. Go on? [y/N]: " in screen.text
        with psycopg.connect(database) as connection:
            assert connection.execute("select count(*) from graphile_worker.jobs").fetchone() == (left,)


def test_at_a_terminal_who_asks_anyway_asks_once(database: str) -> None:
    with Client(database) as client:
        client.add_job("t")
    screen = terminal("remove", "--state", "all", url=None, columns=200, typed="y\n", **variables(database))
    assert screen.text.count("Go on?") == 1
    assert told(database) in screen.lines
    assert screen.lines[-1].endswith("1 job removed")
