"""An entry that can't be scheduled is left out by itself, and told with its line."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client, Cron, CronScheduler, Crontab, migrate
from tests import support
from tests.py.support.simulated_cron import SimulatedClock, World

REFUSING = """
create function refuse() returns trigger language plpgsql as $$
begin
  if new.task_id = (select t.id from graphile_worker._private_tasks as t where t.identifier = 'refused') then
    raise exception 'not on my watch' using hint = 'Ask the %s.', errcode = '%s';
  end if;
  return new;
end;
$$;
create %s trigger refuse %s on graphile_worker._private_jobs %s for each row execute function refuse();
"""


def trigger(url: str, kind: str = "", when: str = "before insert", deferred: str = "", code: str = "P0001") -> None:
    with psycopg.connect(url) as connection:
        connection.execute((REFUSING % ("owner", code, kind, when, deferred)).encode())


async def minutes(url: str, crontab: Crontab, count: int) -> None:
    world = World("2024-05-01 08:00:30")
    scheduler = CronScheduler(url, crontab, clock=SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(minutes=count), lambda: 1)
    await scheduler.stop()


def jobs(url: str) -> list[tuple[str, int]]:
    """How many jobs each task has."""
    with psycopg.connect(url, client_encoding="utf8") as connection:
        return connection.execute(
            """
            select t.identifier, count(*)
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            group by 1 order by 1
            """
        ).fetchall()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("kind", "when", "deferred"),
    [
        ("", "before insert", ""),
        ("constraint", "after insert", "deferrable initially deferred"),
    ],
    ids=["at once", "at the commit"],
)
async def test_a_trigger_that_refuses_one_task(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, when: str, deferred: str
) -> None:
    trigger(database, kind, when, deferred)
    path = tmp_path / "crontab"
    path.write_text("# Two.\n* * * * * good\n\n* * * * * refused ?id=nightly\n")
    await minutes(database, Crontab.read(path), 5)
    assert jobs(database) == [("good", 5)]
    assert told(caplog) == [
        f"crontab entry nightly ({path}:4) is left out at 2024-05-01 08:0{minute} UTC ({count}):"
        " not on my watch. Ask the owner."
        for minute, count in (("1", 1), ("2", 2), ("4", 4))
    ]


async def test_what_passes_is_nobodys_error(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """With the disk full, nothing is scheduled, and nothing is left out."""
    trigger(database, code="53100")
    await minutes(database, Crontab.parse("* * * * * good\n* * * * * refused"), 2)
    assert jobs(database) == []
    with Client(database) as client:
        assert [row.last_execution for row in client.list_crontabs()] == [None, None]
    assert "cron failed" in caplog.text
    assert "left out" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [r"a\u0000b", r"\\\u0000", r"\ud83d\ude00 \u00e9 \\u0041 \u0041"],
    ids=["NUL", "NUL behind a backslash", "others"],
)
async def test_escapes_that_add_job_takes(database: str, text: str) -> None:
    value = json.loads(f'"{text}"')
    await minutes(database, Crontab([Cron.every_minute(task="t", payload={"x": value, value: [value]})]), 1)
    with Client(database) as client:
        (job,) = client.list_jobs()
        details = client.show_job(job.id)
    assert details is not None
    assert details.payload["x"] == value
    assert details.payload[value] == [value]


async def test_characters_that_the_encoding_of_the_database_lacks(
    server_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A payload has escapes for them; a name has not."""
    with support.encoded_database(server_url, "LATIN1") as url:
        migrate(url)
        crontab = Crontab.parse(
            '* * * * * good {"x":"é"}\n* * * * * payload {"x":"€"}\n'
            "* * * * * queue ?queue=%E2%82%AC\n* * * * * keyed ?job_key=%E2%82%AC"
        )
        await minutes(url, crontab, 3)
        assert jobs(url) == [("good", 3), ("payload", 3)]
        with Client(url) as client:
            found = {job.task_identifier: client.show_job(job.id) for job in client.list_jobs()}
    assert {name: job and job.payload["x"] for name, job in found.items()} == {"good": "é", "payload": "€"}
    assert len([line for line in told(caplog) if line.startswith("crontab entry queue (crontab:3) is left out")]) == 2
    assert len([line for line in told(caplog) if line.startswith("crontab entry keyed (crontab:4) is left out")]) == 2


async def test_an_entry_that_can_not_be_written(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever Cron checks: one that slips through is left out by itself, on its way or by the database."""
    nul, surrogate = Cron.every_minute(task="nul"), Cron.every_minute(task="surrogate")
    object.__setattr__(nul, "queue_name", "a\0b")
    object.__setattr__(surrogate, "payload", {"x": "\ud800"})
    await minutes(database, Crontab([Cron.every_minute(task="good"), nul, surrogate]), 2)
    assert jobs(database) == [("good", 2)]
    for task in ("nul", "surrogate"):
        assert [line for line in told(caplog) if f"crontab entry {task} is left out" in line]
