"""Cron in the database against cron in Python and a search minute by minute, where both know the same clocks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graphile_worker._crontab.schedule import Schedule
from tests.py.support.cron_oracle import MINUTE, ZONES, changes, instants, oracle, patterns
from tests.py.support.sessions import connect

# Beside those of the oracle: a day that was skipped, changes of two hours, in Ramadan, to the west for the summer.
MORE_ZONES = [
    "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Tehran",
    "Europe/Dublin", "Europe/Istanbul", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "CET",
]  # fmt: skip
FIRST, LAST = datetime(2005, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)

relaxed = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def session(module_database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(module_database) as connection:
        # A session's own zone has nothing to do with anything.
        connection.execute("set time zone 'America/New_York'")
        yield connection


@pytest.fixture(scope="module")
def zones(session: psycopg.Connection[Any]) -> list[str]:
    """Zones whose clocks the database and Python change at the same hours; the others are printed."""
    known = sorted(available_timezones() - {"localtime", "Factory"})
    chosen = sorted({*ZONES, *MORE_ZONES, *random.Random(5).sample(known, 40)} & set(known))
    agreed, differing = [], []
    for zone in chosen:
        told = session.execute(
            """
            select array_agg((extract(epoch from i at time zone z.name) - extract(epoch from i))::bigint order by i)
            from generate_series(%s::timestamptz, %s, interval '12 hours') as i,
              graphile_worker._private_time_zone(%s) as z (name)
            """,
            [FIRST, LAST, zone],
        ).fetchone()
        assert told is not None
        python = ZoneInfo(zone)
        offsets = [
            int((FIRST + n * timedelta(hours=12)).astimezone(python).utcoffset().total_seconds())  # type: ignore[union-attr]
            for n in range(len(told[0]))
        ]
        (agreed if offsets == told[0] else differing).append(zone)
    print("zones of which the database and Python have different rules:", ", ".join(differing) or "none")
    assert len(agreed) > 40
    return agreed


def in_sql(
    session: psycopg.Connection[Any], pattern: str, zone: str, after: datetime, *, until: datetime
) -> list[datetime]:
    rows = session.execute(
        "select t from next_ticks(%s, %s, %s, 10000) as t where t <= %s", [pattern, after, zone, until]
    ).fetchall()
    return [tick.astimezone(UTC) for (tick,) in rows]


def first_in_sql(session: psycopg.Connection[Any], pattern: str, zone: str, after: datetime) -> datetime | None:
    row = session.execute("select next_ticks(%s, %s, %s)", [pattern, after, zone]).fetchone()
    return row and row[0].astimezone(UTC)


@relaxed
@given(pattern=patterns, after=instants, hours=st.integers(1, 60))
@example("* * * * *", datetime(2026, 12, 31, 23, 58, 59, 999_999, tzinfo=UTC), 1)
@example("59 23 31 12 *", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 1)
@example("0 0 29 2 *", datetime(2028, 2, 28, 12, tzinfo=UTC), 36)
@example("0 12 29 2 6", datetime(2027, 2, 26, 12, tzinfo=UTC), 48)
def test_a_search_minute_by_minute_finds_the_same(
    session: psycopg.Connection[Any], pattern: str, after: datetime, hours: int
) -> None:
    until = after + timedelta(hours=hours)
    expected = oracle(pattern, "UTC", after, until)
    assert in_sql(session, pattern, "UTC", after, until=until) == expected
    assert list(Schedule.parse(pattern).ticks(after, until)) == expected


@relaxed
@given(pattern=patterns, zone=st.sampled_from(ZONES), after=changes, minutes=st.integers(0, 1440))
@example("30 2 * * *", "Europe/Paris", datetime(2024, 3, 30, tzinfo=UTC), 0)
@example("0,30 2,3 * * *", "Europe/Paris", datetime(2024, 3, 31, tzinfo=UTC), 0)
@example("30 2 * * *", "Europe/Paris", datetime(2024, 10, 26, tzinfo=UTC), 0)
@example("*/10 * * * *", "Europe/Paris", datetime(2024, 10, 26, tzinfo=UTC), 600)
@example("*/20 * * * *", "Australia/Lord_Howe", datetime(2024, 4, 6, tzinfo=UTC), 0)
@example("0 0 * * *", "Africa/Cairo", datetime(2024, 4, 25, tzinfo=UTC), 0)
def test_so_it_does_where_clocks_are_changed(
    session: psycopg.Connection[Any], zones: list[str], pattern: str, zone: str, after: datetime, minutes: int
) -> None:
    if zone in zones:
        after += minutes * MINUTE
        until = after + timedelta(hours=30)
        expected = oracle(pattern, zone, after, until)
        assert in_sql(session, pattern, zone, after, until=until) == expected
        assert list(Schedule.parse(pattern, zone).ticks(after, until)) == expected


@relaxed
@given(pattern=patterns, data=st.data(), after=instants, days=st.integers(1, 400))
def test_python_finds_the_same_in_every_zone_that_both_know(
    session: psycopg.Connection[Any], zones: list[str], pattern: str, data: st.DataObject, after: datetime, days: int
) -> None:
    zone = data.draw(st.sampled_from(zones))
    expected = []
    until = after + timedelta(days=days)
    for tick in Schedule.parse(pattern, zone).ticks(after, until):
        expected.append(tick)
        if len(expected) == 500:
            until = tick
            break
    assert in_sql(session, pattern, zone, after, until=until) == expected
    for tick in (after, *expected[:3]):
        assert first_in_sql(session, pattern, zone, tick) == Schedule.parse(pattern, zone).next(tick)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "Pacific/Apia", "America/Asuncion"])
@pytest.mark.parametrize(
    ("pattern", "after"),
    [
        ("0 12 * * *", "2011-12-28"),
        ("*/30 * * * *", "2011-12-29 20:00"),
        ("0,30 0-5 * * *", "2011-12-29"),
        ("0 12 29 2 *", "2096-02-29 12:00"),
        ("0 0 13 * 5", "2026-11-01"),
        ("0 0 31 * *", "2026-01-31"),
        ("59 23 31 12 *", "9998-12-31"),
    ],
)
def test_the_edges_of_the_calendar(
    session: psycopg.Connection[Any], zones: list[str], pattern: str, after: str, zone: str
) -> None:
    if zone in zones:
        tick: datetime | None = datetime.fromisoformat(after).replace(tzinfo=UTC)
        for _ in range(3):
            assert tick is not None
            following = first_in_sql(session, pattern, zone, tick) if tick.year < 9999 else None
            assert following == (Schedule.parse(pattern, zone).next(tick) if tick.year < 9999 else None)
            if following is None:
                break
            tick = following
