"""Entries made in code, and entries as text and back."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphile_worker import Cron, InvalidArgument, PayloadError, TaskRegistry
from graphile_worker._crontab.schedule import Schedule


def test_entries_made_in_code() -> None:
    made = [
        Cron.every_minute(task="a"),
        Cron.every_minutes(20, task="b"),
        Cron.hourly(15, task="c"),
        Cron.daily_at(8, 30, task="d", tz="Europe/Paris"),
        Cron.weekly_on(1, 8, task="e"),
        Cron.monthly_on(31, 8, task="f"),
        Cron.yearly_on(2, 29, 8, task="g"),
        Cron.at("*/20 8-10 * * 7", task="h"),
    ]
    assert [str(entry) for entry in made] == [
        "* * * * * a",
        "*/20 * * * * b",
        "15 * * * * c",
        "30 8 * * * d ?tz=Europe/Paris",
        "0 8 * * 1 e",
        "0 8 31 * * f",
        "0 8 29 2 * g",
        "*/20 8-10 * * 0 h",
    ]


@dataclass
class Digest:
    kind: str


def test_the_task_and_payload_of_an_entry_made_in_code() -> None:
    tasks = TaskRegistry()

    @tasks.task("mail/digest")
    def digest(payload: Digest) -> None: ...

    entry = Cron.daily_at(8, task=digest, payload=Digest("short"))
    assert (entry.task, entry.id, entry.payload) == ("mail/digest", "mail/digest", {"kind": "short"})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cron.daily_at(24, task="t"), "bad hour 24 in a crontab entry for 't'. An hour is 0 to 23"),
        (lambda: Cron.every_minutes(0, task="t"), "bad step \\*/0"),
        (lambda: Cron.monthly_on(32, 8, task="t"), "bad day of the month 32"),
        (lambda: Cron.yearly_on(2, 30, 8, task="t"), "there is no day 30 in month 2"),
        (lambda: Cron.at("* * * *", task="t"), "has 4 fields"),
        (lambda: Cron.hourly(task="a b"), "bad task of a crontab entry"),
        (lambda: Cron.hourly(task="t", id="9"), "bad id"),
        (lambda: Cron.hourly(task="t", fill=timedelta(seconds=-1)), "bad fill"),
        (lambda: Cron.hourly(task="t", fill=timedelta(weeks=10_000)), "bad fill"),
        (lambda: Cron.hourly(task="t", max_attempts=0), "bad max_attempts"),
        (lambda: Cron.hourly(task="t", job_key_mode="preserve_run_at"), "bad job_key_mode"),
        (lambda: Cron.hourly(task="t", tz="Mars/Olympus"), "no time zone 'Mars/Olympus'"),
        (lambda: Cron.hourly(task="t", payload=[1]), "is no JSON object"),
    ],
)
def test_entries_made_in_code_are_checked(make: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        make()


def values(first: int, last: int) -> st.SearchStrategy[frozenset[int]]:
    return st.one_of(
        st.just(frozenset(range(first, last + 1))),
        st.integers(1, last - first + 1).map(lambda step: frozenset(range(first, last + 1, step))),
        st.frozensets(st.integers(first, last), min_size=1),
    )


names = st.from_regex(r"\A[_a-zA-Z][_a-zA-Z0-9:_/-]{0,20}\Z")
# PostgreSQL has no NUL in texts: such an entry is refused.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def entries(draw: st.DrawFn) -> Cron:
    job_key = draw(st.none() | texts)
    return Cron(
        schedule=Schedule(
            minutes=draw(values(0, 59)),
            hours=draw(values(0, 23)),
            days=draw(values(1, 31)) | {1},
            months=draw(values(1, 12)),
            weekdays=draw(values(0, 6)),
            tz=draw(st.sampled_from(["UTC", "Europe/Paris", "Asia/Kolkata"])),
        ),
        task=draw(names),
        id=draw(names),
        payload=draw(st.none() | st.dictionaries(texts, json_values, max_size=3)),
        fill=timedelta(seconds=draw(st.integers(0, 10**9))),
        max_attempts=draw(st.none() | st.integers(1, 32767)),
        queue_name=draw(st.none() | texts),
        priority=draw(st.none() | st.integers(-32768, 32767)),
        job_key=job_key,
        job_key_mode=draw(st.sampled_from(["replace", "preserve_run_at"])) if job_key else "replace",
    )


@settings(deadline=None, max_examples=50)
@given(entries())
def test_an_entry_is_read_as_it_is_written(entry: Cron) -> None:
    assert Cron.parse(str(entry)) == entry


class Kind(enum.Enum):
    SEND = "send"


_NAIVE = datetime(2030, 1, 1, 8)  # noqa: DTZ001
_NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Cron.hourly(task="t", priority=2**40), "bad priority"),
        (lambda: Cron.hourly(task="t", priority=1.5), "bad priority 1.5"),
        (lambda: Cron.hourly(task="t", job_key="a\0b"), "bad job_key"),
        (lambda: Cron.hourly(task="t", queue_name=5), "bad queue_name 5"),
        (lambda: Cron.hourly(task="t", queue_name="q\0"), "bad queue_name"),
        (lambda: Cron.hourly(task="t", fill=3600), r"bad fill 3600.*timedelta\(seconds=3600\)"),
        (lambda: Cron.hourly(task="t", max_attempts=True), "bad max_attempts True"),
        (lambda: Cron.hourly(task=Kind.SEND), "bad task .*'send'"),
        (lambda: Cron.hourly(task="t", id=7), "bad id 7"),
        (lambda: Cron.hourly(task="t", payload=[1]), "no JSON object"),
        (lambda: Cron.hourly(task="t", tz=5), "5"),
        (lambda: Cron.at(5, task="t"), "5"),
        (lambda: Cron(schedule="* * * * *", task="t", id="t"), r"bad schedule '\* \* \* \* \*'.*Schedule.parse"),
        (lambda: Cron(schedule=Cron.hourly(task="t").schedule, task="t", id="t", payload=[1]), "no JSON object"),
        (lambda: Cron.hourly(task="t").ticks(_NAIVE, _NOON), "bad after"),
        (lambda: Cron.hourly(task="t").next(_NAIVE), "bad after"),
    ],
)
def test_an_entry_of_a_crontab_refuses_what_can_not_be_scheduled(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        make()


def test_an_entry_with_nan_is_refused() -> None:
    with pytest.raises(PayloadError, match="is nan"):
        Cron.hourly(task="t", payload={"a": float("nan")})
    with pytest.raises(PayloadError, match="is nan"):
        Cron(schedule=Cron.hourly(task="t").schedule, task="t", id="t", payload={"a": float("nan")})
