"""A worker's crontab in the database: all of it, each entry with its line, whatever is wrong with another."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from graphile_worker import AsyncClient, Client, Cron, Crontab, migrate
from graphile_worker._worker.crontab_publisher import CrontabPublisher
from tests import support


async def publish(url: str, crontab: Crontab) -> CrontabPublisher:
    publisher = CrontabPublisher(crontab)
    async with AsyncClient(url) as client:
        await publisher.publish(client)
    return publisher


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_entries_are_listed_as_they_are_written(database: str, caplog: pytest.LogCaptureFixture) -> None:
    crontab = Crontab(
        [
            *Crontab.parse(
                "# one\n0 8 * * 1 digest ?id=weekly&tz=Europe/Vienna&fill=2d&max=3&queue=q&priority=-1 {n: 1}\n"
                "*/5 * * * * poll ?job_key=k&job_key_mode=preserve_run_at",
                "deploy:1/crontab",
            ),
            Cron.hourly(5, task="made"),
        ]
    )
    publisher = await publish(database, crontab)
    assert publisher.identifiers == ["weekly", "poll", "made"]
    with Client(database) as client:
        made, poll, weekly = client.list_schedules()
    assert (made.source, made.words) == ("code", "at minute 5 of every hour")
    assert (poll.source, poll.job_key, poll.job_key_mode) == ("deploy:1/crontab:3", "k", "preserve_run_at")
    assert (weekly.identifier, weekly.task, weekly.cron, weekly.time_zone) == (
        "weekly", "digest", "0 8 * * 1", "Europe/Vienna"
    )  # fmt: skip
    assert (weekly.source, weekly.words) == ("deploy:1/crontab:2", "at 08:00 on Monday (Europe/Vienna)")
    assert (weekly.max_attempts, weekly.queue_name, weekly.priority, weekly.payload) == (3, "q", -1, {"n": 1})
    assert weekly.backfill == timedelta(days=2)
    assert weekly.next_ticks[0] == crontab["weekly"].next(made.updated_at)
    assert not told(caplog)


async def test_a_file_that_has_no_entries_any_more(database: str, tmp_path: Path) -> None:
    path = tmp_path / "crontab"
    found = []
    for text in ("* * * * * t\n", "# nothing\n"):
        path.write_text(text)
        await publish(database, Crontab.read(path))
        with Client(database) as client:
            found += [(row.source, row.is_in_file) for row in client.list_schedules()]
    assert found == [(f"{path}:1", True), (f"{path}:1", False)]


async def test_what_is_refused_is_told_with_its_line(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with Client(database) as client:
        client.set_schedule("taken", cron="* * * * *")
    crontab = Crontab.parse("* * * * * good\n* * * * * taken", "crontab")
    await publish(database, crontab)
    with Client(database) as client:
        assert [(row.identifier, row.source) for row in client.list_schedules()] == [
            ("good", "crontab:1"), ("taken", None)
        ]  # fmt: skip
    assert told(caplog) == [
        (
            "crontab entry taken (crontab:2) is not scheduled: schedule 'taken' was set by set_schedule."
            " Remove one of the two, or give the crontab's an id of its own."
        )
    ]


async def test_an_entry_that_can_not_be_written(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever Cron checks: one that slips through is left out by itself, on its way or by the database."""
    nul, surrogate = Cron.every_minute(task="nul"), Cron.every_minute(task="surrogate")
    object.__setattr__(nul, "queue_name", "a\0b")
    object.__setattr__(surrogate, "payload", {"x": "\ud800"})
    await publish(database, Crontab([Cron.every_minute(task="good"), nul, surrogate]))
    with Client(database) as client:
        assert [row.identifier for row in client.list_schedules()] == ["good"]
    for task in ("nul", "surrogate"):
        assert [line for line in told(caplog) if f"crontab entry {task} (code) is not scheduled" in line]


async def test_characters_that_the_encoding_of_the_database_lacks(
    server_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A payload has escapes for them; a name has not."""
    with support.encoded_database(server_url, "LATIN1") as url:
        migrate(url)
        crontab = Crontab.parse('* * * * * payload {"x":"€"}\n* * * * * queue ?queue=%E2%82%AC')
        await publish(url, crontab)
        with Client(url) as client:
            client.run_schedule_now("payload")
            (job,) = client.list_jobs()
            details = client.show_job(job.id)
    assert details is not None
    assert details.payload["x"] == "€"
    assert len([line for line in told(caplog) if line.startswith("crontab entry queue (crontab:2) is not")]) == 1


async def test_an_entry_that_a_function_decides_about_is_listed_so(database: str) -> None:
    crontab = Crontab([Cron(match=lambda _minute: True, task="asked"), Cron.every_minute(task="timed")])
    publisher = await publish(database, crontab)
    # The other one is its worker's to schedule.
    assert publisher.identifiers == ["timed"]
    with Client(database) as client:
        asked, timed = client.list_schedules()
    assert (asked.words, asked.next_ticks, asked.source) == ("when a function of its worker says", [], "code")
    assert (timed.words, len(timed.next_ticks)) == ("every minute", 3)
