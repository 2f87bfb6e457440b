"""Schedules in two sessions at once: who waits, who passes over, and that nothing comes of what was taken back."""

from __future__ import annotations

import psycopg
import pytest

from tests import support
from tests.py.support.sessions import Background, connect, connections, together

TICK = "2026-01-01 08:00+00"


@pytest.fixture
def schedule(shared_database: str) -> str:
    """A database with one schedule, `s`, that is overdue since a while ago."""
    with connect(shared_database) as session:
        session.execute("select set_schedule('s', '* * * * *', task => 't', backfill => '100 years')")
        session.execute("update _private_schedules set next_tick = now() - interval '3 minutes'")
        session.execute("update _private_schedules set next_tick = date_trunc('minute', next_tick)")
    return shared_database


def jobs(url: str) -> int:
    return int(support.scalar(url, "select count(*) from graphile_worker._private_jobs"))


def test_two_that_schedule_at_once_pass_over_each_other(schedule: str) -> None:
    with connections(schedule, 2) as (first, second):
        assert len(first.execute("select * from schedule_due_jobs()").fetchall()) >= 3
        assert second.execute("select * from schedule_due_jobs()").fetchall() == []
        second.rollback()
        # The first one dies: nothing is lost.
        first.rollback()
        added = len(second.execute("select * from schedule_due_jobs()").fetchall())
        second.commit()
        first.execute("select * from schedule_due_jobs()")
    assert jobs(schedule) == added >= 3


@pytest.mark.parametrize("change", ["pause_schedule('s')", "remove_schedule('s')", "set_schedule('s', '0 0 1 1 *')"])
def test_a_change_waits_for_what_is_being_scheduled_and_nothing_comes_after_it(schedule: str, change: str) -> None:
    with connections(schedule, 2) as (scheduler, operator), connect(schedule) as monitor:
        added = len(scheduler.execute("select * from schedule_due_jobs()").fetchall())
        changing = Background(operator, f"select {change}")
        changing.wait_blocked(monitor)
        scheduler.commit()
        changing.result()
        # Not yet committed, it holds the schedule.
        assert scheduler.execute("select * from schedule_due_jobs(now() + interval '4 minutes')").fetchall() == []
        operator.commit()
        assert scheduler.execute("select * from schedule_due_jobs(now() + interval '4 minutes')").fetchall() == []
        scheduler.commit()
    assert jobs(schedule) == added


@pytest.mark.parametrize(
    "setting",
    [
        "select set_schedule('s', '0 0 1 1 *')",
        'select publish_schedules(\'f\', \'[{"task": "s", "cron": "0 0 1 1 *"}]\')',
    ],
)
def test_what_is_removed_meanwhile_is_made_anew(schedule: str, setting: str) -> None:
    with connections(schedule, 2) as (holder, setter), connect(schedule) as remover, connect(schedule) as monitor:
        # Who waits for a row that is only locked, and not changed, gets it in turn.
        holder.execute("select from _private_schedules for update")
        removing = Background(remover, "select remove_schedule('s')")
        removing.wait_blocked(monitor)
        # It finds the schedule there, and waits its turn.
        waiting = Background(setter, setting)
        waiting.wait_blocked(monitor)
        holder.commit()
        assert removing.result() == [(True,)]
        waiting.result()
        setter.commit()
        assert monitor.execute("select identifier, cron, error from list_schedules()").fetchall() == [
            ("s", "0 0 1 1 *", None)
        ]


def test_a_job_key_that_a_transaction_holds_stops_one_schedule(schedule: str) -> None:
    with connect(schedule) as session:
        session.execute("select set_schedule('held', '* * * * *', task => 't', job_key => 'k', backfill => '1 day')")
        session.execute("update _private_schedules set next_tick = (select min(next_tick) from _private_schedules)")
        session.execute("select add_job('t', job_key => 'k', run_at => '2026-01-01')")
        now = session.execute("select now()").fetchone()[0]  # type: ignore[index]
    query = f"select identifier, tick, outcome from schedule_due_jobs('{now}') order by tick, identifier"
    with connections(schedule, 2) as (holder, scheduler):
        holder.execute("select add_job('t', job_key => 'k')")
        added = scheduler.execute(query).fetchall()
        scheduler.commit()
        assert {(identifier, outcome) for identifier, _, outcome in added} == {("s", "added")}
        # It is not late for the others, and misses nothing itself.
        assert scheduler.execute(query).fetchall() == []
        scheduler.commit()
        holder.commit()
        assert scheduler.execute(query).fetchall() == [("held", tick, "added") for _, tick, _ in added]
        scheduler.commit()


def test_a_worker_of_the_previous_release_waits_for_a_pause(schedule: str) -> None:
    entries = '[{"identifier": "s", "task": "t"}]'
    with connections(schedule, 2) as (operator, old), connect(schedule) as monitor:
        operator.execute("select pause_schedule('s')")
        adding = Background(old, "select * from schedule_crontabs(%s, %s)", [TICK, entries])
        adding.wait_blocked(monitor)
        operator.commit()
        assert adding.result() == []
        old.commit()
    assert jobs(schedule) == 0


def test_one_and_the_same_tick_by_both_calls(schedule: str) -> None:
    """A schedule of an identifier that a crontab elsewhere has: one job, whoever was first."""
    with connect(schedule) as session:
        tick = session.execute("select next_tick from _private_schedules").fetchone()[0]  # type: ignore[index]

    def old(session: psycopg.Connection[object]) -> int:
        entries = '[{"identifier": "s", "task": "t"}]'
        return len(session.execute("select * from schedule_crontabs(%s, %s)", [tick, entries]).fetchall())

    def new(session: psycopg.Connection[object]) -> int:
        return len(session.execute("select * from schedule_due_jobs(%s)", [tick]).fetchall())

    for _ in range(20):
        with connect(schedule) as session:
            session.execute("delete from _private_jobs")
            session.execute("update _private_known_crontabs set last_execution = null")
            session.execute("update _private_schedules set next_tick = %s", [tick])
        with connections(schedule, 3, autocommit=True) as (first, second, third):
            added = together([lambda s=first: old(s), lambda s=second: new(s), lambda s=third: new(s)])  # type: ignore[misc]
        assert sum(added) == 1
        assert jobs(schedule) == 1
