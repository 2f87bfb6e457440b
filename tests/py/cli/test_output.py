"""Every command at a terminal of 80 columns, for people and with --json."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from rich.cells import cell_len

from graphile_worker import Client, JobSpec
from graphile_worker._cli.main import cli
from tests.py.support.command import terminal, with_ids
from tests.support import job_ids

COLUMNS = 80
LONG = "a_name_that_is_longer_than_people_think_names_are_" * 2


@dataclass(frozen=True)
class Case:
    """A call, where #1 is the id of job 1; what stands there when Ctrl-C is pressed; whether it writes JSON, and lines
    that fit."""

    line: str
    exit_code: int = 0
    until: tuple[str, str] | None = None
    has_json: bool = True
    fits: bool = True

    @property
    def words(self) -> list[str]:
        return with_ids(*self.line.split())


CASES = [
    Case("migrate"),
    Case("migrate --dry-run"),
    Case("run terminal_tasks --once", fits=False),
    Case("add hello --key another", fits=False),
    Case("add hello --from jobs.ndjson"),
    Case("list"),
    Case("list --state failed"),
    Case("list --queue nosuch", 1, has_json=False),
    Case("show #1", fits=False),
    Case("show #99", 1, has_json=False),
    Case("show --key key", fits=False),
    Case("show --key nosuch", 1, has_json=False),
    Case("stats"),
    Case("stats --by task"),
    Case("stats --by queue"),
    Case("stats --health"),
    Case("stats --watch 100ms", until=("per second", '"added_per_second":0')),
    Case("queues"),
    Case("workers"),
    Case("retry #1"),
    Case("retry --state failed --yes"),
    Case("fail #3 --dry-run"),
    Case("fail --task hello --yes"),
    Case("cancel #3 --reason no"),
    Case("cancel --state waiting --yes"),
    Case("complete #3 #4"),
    Case("complete #5", 1),
    Case("complete --task hello --yes"),
    Case("reschedule #3 --now"),
    Case("reschedule --state waiting --priority 3 --yes"),
    Case("remove key"),
    Case("remove --id #1 --yes"),
    Case("remove --state all --yes"),
    Case("pause"),
    Case("pause --task hello"),
    Case("resume --queue paused"),
    Case("resume --queue nosuch", 1),
    Case("policies set hello --max-attempts 3"),
    Case("policies list"),
    Case("policies reset hello"),
    Case("limit task hello --max-running 3"),
    Case("limit queue tenant:* --width 2"),
    Case("limits"),
    Case("unlimit task hello"),
    Case("unlimit queue tenant:*"),
    Case("schedules set pong --every 10s --task hello", fits=False),
    Case("schedules list"),
    Case("schedules pause ping"),
    Case("schedules resume paused"),
    Case("schedules run-now ping"),
    Case("schedules remove ping"),
    Case("cleanup --yes"),
    Case("cleanup --dry-run"),
    Case("force-unlock silent_worker --dry-run"),
    Case("force-unlock silent_worker --yes"),
    Case("sweep-stale-workers --dry-run"),
    Case("sweep-stale-workers", fits=False),
    Case("crontab check crontab"),
    Case("crontab check broken", 1, fits=False),
    Case("crontab next crontab"),
    Case("crontab list"),
    Case("psql", has_json=False, fits=False),
    Case("completion bash", has_json=False, fits=False),
    Case("admin --port 0", until=("password", '"password"'), fits=False),
]


def paths(group: click.Group, *names: str) -> Iterator[str]:
    """The names of all commands there are, those of groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from paths(command, *names, name)
        else:
            yield " ".join([*names, name])


def test_no_command_is_left_out() -> None:
    there = set(paths(cli))
    assert {path for path in there if not any(f"{case.line} ".startswith(f"{path} ") for case in CASES)} == set()


