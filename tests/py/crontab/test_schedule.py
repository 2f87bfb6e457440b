"""When entries are due: against an oracle that tries every minute, and at the edges of the calendar."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphile_worker._crontab.problems import CronValueError
from graphile_worker._crontab.schedule import Schedule
from tests.py.support.cron_oracle import MINUTE, ZONES, changes, instants, oracle, patterns


@settings(deadline=None)
@given(pattern=patterns, after=instants, hours=st.integers(1, 60))
def test_ticks_are_those_of_a_search_minute_by_minute(pattern: str, after: datetime, hours: int) -> None:
    until = after + timedelta(hours=hours)
    schedule = Schedule.parse(pattern)
    expected = oracle(pattern, "UTC", after, until)
    assert list(schedule.ticks(after, until)) == expected
    found = schedule.next(after)
    assert found is None or found > after
    assert ([found] if found and found <= until else []) == expected[:1]


@settings(deadline=None, max_examples=50)
@given(pattern=patterns, zone=st.sampled_from(ZONES), after=changes, minutes=st.integers(0, 1440))
@example("30 2 * * *", "Europe/Paris", datetime(2024, 3, 30, tzinfo=UTC), 0)
@example("*/20 * * * *", "Australia/Lord_Howe", datetime(2024, 4, 6, tzinfo=UTC), 0)
def test_ticks_in_zones_that_change_their_clocks(pattern: str, zone: str, after: datetime, minutes: int) -> None:
    after += minutes * MINUTE
    until = after + timedelta(hours=30)
    found = list(Schedule.parse(pattern, zone).ticks(after, until))
    assert found == oracle(pattern, zone, after, until)


@settings(deadline=None, max_examples=50)
@given(pattern=patterns, zone=st.sampled_from(ZONES), after=instants)
def test_next_walks_through_the_same_ticks(pattern: str, zone: str, after: datetime) -> None:
    schedule = Schedule.parse(pattern, zone)
    walked = [after]
    for _ in range(5):
        following = schedule.next(walked[-1])
        assert following is not None
        walked.append(following)
    assert all(earlier < later for earlier, later in pairwise(walked))
    assert list(schedule.ticks(after, walked[-1])) == walked[1:]


def local(pattern: str, zone: str, day: str, count: int) -> list[str]:
    """The next ticks from the local midnight of a day on, as the clocks there show them."""
    tz = ZoneInfo(zone)
    tick = datetime.fromisoformat(day).replace(tzinfo=tz) - MINUTE
    found = []
    for _ in range(count):
        following = Schedule.parse(pattern, zone).next(tick)
        assert following is not None
        tick = following
        found.append(tick.astimezone(tz).strftime("%m-%d %H:%M %z"))
    return found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("30 2 * * *", ["03-30 02:30 +0100", "03-31 03:30 +0200", "04-01 02:30 +0200"]),
        ("0 3 * * *", ["03-30 03:00 +0100", "03-31 03:00 +0200", "04-01 03:00 +0200"]),
        ("30 2,3 31 3 *", ["03-31 03:30 +0200"]),
        ("0,30 1-3 31 3 *", ["03-31 01:00 +0100", "03-31 01:30 +0100", "03-31 03:00 +0200", "03-31 03:30 +0200"]),
        ("30 * 31 3 *", ["03-31 00:30 +0100", "03-31 01:30 +0100", "03-31 03:30 +0200", "03-31 04:30 +0200"]),
    ],
)
def test_an_hour_that_does_not_exist(pattern: str, expected: list[str]) -> None:
    assert local(pattern, "Europe/Paris", "2024-03-30", len(expected)) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("30 2 * * *", ["10-26 02:30 +0200", "10-27 02:30 +0200", "10-28 02:30 +0100"]),
        ("0,30 2 27 10 *", ["10-27 02:00 +0200", "10-27 02:30 +0200"]),
        ("0 1-3 27 10 *", ["10-27 01:00 +0200", "10-27 02:00 +0200", "10-27 03:00 +0100"]),
        (
            "30 * 27 10 *",
            ["10-27 00:30 +0200", "10-27 01:30 +0200", "10-27 02:30 +0200", "10-27 02:30 +0100", "10-27 03:30 +0100"],
        ),
    ],
)
def test_an_hour_that_is_repeated(pattern: str, expected: list[str]) -> None:
    assert local(pattern, "Europe/Paris", "2024-10-26", len(expected)) == expected


def test_a_midnight_and_a_day_that_do_not_exist() -> None:
    assert local("0 0 * * *", "Africa/Cairo", "2024-04-25", 3) == [
        "04-25 00:00 +0200", "04-26 01:00 +0300", "04-27 00:00 +0300"
    ]  # fmt: skip
    # Samoa went over the date line: there was no 30th. Its job is moved like any other, onto the one of the 31st.
    assert local("0 12 * * *", "Pacific/Apia", "2011-12-29", 3) == [
        "12-29 12:00 -1000", "12-31 12:00 +1400", "01-01 12:00 +1400"
    ]  # fmt: skip


def after(pattern: str, moment: str, count: int) -> list[str]:
    tick = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found = []
    for _ in range(count):
        following = Schedule.parse(pattern).next(tick)
        assert following is not None
        tick = following
        found.append(tick.strftime("%Y-%m-%d %H:%M"))
    return found


def test_the_edges_of_the_calendar() -> None:
    assert after("0 12 29 2 *", "2096-02-29 11:59", 3) == ["2096-02-29 12:00", "2104-02-29 12:00", "2108-02-29 12:00"]
    assert after("59 23 31 * *", "2026-01-31 23:59", 3) == ["2026-03-31 23:59", "2026-05-31 23:59", "2026-07-31 23:59"]
    assert after("* * * * *", "2026-12-31 23:58:59", 3) == ["2026-12-31 23:59", "2027-01-01 00:00", "2027-01-01 00:01"]
    assert after("0 0 1 1 *", "2026-01-01 00:00", 1) == ["2027-01-01 00:00"]
    assert after("0 0 30 4,6 *", "2026-04-30", 2) == ["2026-06-30 00:00", "2027-04-30 00:00"]


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        # Measured with the npm package, version 0.18.0, in November 2026.
        ("0 0 13 * 5", [6, 13, 20, 27]),
        ("0 0 1,15 * 1", [1, 2, 9, 15, 16, 23, 30]),
        ("0 0 */10 * 1", [1, 2, 9, 11, 16, 21, 23, 30]),
        ("0 0 1-31 * 1", [2, 9, 16, 23, 30]),
        ("0 0 13 * 0-6", [13]),
        ("0 0 13 * *,1", [13]),
        ("0 0 * * 7", [1, 8, 15, 22, 29]),
        ("0 0 * * 6-7", [1, 7, 8, 14, 15, 21, 22, 28, 29]),
        ("0 0 */7 * *", [1, 8, 15, 22, 29]),
        ("0 0 * * */7", [1, 8, 15, 22, 29]),
    ],
)
def test_days_are_those_of_the_other_runtime(pattern: str, days: list[int]) -> None:
    november, december = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    ticks = Schedule.parse(pattern).ticks(november - MINUTE, december - MINUTE)
    assert [tick.day for tick in ticks] == days


@pytest.mark.parametrize("pattern", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *"])
def test_a_day_that_never_comes_is_refused(pattern: str) -> None:
    with pytest.raises(CronValueError, match="there is no day"):
        Schedule.parse(pattern)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
def test_the_search_does_not_go_minute_by_minute(zone: str) -> None:
    schedule = Schedule.parse("0 12 29 2 *", zone)
    begin = time.perf_counter()
    for year in range(2000, 2100):
        schedule.next(datetime(year, 3, 1, tzinfo=UTC))
    # 100 searches through years of half a million minutes each: a search by minutes would take minutes.
    assert time.perf_counter() - begin < 1
