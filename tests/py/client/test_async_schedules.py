"""Schedules through the clients: set, listed, paused, run, removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from graphile_worker import AsyncClient, Client, InvalidArgument, TaskRegistry, UnknownName

WEEK = timedelta(weeks=1)


@dataclass
class Digest:
    kind: str


async def test_a_schedule_from_its_first_to_its_last_day(shared_database: str) -> None:
    tasks = TaskRegistry()
    send = tasks.add(lambda payload: None, "send_digest")
    async with AsyncClient(shared_database) as client:
        assert await client.set_schedule(
            "digest", cron="0 8 * * 1", time_zone="Europe/Vienna", task=send, payload=Digest("short"), queue_name="q"
        )
        assert not await client.set_schedule("digest", every=timedelta(hours=1), task=send, jitter=timedelta(minutes=1))
        (digest,) = await client.list_schedules(identifiers=["digest", "other"])
        assert (digest.task, digest.words, digest.every) == ("send_digest", "every hour", timedelta(hours=1))
        # The whole of it was set anew.
        assert (digest.payload, digest.queue_name, digest.time_zone) == (None, None, "UTC")
        assert len(digest.next_ticks) == 3

        until = datetime.now(UTC).replace(microsecond=0) + WEEK
        assert await client.pause_schedule("digest", "holidays", until=until)
        (digest,) = await client.list_schedules(tick_count=1)
        assert (digest.pause_reason, digest.paused_until) == ("holidays", until)
        assert digest.next_ticks[0] >= until
        assert [(pause.kind, pause.name) for pause in await client.list_paused()] == [("schedule", "digest")]
        job_id = await client.run_schedule_now("digest")
        assert await client.resume_schedule("digest")
        (digest,) = await client.list_schedules()
        assert (digest.last_job_id, digest.last_outcome, digest.last_tick) == (job_id, "waiting", None)
        assert await client.remove_schedule("digest")
        assert await client.list_schedules() == []


def test_what_is_due_can_be_scheduled_by_anybody(shared_database: str) -> None:
    with Client(shared_database) as client:
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
        client.set_schedule("s", every=timedelta(seconds=1), starts_at=start, payload={"n": 1})
        found = []
        while not found:
            found = client.schedule_due_jobs()
        assert [(row.identifier, row.outcome, row.backfilled, row.error) for row in found[:1]] == [
            ("s", "added", False, None)
        ]
        assert found[0].job_id is not None
        job = client.show_job(found[0].job_id)
        assert job is not None
        assert job.payload["n"] == 1


def test_pages_go_by_identifier(shared_database: str) -> None:
    with Client(shared_database) as client:
        for name in ("c", "a", "b"):
            client.set_schedule(name, cron="* * * * *")
        first = client.list_schedules(limit=2)
        assert [row.identifier for row in first] == ["a", "b"]
        assert [row.identifier for row in client.list_schedules(limit=2, after_identifier="b")] == ["c"]
        client.pause_schedule("b")
        assert [row.identifier for row in client.list_schedules(search="A")] == ["a"]
        assert [row.identifier for row in client.list_schedules(state="paused")] == ["b"]
        (row,) = client.list_schedules(identifiers=["c"], tick_count=1, ticks_after=datetime(2030, 1, 1, tzinfo=UTC))
        assert row.next_ticks == [datetime(2030, 1, 1, 0, 1, tzinfo=UTC)]


def test_next_ticks(shared_database: str) -> None:
    with Client(shared_database) as client:
        after = datetime(2026, 10, 24, 12, tzinfo=UTC)
        found = client.next_ticks("30 2 * * *", after=after, time_zone="Europe/Paris", count=2)
    assert [tick.astimezone(UTC).isoformat() for tick in found] == [
        "2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"
    ]  # fmt: skip


def test_what_is_wrong_is_said(shared_database: str) -> None:
    with Client(shared_database) as client:
        for call, words in (
            (lambda: client.set_schedule("s", cron="0 0 30 2 *"), "never due.*Name a day that the month has"),
            (lambda: client.set_schedule("s", cron="* * * * *", time_zone="CEST"), "unknown time zone 'CEST'"),
            (lambda: client.set_schedule("s"), "it needs cron or every"),
            (lambda: client.set_schedule("s", every=timedelta(milliseconds=1)), "bad every"),
            (lambda: client.next_ticks("* * * *"), "4 fields"),
        ):
            with pytest.raises(InvalidArgument, match=f"(?s){words}"):
                call()
        for unknown in (client.pause_schedule, client.resume_schedule, client.run_schedule_now):
            with pytest.raises(UnknownName, match="there is no schedule 'x'"):
                unknown("x")
        assert not client.remove_schedule("x")
