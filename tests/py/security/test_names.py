"""Names that would be SQL, a format, a placeholder or a command of the terminal, taken for more than they are."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from graphile_worker import Client, InvalidArgument, JobSpec, TaskRegistry, Worker, migrate
from graphile_worker._cli.log import _JsonLines, _Lines
from tests import support
from tests.py.security.hostile import EVIL
from tests.py.support.command import invoke, invoke_json, process, table, terminal, with_ids
from tests.py.support.extension import builder, plain_role, rows, run_psql
from tests.support import job_id, job_ids

SCHEMAS = [
    "%s%I%L%1%(x)s%%",
    "x; drop table public.canary; --/*",
    "x\ndrop table public.canary;--\t\x1b[31m\u202e",
    "@extschema@ @name@ :x {y} ?",
]
VISIBLE = ("\x1b", "\x07", "\r", "\x85", "\x9b", "\u2028", "\u202e", "\u2066")


@pytest.fixture
def canary(empty_database: str) -> str:
    """An empty database with a table that must stay."""
    with psycopg.connect(empty_database) as connection:
        connection.execute("create table public.canary ()")
    return empty_database


def canary_lives(url: str) -> bool:
    return rows(url, "select to_regclass('public.canary') is not null") == [(True,)]


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_schemas(canary: str, server_url: str, schema: str) -> None:
    migrate(canary, schema=schema)
    assert migrate(canary, schema=schema).applied == []
    tasks = TaskRegistry()
    done: list[Any] = []
    tasks.add(done.append, "t")
    with Client(canary, schema=schema) as client:
        client.add_job("t", 1, queue_name="q")
        client.add_jobs([JobSpec(identifier="t", payload=2), JobSpec(identifier="t", payload=3, job_key="k")])
        assert [job.task_identifier for job in client.list_jobs()] == ["t", "t", "t"]
        assert client.stats().total == 3
    await Worker(canary, tasks, schema=schema).run_once()
    assert sorted(done) == [1, 2, 3]
    with plain_role(server_url) as role, psycopg.connect(canary) as connection:
        quoted = sql.Identifier(schema)
        for kind in ("enqueue", "operator", "none"):
            connection.execute(sql.SQL("select {}.grant_role({}, {})").format(quoted, role, kind))
        connection.rollback()
    assert invoke_json("--schema", schema, "stats", url=canary)["total"] == 0
    assert canary_lives(canary)
    assert rows(canary, "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)'") == [
        (schema,)
    ]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_scripts_for_psql(canary: str, tmp_path: Path, schema: str) -> None:
    script = invoke("--schema", schema, "migrate", "--sql", url=canary).stdout
    result = run_psql(canary, stdin=script)
    assert result.returncode == 0, result.stderr
    assert invoke("--schema", schema, "migrate", "--dry-run", url=canary).stdout.endswith("is up to date\n")
    with psycopg.connect(canary) as connection:
        connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))

    one_file = tmp_path / "graphile_worker.sql"
    one_file.write_text(builder().Release.read().files(15)["graphile_worker.sql"])
    result = run_psql(canary, "-v", f"schema={schema}", "-f", str(one_file))
    assert result.returncode == 0, result.stderr
    assert migrate(canary, schema=schema).bundle_replaced is False
    assert canary_lives(canary)


@pytest.mark.parametrize("schema", ['a"b', "a'b", "a$b", "a\\b", "a\0b", "", "pg_a", "a" * 64, "é" * 32, "\ud800"])
def test_schemas_that_are_refused(empty_database: str, schema: str) -> None:
    for call in (
        lambda: migrate(empty_database, schema=schema),
        lambda: Client(empty_database, schema=schema).stats(),
        lambda: Worker(empty_database, some_tasks(), schema=schema),
    ):
        with pytest.raises(InvalidArgument, match="schema name"):
            call()


def some_tasks() -> TaskRegistry:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t")
    return tasks


def test_a_role_with_an_odd_name(database: str) -> None:
    role = f'{support.RUN} %s"; drop table x;--'
    with psycopg.connect(database) as connection:
        connection.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        for kind in ("enqueue", "worker", "operator", "none"):
            connection.execute("select graphile_worker.grant_role(%s, %s)", [role, kind])
        connection.execute("grant create on schema graphile_worker to public")
        with pytest.raises(psycopg.DatabaseError) as refused:
            connection.execute("select graphile_worker.grant_role(%s, 'worker')", [role])
        assert refused.value.sqlstate == "GWPUB"
        connection.rollback()


@pytest.fixture
def hostile(database: str) -> str:
    """A database with a job, a queue and a worker whose every name and text is EVIL."""
    with Client(database) as client:
        client.add_job(EVIL, {EVIL: EVIL}, queue_name=EVIL, job_key=EVIL, flags=[EVIL], max_attempts=1)
        client.add_job("t", queue_name=f"{EVIL}2")
    with psycopg.connect(database) as connection:
        connection.execute("select graphile_worker.worker_heartbeat(%s, %s)", [EVIL, json.dumps({EVIL: EVIL})])
        connection.execute("select graphile_worker.get_jobs(%s, %s)", [EVIL, [EVIL]])
        connection.execute("select graphile_worker.fail_jobs(%s, %s, %s)", [EVIL, job_ids(1), [EVIL]])
        connection.execute("select graphile_worker.get_jobs(%s, '{t}')", [EVIL])
        connection.execute("select graphile_worker.register_crontabs(%s)", [[EVIL[:100]]])
        connection.execute("select graphile_worker.pause_task(%s, %s)", [EVIL, EVIL])
    return database


def test_values_are_what_was_given(hostile: str) -> None:
    with Client(hostile) as client:
        job = client.show_job(job_id(1))
        assert job is not None
        assert (job.task_identifier, job.queue_name, job.key, job.payload) == (EVIL, EVIL, EVIL, {EVIL: EVIL})
        assert (job.last_error, job.flags) == (EVIL, {EVIL: True})
        assert [found.id for found in client.list_jobs(task=EVIL, queue=EVIL, search=EVIL)] == job_ids(1)
        assert {queue.queue_name for queue in client.list_queues()} == {EVIL, f"{EVIL}2"}
        assert client.list_workers()[0].worker_id == EVIL
        assert client.remove_job(EVIL) is not None


LOOKS = [
    ["list"],
    ["list", "--state", "failed"],
    ["show", "#1"],
    ["show", "#2"],
    ["queues"],
    ["workers"],
    ["stats"],
    ["pause"],
    ["crontab", "list"],
]


@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
def test_nothing_of_it_reaches_a_terminal(hostile: str, look: list[str]) -> None:
    for more in ([], ["--json"]):
        screen = terminal(*with_ids(*look), *more, url=hostile)
        assert screen.exit_code == 0, screen.text
        assert [c for c in VISIBLE if c in screen.text] == []
        # The forged line is none.
        assert not any(line.startswith("2026-01-01 00:00:00 INFO") for line in screen.lines)


@pytest.mark.parametrize("look", [["list"], ["queues"], ["workers"]], ids=" ".join)
def test_nothing_of_it_adds_fields_to_lines(hostile: str, look: list[str]) -> None:
    result = invoke(*look, url=hostile)
    # Raises for a line that has more or fewer of them.
    assert table(result.stdout)
    assert [c for c in VISIBLE if c in result.stdout] == []


@pytest.mark.parametrize(
    "call",
    [["list", "--identifier", EVIL], ["list", "--queue", EVIL], ["remove", EVIL], ["add", EVIL * 9], ["show", EVIL]],
)
def test_errors_on_a_terminal(database: str, call: list[str]) -> None:
    result = invoke(*call, url=database)
    assert result.exit_code != 0
    assert [c for c in VISIBLE if c in result.output] == []
    assert all(line.startswith(("error: ", "  ", "hint: ")) for line in result.stderr.splitlines())


async def test_a_log_line_of_a_job_is_one_line(database: str, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()

    @tasks.task("t")
    def fail(payload: str) -> None:
        raise ValueError(payload)

    with Client(database) as client:
        client.add_job("t", EVIL, queue_name=EVIL, job_key=EVIL)
    with caplog.at_level(logging.DEBUG, "graphile_worker"):
        await Worker(database, tasks).run_once()
    [record] = [record for record in caplog.records if "failed, attempt" in record.getMessage()]
    # As every formatter gets it, not only that of the command.
    assert record.getMessage().isprintable()
    assert record.__dict__["job_key"] == EVIL
    assert _Lines().format(record).isprintable()
    line = _JsonLines().format(record)
    assert line.isprintable()
    assert json.loads(line)["job_key"] == EVIL


def test_the_log_of_run(database: str, tmp_path: Path) -> None:
    (tmp_path / "evil_tasks.py").write_text(
        "from graphile_worker import TaskRegistry\n"
        "tasks = TaskRegistry()\n"
        f"@tasks.task({EVIL!r})\n"
        "def fail(payload):\n    raise ValueError(payload)\n"
    )
    with Client(database) as client:
        client.add_job(EVIL, EVIL)
    with process("run", "evil_tasks", "--once", url=database, cwd=tmp_path) as child:
        _, stderr = child.communicate(timeout=30)
    assert [c for c in VISIBLE if c in stderr] == []
    assert sum("failed, attempt" in line for line in stderr.splitlines()) == 1
