"""Entries that ask a function, scheduled by workers together: once, none left out, and none at the cost of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import Client, Cron, CronScheduler, Crontab
from tests.py.support.simulated_cron import SimulatedClock, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(database, min_size=1, max_size=6) as opened:
        yield opened


def odd(minute: datetime) -> bool:
    return minute.minute % 2 == 1


def jobs(url: str) -> list[tuple[str, str]]:
    with Client(url) as client:
        found = [(job.task_identifier, f"{job.run_at.astimezone(UTC):%H:%M}") for job in client.list_jobs()]
    return sorted(found, key=lambda job: (job[1], job[0]))


async def run(world: World, pool: Any, crontab: Crontab, *, machines: int, during: timedelta) -> None:
    schedulers = [CronScheduler(pool, crontab, clock=SimulatedClock(world)) for _ in range(machines)]
    for scheduler in schedulers:
        await scheduler.start()
    await world.run(during, lambda: machines)
    for scheduler in schedulers:
        await scheduler.stop()


async def test_many_workers_add_a_job_once_and_make_up_for_what_was_missed(
    database: str, pool: AsyncConnectionPool[Any]
) -> None:
    world = World("2024-05-01 08:00:30")
    crontab = Crontab(
        [
            Cron(match=odd, task="filled", fill=timedelta(hours=1)),
            Cron(match=odd, task="plain"),
            # One that is known beforehand does not keep the others waiting.
            Cron.at("2 8 * * *", task="even"),
        ]
    )
    await run(world, pool, crontab, machines=3, during=4 * MINUTE)
    expected = [("filled", "08:01"), ("plain", "08:01"), ("even", "08:02"), ("filled", "08:03"), ("plain", "08:03")]
    assert jobs(database) == expected
    world.now += 20 * MINUTE
    await run(world, pool, crontab, machines=2, during=MINUTE)
    missed = [("filled", f"08:{minute:02}") for minute in range(5, 25, 2)]
    assert jobs(database) == [*expected, *missed, ("filled", "08:25"), ("plain", "08:25")]


async def test_a_function_that_raises_is_left_out_for_that_minute_alone(
    database: str, pool: AsyncConnectionPool[Any], caplog: pytest.LogCaptureFixture
) -> None:
    world = World("2024-05-01 08:00:30")

    def broken_at_times(minute: datetime) -> bool:
        if minute.minute in (2, 3, 4):
            raise RuntimeError(f"no calendar for {minute.minute}")
        return True

    crontab = Crontab([Cron(match=broken_at_times, task="broken", id="at_times"), Cron.every_minute(task="whole")])
    await run(world, pool, crontab, machines=1, during=5 * MINUTE)
    whole = [("whole", f"08:0{minute}") for minute in range(1, 6)]
    assert jobs(database) == sorted(
        [("broken", "08:01"), ("broken", "08:05"), *whole], key=lambda job: (job[1], job[0])
    )
    assert (
        "crontab entry at_times is left out at 2024-05-01 08:02 UTC (1), its match raised: RuntimeError" in caplog.text
    )
    # The first, second, fourth ... time.
    assert "no calendar for 3" in caplog.text
    assert "no calendar for 4" not in caplog.text
