"""A simulated week of five schedulers that die and come back, while an operator edits, pauses and removes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient, Client, Crontab, Hooks
from graphile_worker._crontab.schedule import Schedule
from graphile_worker._worker import schedules
from graphile_worker._worker.crontab_publisher import CrontabPublisher
from graphile_worker._worker.schedules import Schedules
from tests.py.support.simulated_cron import SimulatedClock, World

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
CRONTAB = """
*/20 * * * * file_twenty ?fill=1w
30 2 * * * file_paris ?fill=1w&tz=Europe/Paris
"""
PATTERNS = ["*/30 * * * *", "17 */3 * * *", "0 8 * * *", "5,35 6-20 * * 1-5", "0 0 1 * 1", "*/45 * * * *"]
EVERY = [timedelta(minutes=20), timedelta(hours=7), timedelta(minutes=90)]

# What operators do happens in the world's time, too.
CLOCK = """
create table public.world (now timestamptz);
insert into public.world values (null);
create or replace function graphile_worker._private_schedule_now(now timestamptz default null) returns timestamptz
language sql volatile as 'select coalesce(now, (select w.now from public.world as w))';
"""


class Machine:
    """One scheduler, that can be switched off."""

    def __init__(self, world: World, pool: AsyncConnectionPool[Any]) -> None:
        self._make = lambda: Schedules(
            AsyncClient(pool), Hooks(), CrontabPublisher(Crontab.parse(CRONTAB)), SimulatedClock(world)
        )
        self.scheduler: Schedules | None = None

    async def start(self) -> None:
        if self.scheduler is None:
            self.scheduler = self._make()
            await self.scheduler.start()

    async def kill(self) -> None:
        if self.scheduler is not None:
            scheduler, self.scheduler = self.scheduler, None
            await scheduler.stop()


class Operator:
    """Whoever changes schedules, and knows what has to come of that."""

    def __init__(self, url: str, world: World, dice: random.Random) -> None:
        self._client = Client(url)
        self._connection = psycopg.connect(url, autocommit=True)
        self._world = world
        self._dice = dice
        self.expected: Counter[tuple[str, datetime]] = Counter()
        self._running: dict[str, tuple[Schedule | timedelta, datetime]] = {}
        """What each schedule is, and since when, while it is not paused."""
        self._paused: dict[str, Schedule | timedelta] = {}
        self.done: Counter[str] = Counter()

    def adopt(self, identifier: str, rule: Schedule) -> None:
        self._running[identifier] = (rule, self._world.now)

    def act(self) -> None:
        self._connection.execute("update public.world set now = %s", [self._world.now])
        identifier = self._dice.choice([*(f"row_{n}" for n in range(6)), "file_twenty", "file_paris"])
        action = self._dice.choice(["set", "set", "pause", "resume", "remove", "payload", "run"])
        known = identifier in self._running or identifier in self._paused
        if identifier.startswith("file") and action in ("set", "remove", "payload"):
            return
        if action == "set":
            self._close(identifier)
            rule = self._dice.choice([*(Schedule.parse(pattern) for pattern in PATTERNS), *EVERY])
            self._set(identifier, rule, 0)
            if identifier in self._paused:
                self._paused[identifier] = rule
            else:
                self._running[identifier] = (rule, self._world.now)
        elif not known:
            return
        elif action == "payload" and identifier in self._running:
            # When it is due stays, and so does what is overdue.
            self._set(identifier, self._running[identifier][0], self._dice.randint(1, 9))
        elif action == "pause" and identifier in self._running:
            rule = self._running[identifier][0]
            self._close(identifier)
            assert self._client.pause_schedule(identifier)
            self._paused[identifier] = rule
        elif action == "resume" and identifier in self._paused:
            assert self._client.resume_schedule(identifier)
            self._running[identifier] = (self._paused.pop(identifier), self._world.now)
        elif action == "remove":
            self._close(identifier)
            self._paused.pop(identifier, None)
            assert self._client.remove_schedule(identifier)
        elif action == "run":
            self._client.run_schedule_now(identifier)
        else:
            return
        self.done[action] += 1

    def _set(self, identifier: str, rule: Schedule | timedelta, number: int) -> None:
        when: dict[str, Any] = {"every": rule} if isinstance(rule, timedelta) else {"cron": str(rule)}
        self._client.set_schedule(identifier, **when, payload={"n": number}, backfill=7 * DAY)

    def _close(self, identifier: str) -> None:
        """What was due until now is expected, but for what nobody has scheduled yet, which the change takes away."""
        if identifier not in self._running:
            return
        rule, since = self._running.pop(identifier)
        row = self._connection.execute(
            "select next_tick from graphile_worker._private_schedules where identifier = %s", [identifier]
        ).fetchone()
        assert row is not None
        overdue = row[0] or datetime.max.replace(tzinfo=UTC)
        self.expected.update((identifier, t) for t in ticks(rule, since, self._world.now) if t < overdue)

    def close(self) -> None:
        for identifier in list(self._running):
            self._close(identifier)
        self._client.close()
        self._connection.close()


def ticks(rule: Schedule | timedelta, after: datetime, until: datetime) -> list[datetime]:
    if isinstance(rule, Schedule):
        return list(rule.ticks(after, until))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first = (after - epoch) // rule + 1
    return [epoch + n * rule for n in range(first, (until - epoch) // rule + 1)]


@pytest.fixture
async def pool(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(database, min_size=1, max_size=6) as opened:
        yield opened


async def test_each_due_tick_has_one_job_whatever_happens(
    database: str, pool: AsyncConnectionPool[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing notifies simulated clocks; looks at nothing, 5 a minute for a week, would take most of the time.
    monkeypatch.setattr(schedules, "_LONGEST", 1800.0)
    dice = random.Random(20240226)
    world = World("2024-02-26 00:00:30")
    end = world.now + 7 * DAY
    with psycopg.connect(database) as connection:
        connection.execute(CLOCK)
    operator = Operator(database, world, dice)
    machines = [Machine(world, pool) for _ in range(5)]

    def sleepers() -> int:
        return sum(machine.scheduler is not None for machine in machines)

    # All entries of the crontab are known before the first of them is due.
    await machines[0].start()
    await world.until_asleep(1)
    for entry in Crontab.parse(CRONTAB):
        operator.adopt(entry.id, entry.schedule)
    kills = 0
    while world.now < end:
        for machine in machines:
            if dice.random() < 0.4:
                await machine.start()
        if dice.random() < 0.1:
            for machine in machines:
                await machine.kill()
        await world.run(min(timedelta(minutes=10 * dice.randint(1, 9)), end - world.now), sleepers)
        for _ in range(dice.randint(0, 2)):
            await asyncio.to_thread(operator.act)
        for machine in machines:
            if machine.scheduler and dice.random() < 0.2:
                # In the middle of what it does, or its session alone.
                world.wake_next(world.now + MINUTE)
                for _ in range(dice.randint(0, 12)):
                    await asyncio.sleep(0)
                if dice.random() < 0.3:
                    await terminate_sessions(database)
                else:
                    await machine.kill()
                kills += 1
        await world.until_asleep(sleepers())
    await machines[0].start()
    await world.run(2 * MINUTE, sleepers)
    operator.close()
    for machine in machines:
        await machine.kill()

    with psycopg.connect(database) as connection:
        rows = connection.execute(
            """
            select t.identifier, j.run_at
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            where j.run_at < '2025-01-01'
            """
        ).fetchall()
    assert Counter((task, run_at.astimezone(UTC)) for task, run_at in rows) == operator.expected
    assert len(operator.expected) > 500
    assert kills > 30
    assert all(operator.done[action] > 3 for action in ("set", "pause", "resume", "remove", "payload", "run"))


async def terminate_sessions(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            """
            select pg_terminate_backend(a.pid) from pg_stat_activity as a
            where a.datname = current_database() and a.pid <> pg_backend_pid() and a.state <> 'idle'
            """
        )
