"""What stands in docs/schedules.md and docs/cron.md is done as it stands there."""

from __future__ import annotations

import re
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker import AsyncClient, Crontab, TaskRegistry
from tests import support

DOCS = Path(__file__).parents[3] / "docs"


def blocks(guide: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / guide).read_text(), re.DOTALL)


@pytest.mark.parametrize(
    "block",
    [block for guide in ("schedules.md", "cron.md") for block in blocks(guide, "sql") if "pg_cron" not in block],
)
def test_statements_run(block: str, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(block.encode())


def test_what_stands_for_pg_cron_and_for_a_shell_schedules(database: str) -> None:
    [for_pg_cron] = [block for block in blocks("schedules.md", "sql") if "pg_cron" in block]
    [for_a_shell] = [block for block in blocks("schedules.md", "sh") if "psql" in block]
    for statement in (for_pg_cron.split("'")[-2], for_a_shell.split('"')[1]):
        with psycopg.connect(database) as connection:
            connection.execute("select graphile_worker.set_schedule('s', cron => '* * * * *')")
            connection.execute(
                """
                update graphile_worker._private_schedules
                set next_tick = date_trunc('minute', now()) - interval '1 minute'
                """
            )
            connection.execute("delete from graphile_worker._private_known_crontabs")
            connection.execute("delete from graphile_worker._private_jobs")
            connection.execute(statement.encode())
        assert support.scalar(database, "select count(*) from graphile_worker._private_jobs") >= 2


async def test_the_same_from_code(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def send_digest(payload: dict[str, str]) -> None: ...

    @tasks.task
    async def ping() -> None: ...

    [code] = [block for block in blocks("schedules.md", "python") if "set_schedule" in block]
    names = {
        "timedelta": timedelta,
        "datetime": datetime,
        "UTC": UTC,
        "send_digest": send_digest,
        "ping": ping,
        "Digest": lambda kind: {"kind": kind},
    }
    exec(f"async def run(client):\n{textwrap.indent(code, '    ')}", names)
    async with AsyncClient(database) as client:
        await names["run"](client)  # type: ignore[operator]
    assert [line.partition(" [")[0] for line in capsys.readouterr().out.splitlines()] == [
        "digest at 08:00 on Monday (Europe/Vienna)",
        "ping every 10 seconds",
    ]


def test_the_line_of_a_crontab_can_be_read() -> None:
    [block] = re.findall(r"```\n(# minute.*?)```", (DOCS / "cron.md").read_text(), re.DOTALL)
    assert [entry.task for entry in Crontab.parse(block)] == ["send_weekly_report"]
