"""The loop that schedules what is due: when it looks, what it leaves to others, what it tells."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import (
    AsyncClient,
    Client,
    CronJobScheduled,
    Crontab,
    CronTick,
    Hooks,
    JobContext,
    TaskRegistry,
    Worker,
)
from graphile_worker._calls.call import Call
from graphile_worker._worker.crontab_publisher import CrontabPublisher
from graphile_worker._worker.schedules import Schedules
from tests import support
from tests.py.support.simulated_cron import SimulatedClock, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(database, min_size=1, max_size=4) as opened:
        yield opened


class CountingClient(AsyncClient):
    """A client that counts what it asks."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        super().__init__(pool)
        self.asked: Counter[str] = Counter()

    async def _run(self, call: Call[Any]) -> Any:
        self.asked[call.statement.partition("@extschema@.")[2].partition("(")[0]] += 1
        return await super()._run(call)


def overdue(url: str, tick: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("update graphile_worker._private_schedules set next_tick = %s", [tick])


def ticks(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            select t.identifier, to_char(j.run_at at time zone 'UTC', 'HH24:MI')
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            order by 2, 1
            """
        ).fetchall()


async def test_where_nothing_is_due_it_asks_once_a_minute(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    client = CountingClient(pool)
    scheduler = Schedules(client, Hooks(), clock=SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(minutes=30), lambda: 1)
    assert client.asked == {"next_schedule": 31}
    with Client(database) as operator:
        operator.set_schedule("later", cron="0 0 1 1 *")
    await world.run(timedelta(minutes=30), lambda: 1)
    await scheduler.stop()
    assert client.asked == {"next_schedule": 61}


async def test_what_is_set_meanwhile_is_seen_within_a_minute_by_who_does_not_listen(
    database: str, pool: AsyncConnectionPool[Any]
) -> None:
    world = World("2024-05-01 08:00:30")
    scheduler = Schedules(AsyncClient(pool), Hooks(), clock=SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(seconds=61), lambda: 1)
    with Client(database) as operator:
        operator.set_schedule("s", cron="* * * * *")
    overdue(database, "2024-05-01 08:02+00")
    await world.run(timedelta(seconds=58), lambda: 1)
    found = ticks(database)
    await world.run(timedelta(seconds=2), lambda: 1)
    await scheduler.stop()
    # Set just after a look; late by less than a minute, and not lost.
    assert (found, ticks(database)) == ([], [("s", "08:02")])


async def test_what_is_due_is_scheduled_to_the_second(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    client = CountingClient(pool)
    with Client(database) as operator:
        operator.set_schedule("s", every=timedelta(seconds=10))
    overdue(database, "2024-05-01 08:00:40+00")
    scheduler = Schedules(client, Hooks(), clock=SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(seconds=25), lambda: 1)
    await scheduler.stop()
    assert ticks(database) == [("s", "08:00"), ("s", "08:00")]
    assert client.asked == {"next_schedule": 5, "schedule_due_jobs": 2}


async def test_what_somebody_else_holds_is_looked_at_again(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    with Client(database) as operator:
        operator.set_schedule("s", cron="* * * * *")
    overdue(database, "2024-05-01 08:00+00")
    client = CountingClient(pool)
    scheduler = Schedules(client, Hooks(), clock=SimulatedClock(world))
    with psycopg.connect(database) as holder:
        holder.execute("select from graphile_worker._private_schedules for update")
        await scheduler.start()
        await world.run(timedelta(seconds=3), lambda: 1)
        assert client.asked["schedule_due_jobs"] == 4
    # Whoever held it has died.
    await world.run(timedelta(seconds=1), lambda: 1)
    await scheduler.stop()
    assert ticks(database) == [("s", "08:00")]


async def test_entries_of_a_crontab_are_made_up_for(database: str, pool: AsyncConnectionPool[Any]) -> None:
    world = World("2024-05-01 08:00:30")
    crontab = Crontab.parse("*/10 * * * * none\n*/10 * * * * some ?fill=25m\n*/10 * * * * all ?fill=1d")

    def scheduler() -> Schedules:
        return Schedules(AsyncClient(pool), Hooks(), CrontabPublisher(crontab), SimulatedClock(world))

    first = scheduler()
    await first.start()
    await world.run(timedelta(minutes=10), lambda: 1)
    await first.stop()
    world.now += timedelta(minutes=43)
    second = scheduler()
    await second.start()
    await world.run(timedelta(minutes=7), lambda: 1)
    await second.stop()
    assert ticks(database) == [
        *((task, "08:10") for task in ("all", "none", "some")),
        ("all", "08:20"),
        *((task, tick) for tick in ("08:30", "08:40") for task in ("all", "some")
          if (task, tick) != ("some", "08:20")),
        # Late by up to five minutes is not missed.
        *((task, "08:50") for task in ("all", "none", "some")),
        *((task, "09:00") for task in ("all", "none", "some")),
    ]  # fmt: skip


async def test_a_database_that_is_away(database: str, pool: AsyncConnectionPool[Any], caplog: Any) -> None:
    """It tries again, and publishes again."""
    world = World("2024-05-01 08:00:30")
    client = CountingClient(pool)
    publisher = CrontabPublisher(Crontab.parse("* * * * * t"))
    scheduler = Schedules(client, Hooks(), publisher, SimulatedClock(world))
    with psycopg.connect(database, autocommit=True) as operator:
        operator.execute("alter function graphile_worker.next_schedule rename to gone")
        await scheduler.start()
        await world.until_asleep(1)
        assert "schedules are not looked at, trying again (1)" in caplog.text
        operator.execute("alter function graphile_worker.gone rename to next_schedule")
    await world.run(2 * MINUTE, lambda: 1)
    await scheduler.stop()
    assert client.asked["publish_schedules"] == 2
    assert ticks(database) == [("t", "08:01"), ("t", "08:02")]


@pytest.mark.parametrize("notified", [True, False])
async def test_a_worker_without_a_crontab_runs_what_psql_sets(database: str, notified: bool) -> None:
    """At once where it hears of it; else at its next look, which here is the first."""
    tasks = TaskRegistry()
    ran: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @tasks.task
    async def ping(payload: dict[str, Any], context: JobContext) -> None:
        ran.put_nowait(payload)

    def set_it() -> None:
        with psycopg.connect(database) as psql:
            psql.execute("select graphile_worker.set_schedule('ping', every => '1 second', payload => '{\"n\": 1}')")

    if not notified:
        set_it()
    hooks = Hooks()
    told: list[CronTick | CronJobScheduled] = []
    hooks.on(CronTick)(told.append)
    hooks.on(CronJobScheduled)(told.append)
    worker = Worker(database, tasks, hooks=hooks, use_notifications=notified)
    async with asyncio.timeout(20):
        async with worker:
            if notified:
                # It has looked before, and would not look again for a minute.
                await support.eventually(lambda: listens(database))
                await asyncio.to_thread(set_it)
            payloads = [await ran.get() for _ in range(3)]
    at = [datetime.fromisoformat(payload["_cron"]["ts"]) for payload in payloads]
    assert [payload["n"] for payload in payloads] == [1, 1, 1]
    assert len(set(at)) == 3
    scheduled = [event for event in told if isinstance(event, CronJobScheduled)]
    assert {event.identifier for event in scheduled} == {"ping"}
    assert {event.worker_id for event in told} == {worker.id}
    assert {event.tick.astimezone(UTC) for event in told if isinstance(event, CronTick)} >= set(at[:2])


def listens(url: str) -> bool:
    return bool(
        support.scalar(
            url, "select count(*) from pg_stat_activity where query ilike 'listen%' and datname = current_database()"
        )
    )


async def test_an_entry_that_is_refused_is_told_with_its_line(
    database: str, pool: AsyncConnectionPool[Any], caplog: pytest.LogCaptureFixture
) -> None:
    world = World("2024-05-01 08:00:30")
    with psycopg.connect(database) as connection:
        connection.execute(
            """
            create function refuse() returns trigger language plpgsql as $$
            begin
              if new.payload ->> 'x' = 'refused' then
                raise exception 'not on my watch' using hint = 'Ask the owner.';
              end if;
              return new;
            end;
            $$;
            create trigger refuse before insert on graphile_worker._private_jobs
            for each row execute function refuse();
            """
        )
    crontab = Crontab.parse('* * * * * good\n\n* * * * * bad ?id=nightly {"x": "refused"}\n', "path/crontab")
    scheduler = Schedules(AsyncClient(pool), Hooks(), CrontabPublisher(crontab), SimulatedClock(world))
    await scheduler.start()
    await world.run(timedelta(minutes=5), lambda: 1)
    await scheduler.stop()
    assert [task for task, _ in ticks(database)] == ["good"] * 5
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"crontab entry nightly (path/crontab:3) is left out at 2024-05-01 08:0{minute} UTC ({count}):"
        " not on my watch. Ask the owner."
        for minute, count in (("1", 1), ("2", 2), ("4", 4))
    ]


async def test_hooks_hear_of_each_tick_from_each_worker_and_of_a_job_from_one(
    database: str, pool: AsyncConnectionPool[Any]
) -> None:
    world = World("2024-05-01 08:00:30")
    crontab = Crontab.parse("* * * * * t\n*/2 * * * * u", "crontab")
    reached: list[list[tuple[str, list[str]]]] = [[], []]
    jobs: list[tuple[str, str | None]] = []
    schedulers = []
    for heard in reached:
        hooks = Hooks()

        def tick(event: CronTick, heard: list[tuple[str, list[str]]] = heard) -> None:
            heard.append((f"{event.tick:%M}", [entry.id for entry in event.due]))

        hooks.on(CronTick)(tick)
        hooks.on(CronJobScheduled)(lambda event: jobs.append((event.identifier, event.entry and event.entry.source)))
        publisher = CrontabPublisher(crontab)
        schedulers.append(Schedules(AsyncClient(pool), hooks, publisher, SimulatedClock(world)))
    for scheduler in schedulers:
        await scheduler.start()
    await world.run(timedelta(minutes=3), lambda: 2)
    for scheduler in schedulers:
        await scheduler.stop()
    assert reached == [[("01", ["t"]), ("02", ["t", "u"]), ("03", ["t"])]] * 2
    assert Counter(jobs) == {("t", "crontab:1"): 3, ("u", "crontab:2"): 1}
