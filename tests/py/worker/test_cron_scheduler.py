"""The scheduler against a real database, in simulated time: each tick once, none left out, whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient, Client, Cron, CronScheduler, Crontab, SchemaNotInstalled
from graphile_worker._worker.cron_scheduler import DueTick, ScheduledJob
from tests.py.support.simulated_cron import SimulatedClock, World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(database, min_size=1, max_size=6) as opened:
        yield opened


def jobs(url: str) -> list[tuple[str, str, bool]]:
    """Task, tick and whether it was backfilled, of every job there is."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            select t.identifier, to_char(j.run_at at time zone 'UTC', 'DD HH24:MI'),
              (j.payload #>> '{_cron,backfilled}')::boolean
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            order by j.run_at, t.identifier
            """
        ).fetchall()


class Machine:
    """One scheduler with a clock of its own, that can be switched off."""

    def __init__(self, world: World, target: Any, crontab: Crontab, **options: Any) -> None:
        self.clock = SimulatedClock(world)
        self._make = lambda: CronScheduler(target, crontab, clock=self.clock, **options)
        self.scheduler: CronScheduler | None = None

    async def start(self) -> None:
        if self.scheduler is None:
            self.scheduler = self._make()
            await self.scheduler.start()

    async def kill(self) -> None:
        if self.scheduler is not None:
            scheduler, self.scheduler = self.scheduler, None
            await scheduler.stop()

    @property
    def sleepers(self) -> int:
        return int(self.scheduler is not None)


async def test_a_tick_makes_a_job_and_only_the_ticks_after_the_first_sight(
    database: str, pool: AsyncConnectionPool[Any]
) -> None:
    world = World("2024-05-01 08:00:30")
    machine = Machine(world, pool, Crontab.parse("*/2 * * * * even ?fill=1d\n1 9 * * * nine {n: 1}"))
    await machine.start()
    await world.run(timedelta(minutes=5), lambda: machine.sleepers)
    assert jobs(database) == [("even", "01 08:02", False), ("even", "01 08:04", False)]
    await machine.kill()
    with Client(database) as client:
        known = {row.identifier: (row.known_since, row.last_execution) for row in client.list_crontabs()}
    seen = datetime(2024, 5, 1, 8, 0, 30, tzinfo=UTC)
    assert known == {"even": (seen, datetime(2024, 5, 1, 8, 4, tzinfo=UTC)), "nine": (seen, None)}


async def test_what_was_missed_while_nobody_was_there(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    crontab = Crontab.parse("*/10 * * * * none\n*/10 * * * * some ?fill=25m\n*/10 * * * * all ?fill=1d")
    machine = Machine(world, pool, crontab)
    await machine.start()
    await world.run(timedelta(minutes=10), lambda: machine.sleepers)
    await machine.kill()
    world.now += timedelta(minutes=45)
    await machine.start()
    await world.run(timedelta(minutes=5), lambda: machine.sleepers)
    await machine.kill()
    assert jobs(database) == [
        *((task, "01 08:10", False) for task in ("all", "none", "some")),
        ("all", "01 08:20", True),
        *((task, tick, True) for tick in ("01 08:30", "01 08:40", "01 08:50") for task in ("all", "some")
          if (task, tick) != ("some", "01 08:30")),
        *((task, "01 09:00", False) for task in ("all", "none", "some")),
    ]  # fmt: skip


async def test_a_machine_that_slept(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    machine = Machine(world, pool, Crontab.parse("* * * * * none\n* * * * * all ?fill=2h"))
    await machine.start()
    await world.run(MINUTE, lambda: machine.sleepers)
    # The sleeper wakes an hour late, as one does whose machine was suspended.
    machine.clock.offset = HOUR
    await world.run(MINUTE, lambda: machine.sleepers)
    await machine.kill()
    made = Counter(task for task, _, _ in jobs(database))
    # Up to five minutes are late and no more than that; the rest is a matter of fill.
    assert made == {"all": 1 + 61, "none": 1 + 5}
    on_time = [tick for task, tick, backfilled in jobs(database) if task == "all" and not backfilled]
    assert on_time == ["01 08:01", "01 08:58", "01 08:59", "01 09:00", "01 09:01", "01 09:02"]


async def test_a_database_that_is_slow(database: str, pool: AsyncConnectionPool[Any]) -> None:
    """What became due during a call that took long is scheduled right after it, not a minute later."""
    world = World("2024-05-01 08:00:30")

    def take_long(due: DueTick) -> None:
        if due.tick.minute == 1:
            world.now += timedelta(seconds=150)

    machine = Machine(world, pool, Crontab.parse("* * * * * t"), on_tick=take_long)
    await machine.start()
    await world.run(timedelta(seconds=30), lambda: machine.sleepers)
    assert [tick for _, tick, _ in jobs(database)] == ["01 08:01"]
    await world.run(timedelta(0), lambda: machine.sleepers)
    assert [tick for _, tick, _ in jobs(database)] == ["01 08:01", "01 08:02", "01 08:03"]
    await machine.kill()


async def test_a_clock_that_goes_back(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    machine = Machine(world, pool, Crontab.parse("* * * * * t"))
    await machine.start()
    await world.run(timedelta(minutes=3), lambda: machine.sleepers)
    machine.clock.offset = -timedelta(minutes=30)
    await world.run(timedelta(minutes=32), lambda: machine.sleepers)
    await machine.kill()
    assert [tick for _, tick, _ in jobs(database)] == [f"01 08:0{minute}" for minute in range(1, 6)]


async def test_a_clock_that_goes_forward_by_a_year_and_back(database: str, pool: AsyncConnectionPool[Any]) -> None:
    """What the future holds is refused by the server; nothing is lost of the present."""
    now = datetime.now(UTC).replace(second=30, microsecond=0) - HOUR
    world = World(now.replace(tzinfo=None).isoformat())
    machine = Machine(world, pool, Crontab.parse("*/2 * * * * t ?fill=1h"))
    await machine.start()
    await world.run(timedelta(minutes=4), lambda: machine.sleepers)
    machine.clock.offset = timedelta(days=365)
    await world.run(timedelta(minutes=4), lambda: machine.sleepers)
    machine.clock.offset = timedelta(0)
    await world.run(timedelta(minutes=4), lambda: machine.sleepers)
    await machine.kill()
    minutes = [int(tick[-2:]) for _, tick, _ in jobs(database)]
    assert len(minutes) == 6
    assert all((later - earlier) % 60 == 2 for earlier, later in pairwise(minutes))


async def test_a_clock_that_is_ahead_while_nothing_is_due(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    machine = Machine(world, pool, Crontab.parse("30 * * * * t"))
    await machine.start()
    await world.run(MINUTE, lambda: machine.sleepers)
    machine.clock.offset = timedelta(days=365, minutes=10)
    await world.run(timedelta(minutes=3), lambda: machine.sleepers)
    machine.clock.offset = timedelta(0)
    await world.run(HOUR, lambda: machine.sleepers)
    await machine.kill()
    assert [tick for _, tick, _ in jobs(database)] == ["01 08:30"]


async def test_entries_are_told_about(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    crontab = Crontab([Cron.hourly(2, task="a"), Cron.hourly(2, task="b")])
    ticks: list[DueTick] = []
    scheduled: list[ScheduledJob] = []

    def fail(tick: DueTick) -> None:
        ticks.append(tick)
        raise RuntimeError("an observer's own problem")

    machine = Machine(world, pool, crontab, on_tick=fail, on_scheduled=scheduled.append)
    other = Machine(world, pool, crontab, on_tick=ticks.append)
    await machine.start()
    await world.run(timedelta(minutes=3), lambda: machine.sleepers)
    await other.start()
    await machine.kill()
    await world.run(HOUR, lambda: other.sleepers)
    await other.kill()
    first, second = (datetime(2024, 5, 1, hour, 2, tzinfo=UTC) for hour in (8, 9))
    assert ticks == [DueTick(tick, tuple(crontab), backfilled=False) for tick in (first, second)]
    assert [(job.entry.id, job.tick, job.backfilled) for job in scheduled] == [("a", first, False), ("b", first, False)]
    assert len(jobs(database)) == 4


async def test_start_and_stop_may_come_in_any_number(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    scheduler = CronScheduler(pool, Crontab.parse("* * * * * t"), clock=SimulatedClock(world))
    await scheduler.stop()
    await scheduler.start()
    await scheduler.start()
    await world.run(timedelta(minutes=2), lambda: 1)
    await scheduler.stop()
    await scheduler.stop()
    assert [tick for _, tick, _ in jobs(database)] == ["01 08:01", "01 08:02"]
    empty = CronScheduler(pool, Crontab([]), clock=SimulatedClock(world))
    await empty.start()
    await empty.stop()


WEEK = """
*/30 * * * * half_hour ?fill=1d {n: 1}
17 */3 * * * three_hours ?fill=1d&queue=q
0 8 * * * daily ?fill=1w
30 2 * * * paris ?fill=1w&tz=Europe/Paris
0 0 1 * 1 monthly_or_monday ?fill=1w&max=3
0 12 29 2 * leap ?fill=1w
55 23 * * 6 weekly ?fill=1w&job_key=weekly
"""


async def test_five_machines_and_a_week_of_kills(database: str, pool: AsyncConnectionPool[Any]) -> None:
    """Exactly one job per entry and tick, though machines die in the middle of calls and at times all are dead."""
    dice = random.Random(20240226)
    world = World("2024-02-26 00:00:30")
    start, end = world.now, world.now + 7 * DAY
    crontab = Crontab.parse(WEEK)
    told: list[ScheduledJob] = []
    machines = [Machine(world, pool, crontab, on_scheduled=told.append) for _ in range(5)]
    # All entries have been seen before the first of them is due.
    await machines[0].start()
    await world.run(timedelta(0), lambda: sum(machine.sleepers for machine in machines))
    kills = 0
    while world.now < end:
        for machine in machines:
            if dice.random() < 0.4:
                await machine.start()
        if dice.random() < 0.1:
            for machine in machines:
                await machine.kill()
        # To just before a tick, then kill some in the middle of what they do at it.
        duration = min(timedelta(minutes=30 * dice.randint(1, 9)), end - world.now)
        await world.run(duration, lambda: sum(machine.sleepers for machine in machines))
        for machine in machines:
            if machine.scheduler and dice.random() < 0.3:
                world.wake_next(world.now + MINUTE)
                for _ in range(dice.randint(0, 12)):
                    await asyncio.sleep(0)
                await machine.kill()
                kills += 1
    for machine in machines:
        await machine.kill()
    await machines[0].start()
    await world.run(timedelta(0), lambda: sum(machine.sleepers for machine in machines))
    await machines[0].kill()

    expected = Counter((entry.task, tick) for entry in crontab for tick in entry.ticks(start, world.now))
    assert len(expected) > 400
    assert kills > 50
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            """
            select t.identifier, (j.payload #>> '{_cron,ts}')::timestamptz, j.run_at
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            """
        ).fetchall()
    assert all(run_at == tick for _, tick, run_at in rows)
    assert Counter((task, tick.astimezone(UTC)) for task, tick, _ in rows) == expected
    # A machine that is killed in mid-call may have scheduled without hearing of it; none hears of a job twice.
    assert Counter((job.entry.task, job.tick) for job in told) <= expected


async def test_a_schema_that_is_installed_later(empty_database: str) -> None:
    """Cron retries whatever the database says."""
    from graphile_worker import migrate

    world = World("2024-05-01 08:00:30")
    scheduler = CronScheduler(empty_database, Crontab.parse("* * * * * t"), clock=SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(seconds=20), lambda: 1)
    async with AsyncClient(empty_database) as client:
        with pytest.raises(SchemaNotInstalled):
            await client.list_crontabs()
    await asyncio.to_thread(migrate, empty_database)
    await world.run(timedelta(minutes=2), lambda: 1)
    await scheduler.stop()
    assert len(jobs(empty_database)) >= 1
