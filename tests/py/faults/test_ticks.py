"""Cron while the database is away, and in a worker: from the text of a crontab to a handler."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    Cron,
    CronJobScheduled,
    CronScheduler,
    Crontab,
    CrontabError,
    CronTick,
    InvalidArgument,
    JobContext,
    TaskRegistry,
    Worker,
    migrate,
)
from graphile_worker._embedded import EmbeddedServer
from graphile_worker._worker.cron_scheduler import DueTick
from tests.py.support.simulated_cron import SimulatedClock, World


def ticks(url: str) -> Counter[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            select t.identifier, to_char(j.run_at at time zone 'UTC', 'HH24:MI')
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            """
        ).fetchall()
    return Counter(tuple(row) for row in rows)


async def test_a_database_that_is_away_for_an_hour(restartable_server: EmbeddedServer) -> None:
    url = restartable_server.url
    await asyncio.to_thread(migrate, url)
    world = World("2024-05-01 08:00:30")
    crontab = Crontab.parse("*/5 * * * * filled ?fill=2h\n*/5 * * * * unfilled")
    told: list[DueTick] = []
    schedulers = [CronScheduler(url, crontab, clock=SimulatedClock(world), on_tick=told.append) for _ in range(2)]
    for scheduler in schedulers:
        await scheduler.start()
    await world.run(timedelta(minutes=10), lambda: 2)
    await asyncio.to_thread(restartable_server.stop, "immediate")
    await world.run(timedelta(hours=1), lambda: 2)
    assert max(tick.tick for tick in told) == datetime(2024, 5, 1, 8, 10, tzinfo=UTC)
    await asyncio.to_thread(restartable_server.start)
    # Longer than the longest pause between two tries.
    await world.run(timedelta(minutes=5), lambda: 2)
    for scheduler in schedulers:
        await scheduler.stop()

    every = [f"{8 + minute // 60:02}:{minute % 60:02}" for minute in range(5, 80, 5)]
    made = ticks(restartable_server.url)
    assert {tick: count for (task, tick), count in made.items() if task == "filled"} == dict.fromkeys(every, 1)
    # Without fill, what is more than a few minutes late is left out.
    assert {tick: count for (task, tick), count in made.items() if task == "unfilled"} == dict.fromkeys(
        ["08:05", "08:10", *every[-2:]], 1
    )


async def test_a_backend_that_is_terminated_in_mid_call(database: str) -> None:
    """Whether the call had committed is not known: it is repeated, and there is one job all the same."""
    world = World("2024-05-01 08:00:30")
    scheduler = CronScheduler(database, Crontab.parse("* * * * * t"), clock=SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(0), lambda: 1)
    async with await psycopg.AsyncConnection.connect(database) as blocker:
        await blocker.execute("select * from graphile_worker._private_known_crontabs for update")
        world.wake_next(world.now + timedelta(minutes=1))
        async with asyncio.timeout(20):
            while not await _terminate_waiting(database):  # noqa: ASYNC110  # The database has no event to wait for.
                await asyncio.sleep(0.01)
        await world.until_asleep(1)
        await blocker.rollback()
    await world.run(timedelta(minutes=1), lambda: 1)
    await scheduler.stop()
    assert ticks(database) == {("t", "08:01"): 1, ("t", "08:02"): 1}


async def _terminate_waiting(url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(
            """
            select pg_terminate_backend(a.pid) from pg_stat_activity as a
            where a.datname = current_database() and a.wait_event_type = 'Lock'
            """
        )
        return bool(await cursor.fetchall())


async def test_a_worker_runs_what_its_crontab_schedules(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[tuple[Any, datetime]] = []
    done = asyncio.Event()

    @tasks.task
    async def report(payload: dict[str, Any], context: JobContext) -> None:
        seen.append((payload, context.job.run_at))
        done.set()

    last = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=8)
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into graphile_worker._private_known_crontabs values ('report', %s, %s)", [last, last]
        )
    worker = Worker(database, tasks, crontab=Cron.every_minute(task=report, fill=timedelta(hours=1), payload={"n": 1}))
    told: list[CronTick | CronJobScheduled] = []

    def tell(event: CronTick | CronJobScheduled) -> None:
        told.append(event)
        done.set()

    worker.hooks.on(CronTick)(tell)
    worker.hooks.on(CronJobScheduled)(tell)
    async with asyncio.timeout(20):
        async with worker:
            # A job can be done before the hooks are told that it was added.
            while len(seen) < 3 or len(told) < 6:
                done.clear()
                await done.wait()
    assert sorted(run_at for _, run_at in seen)[:3] == [last + timedelta(minutes=n) for n in (1, 2, 3)]
    payload, run_at = seen[0]
    assert payload == {
        "n": 1,
        "_cron": {"ts": run_at.isoformat(timespec="milliseconds")[:23] + "Z", "backfilled": True},
    }
    scheduled = [event for event in told if isinstance(event, CronJobScheduled)]
    assert [(event.identifier, event.tick, event.backfilled) for event in scheduled[:3]] == [
        ("report", last + timedelta(minutes=n), True) for n in (1, 2, 3)
    ]
    reached = [event.tick for event in told if isinstance(event, CronTick)]
    assert reached == [event.tick for event in scheduled]
    assert {event.worker_id for event in told} == {worker.id}


def test_a_worker_says_which_tasks_of_a_crontab_it_does_not_run(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t")
    Worker(database, tasks, crontab="* * * * * t\n* * * * * elsewhere")
    assert "tasks that this worker does not run: elsewhere" in caplog.text


def test_a_worker_refuses_a_bad_crontab_before_it_starts(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t")
    with pytest.raises(CrontabError, match="crontab:1:1: bad minute 60"):
        Worker(database, tasks, crontab="60 * * * * t")
    with pytest.raises(InvalidArgument, match="two crontab entries"):
        Worker(database, tasks, crontab=[Cron.hourly(task="t"), Cron.daily_at(8, task="t")])