@pytest.mark.parametrize("path", sorted(paths(cli)))
def test_help_fits(path: str) -> None:
    screen = terminal(*path.split(), "--help", url=None)
    assert screen.exit_code == 0
    # A line to be copied into a shell is not broken.
    too_long = [line for line in screen.lines if len(line) > COLUMNS]
    assert [line for line in too_long if not line.startswith("  GRAPHILE_WORKER_ADMIN")] == []


@pytest.fixture
def scene(shared_database: str, tmp_path: Path) -> Path:
    """Jobs 1 and 2 have failed, 3 and 4 are due, 5 runs, 6 has a key; long names; a worker that died;
    limits; schedules."""
    with Client(shared_database) as client, psycopg.connect(shared_database, autocommit=True) as connection:
        client.add_jobs([JobSpec(identifier="hello", payload={"text": LONG}), JobSpec(identifier="hello")])
        client.permanently_fail_jobs(job_ids(1, 2), f"no such file:\n{LONG}")
        client.add_jobs([JobSpec(identifier="hello"), JobSpec(identifier=LONG, queue_name=LONG, flags=[LONG])])
        client.add_job("silent", queue_name="日本語" * 12)
        client.add_job("hello", job_key="key", queue_name="paused")
        client.pause_queue("paused", LONG)
        client.limit_task("hello", max_running=3)
        client.limit_queue("tenant:*", width=2, reason=LONG)
        client.set_schedule(LONG, every=timedelta(hours=1), task="hello")
        for name in ("ping", "paused"):
            client.set_schedule(name, every=timedelta(hours=1), task="hello")
        client.pause_schedule("paused")
        client.set_task_policy("hello", max_attempts=5)
        client.register_crontabs([LONG])
        for statement in (
            "select graphile_worker.get_jobs('silent_worker', '{silent}')",
            f"select graphile_worker.worker_heartbeat('{LONG}')",
        ):
            connection.execute(statement.encode())
    (tmp_path / "terminal_tasks.py").write_text(
        textwrap.dedent("""
            from graphile_worker import TaskRegistry

            tasks = TaskRegistry()

            @tasks.task
            def hello() -> None: ...
        """)
    )
    (tmp_path / "jobs.ndjson").write_text("{}\n" * 3)
    (tmp_path / "crontab").write_text(f"30 2 * * * {LONG} ?id=nightly&tz=Europe/Paris\n")
    (tmp_path / "broken").write_text("60 * * * * a\n")
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line)
def test_for_people(scene: Path, module_database: str, case: Case) -> None:
    until = case.until and case.until[0]
    screen = terminal(*case.words, url=module_database, columns=COLUMNS, cwd=scene, until=until)
    assert screen.exit_code == case.exit_code, screen.text
    assert "Traceback" not in screen.text
    assert screen.text
    if case.fits:
        lines = screen.text.replace("\r", "\n").splitlines()
        assert [line for line in lines if cell_len(line) > COLUMNS and not line.startswith("hint: ")] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line)
def test_for_programs(scene: Path, module_database: str, case: Case, tmp_path: Path) -> None:
    until = case.until and case.until[1]
    log = tmp_path / "stderr"
    words = [*case.words, "--json"]
    screen = terminal(*words, url=module_database, columns=COLUMNS, cwd=scene, until=until, stderr=log)
    errors = log.read_text()
    assert screen.exit_code == case.exit_code, errors
    assert "Traceback" not in errors + screen.text
    if case.has_json:
        assert len(documents(screen.text.replace("^C", ""))) >= (0 if case.line.startswith("run") else 1)
    elif case.exit_code:
        assert screen.text == ""
    if case.exit_code:
        assert errors.startswith("error: ")
    elif case.line.startswith(("run", "admin")):
        assert all(json.loads(line) for line in errors.splitlines())


def documents(text: str) -> list[Any]:
    """The JSON documents in a text, which has nothing else in it."""
    found = []
    while text := text.strip():
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:]
    return found
