"""The calls for crontabs that both clients have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graphile_worker import AsyncClient, Client, Cron, InvalidArgument, KnownCrontab

SEEN = datetime(2024, 5, 1, tzinfo=UTC)
TICK = datetime(2024, 5, 1, 8, tzinfo=UTC)


def test_register_schedule_and_list(database: str) -> None:
    entry = Cron.daily_at(
        8,
        task="t",
        id="i",
        payload={"x": 1.5},
        max_attempts=3,
        queue_name="q",
        priority=-4,
        job_key="k",
        job_key_mode="preserve_run_at",
    )
    with Client(database) as client:
        [new] = client.register_crontabs(["i"], seen_at=SEEN)
        assert new == KnownCrontab(identifier="i", known_since=SEEN, last_execution=None)
        [scheduled] = client.schedule_crontabs(TICK, [entry], backfilled=True)
        assert scheduled.identifier == "i"
        assert scheduled.job_id is not None
        job = client.show_job(scheduled.job_id)
        assert job is not None
        assert job.payload == {"_cron": {"ts": "2024-05-01T08:00:00.000Z", "backfilled": True}, "x": 1.5}
        assert (job.task_identifier, job.run_at, job.max_attempts) == ("t", TICK, 3)
        assert (job.queue_name, job.priority, job.key) == ("q", -4, "k")
        assert client.schedule_crontabs(TICK, [entry]) == []
        assert client.list_crontabs() == [KnownCrontab(identifier="i", known_since=SEEN, last_execution=TICK)]


async def test_errors_have_classes(database: str) -> None:
    async with AsyncClient(database) as client:
        with pytest.raises(InvalidArgument, match="set the clock that is wrong"):
            await client.schedule_crontabs(datetime.now(UTC) + timedelta(hours=1), [])
        with pytest.raises(InvalidArgument, match="bad crontab identifier ''"):
            await client.register_crontabs([""])


async def test_what_is_refused_stands_in_the_answer(database: str) -> None:
    entry = Cron.hourly(task="t")
    broken = Cron.hourly(task="broken")
    object.__setattr__(broken, "priority", 40_000)
    foreign = Cron.hourly(task="foreign", tz="Europe/Paris")
    # Python knows it, the server does not.
    object.__setattr__(foreign.schedule, "tz", "Europe/Atlantis")
    async with AsyncClient(database) as client:
        refused = await client.check_crontabs([entry, entry, broken, foreign])
        assert [(row.identifier, row.error_code, row.error_message) for row in refused] == [
            ("t", "GWBCI", "crontab identifier 't' stands twice"),
            ("broken", "GWBPR", "bad priority 40000"),
            ("foreign", "GWBTZ", "unknown time zone 'Europe/Atlantis'"),
        ]
        found = {(row.identifier, row.error_code): row for row in await client.schedule_crontabs(TICK, [entry, broken])}
        assert found["t", None].job_id is not None
        left_out = found["broken", "GWBPR"]
        assert (left_out.job_id, left_out.error_message) == (None, "bad priority 40000")
