"""Entries whose minutes a function names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graphile_worker import Cron, Crontab, CrontabError, InvalidArgument, TaskRegistry

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at_half_past(minute: datetime) -> bool:
    return minute.minute == 30


async def later(minute: datetime) -> bool:
    return True


def test_it_is_due_at_the_minutes_that_the_function_names() -> None:
    entry = Cron(match=at_half_past, task="t")
    assert (entry.task, entry.id) == ("t", "t")
    assert entry.ticks(NOON, NOON + 2 * HOUR) == [NOON + HOUR / 2, NOON + 1.5 * HOUR]
    # Later than the first, not later than the last.
    assert entry.ticks(NOON + HOUR / 2, NOON + 1.5 * HOUR) == [NOON + 1.5 * HOUR]
    assert entry.next(NOON) == NOON + HOUR / 2
    assert entry.next(NOON + timedelta(microseconds=1)) == NOON + HOUR / 2
    assert Cron(match=lambda _: False, task="t").next(NOON) is None


def test_the_function_gets_full_minutes_of_its_time_zone() -> None:
    seen: list[datetime] = []
    entry = Cron(match=lambda minute: seen.append(minute), task="t", tz="Europe/Paris")
    assert entry.ticks(NOON + timedelta(seconds=30), NOON + timedelta(minutes=2, seconds=30)) == []
    assert [str(minute) for minute in seen] == ["2024-05-01 14:01:00+02:00", "2024-05-01 14:02:00+02:00"]
    assert {minute.tzinfo for minute in seen} == {ZoneInfo("Europe/Paris")}


def test_a_repeated_hour_is_told_apart_by_fold() -> None:
    first_half_past_two = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)

    def once(minute: datetime) -> bool:
        return (minute.hour, minute.minute, minute.fold) == (2, 30, 0)

    entry = Cron(match=once, task="t", tz="Europe/Paris")
    assert entry.ticks(first_half_past_two - HOUR, first_half_past_two + 5 * HOUR) == [first_half_past_two]


def test_it_is_an_entry_like_others() -> None:
    tasks = TaskRegistry()
    task = tasks.add(lambda: None, "t")
    entry = Cron(match=at_half_past, task=task, id="half", fill=timedelta(days=31), payload={"n": 1}, priority=3)
    assert entry.to_json()["identifier"] == "half"
    assert replace(entry, priority=4).priority == 4
    assert replace(entry, priority=3) == entry
    assert entry != Cron(match=later.__class__, task="t", id="half")
    assert "at_half_past" in str(entry)
    # What no crontab can say is not read as something else.
    with pytest.raises(CrontabError):
        Crontab.parse(str(entry))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"match": later}, "bad match .*not async"),
        ({"match": "0 8 * * *"}, "bad match '0 8"),
        ({"match": at_half_past, "fill": timedelta(days=32)}, "bad fill .*up to 31 days"),
        ({"match": at_half_past, "tz": "Europe/Pariss"}, "no time zone 'Europe/Pariss'.* entry for 't'"),
        ({"match": at_half_past, "schedule": Cron.hourly(task="t").schedule}, "bad schedule .*leave out one"),
        ({"tz": "UTC", "schedule": Cron.hourly(task="t").schedule}, "bad schedule .*leave out one"),
        ({}, "bad schedule None.*give match, a function"),
    ],
)
def test_what_can_not_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        Cron(task="t", **options)


def generates(minute: datetime) -> Iterator[bool]:
    yield False


async def generates_later(minute: datetime) -> AsyncIterator[bool]:
    yield False


class Awaitable:
    def __await__(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize("answer", [later, generates, generates_later, lambda _: Awaitable()])
def test_a_function_whose_answer_is_no_answer_is_refused(answer: Callable[[datetime], object]) -> None:
    """Each of these objects is true, always."""
    with pytest.raises(InvalidArgument, match=r"bad match .*not async"):
        Cron(match=lambda minute: answer(minute), task="t").next(NOON)
