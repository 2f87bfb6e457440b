"""Durations, ages and instants on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import click
import pytest

from graphile_worker._cli.failure import Usage
from graphile_worker._cli.types import duration, instant_or_age, instant_or_delay, timestamp
from tests.py.support.command import invoke

NOWHERE = "postgresql://127.0.0.1:1/nowhere"
CONTEXT = click.Context(click.Command("c"))
OPTION = click.Option(["--when"])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("300", timedelta(seconds=300)),
        ("1.5", timedelta(seconds=1.5)),
        (" 30 s ", timedelta(seconds=30)),
        ("5M", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("100ms", timedelta(milliseconds=100)),
    ],
)
def test_durations(written: str, read: timedelta) -> None:
    assert duration(CONTEXT, OPTION, written) == read
    assert instant_or_age(CONTEXT, OPTION, written) == read


@pytest.mark.parametrize("written", ["", "0", "0s", "-5", "5 minutes", "5x", "1h30m", "1e3", "\u0661h", "9" * 20 + "d"])
def test_what_is_no_duration(written: str) -> None:
    with pytest.raises(Usage, match=r"--when .* is not a duration"):
        duration(CONTEXT, OPTION, written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2030-01-02T03:04:05Z", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2030-01-02 03:04+02:00", datetime(2030, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2)))),
        ("2030-01-02t03:04:05.25z", datetime(2030, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
        (" NOW ", "now"),
        (None, None),
    ],
)
def test_instants(written: str | None, read: Any) -> None:
    assert timestamp(CONTEXT, OPTION, written) == read
    assert instant_or_age(CONTEXT, OPTION, written) == (timedelta(0) if read == "now" else read)


def test_an_instant_may_be_said_as_how_long_it_is_until_then() -> None:
    before = datetime.now(UTC)
    found = instant_or_delay(CONTEXT, OPTION, "2h")
    assert found is not None
    assert before <= found - timedelta(hours=2) <= datetime.now(UTC)
    assert instant_or_delay(CONTEXT, OPTION, "2030-01-02T03:04:05Z") == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert instant_or_delay(CONTEXT, OPTION, None) is None
    with pytest.raises(Usage, match="--when 'soon' is not a duration or a date and time"):
        instant_or_delay(CONTEXT, OPTION, "soon")


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ("2030-01-02", "is not a date and time", "Write `now`, or date, time and zone"),
        ("tomorrow", "is not a date and time", "Write `now`, or date, time and zone"),
        ("2030-02-30T00:00Z", "is not a date and time", None),
        ("2030-01-02T03:04", "has no time zone", "Write 2030-01-02T03:04Z for UTC, or 2030-01-02T03:04"),
        ("0001-01-01T00:00", "has no time zone", "Write 0001-01-01T00:00Z for UTC, or "),
    ],
)
def test_what_is_no_instant(written: str, message: str, hint: str | None) -> None:
    with pytest.raises(Usage, match=message) as raised:
        timestamp(CONTEXT, OPTION, written)
    assert (raised.value.hint or "").startswith(hint or "")
    assert (raised.value.hint is None) == (hint is None)


def test_an_age_is_offered_where_it_would_do() -> None:
    with pytest.raises(Usage, match="--when 'long ago' is not an age or a date and time") as raised:
        instant_or_age(CONTEXT, OPTION, "long ago")
    assert (raised.value.hint or "").startswith("Write an age, 2h or 7d, or a date, time and zone")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "t", "--priority", str(2**40)], "1099511627776"),
        (["add", "t", "--priority", "1.5"], "1.5"),
        (["add", "t", "--max-attempts", str(2**40)], "1099511627776"),
        (["add", "t", "--run-at", "2030-01-01T08:00:00"], "has no time zone"),
        (["add", "t", "--run-at", "5m"], "'5m' is not a date and time"),
        (["add", "t", "--payload", "NaN"], "has no NaN"),
        (["add", "t", "--payload", '{"a": -Infinity}'], "has no -Infinity"),
        (["reschedule", "7", "--run-at", "2030-01-01T08:00:00"], "has no time zone"),
        (["reschedule", "7", "--priority", str(2**40)], "1099511627776"),
        (["reschedule", "7", "--attempts", "-1"], "-1"),
        (["retry", str(2**70)], str(2**70)),
        (["show", str(2**70)], str(2**70)),
        (["list", "--limit", str(2**40)], "1099511627776"),
        (["list", "--limit", "x"], "'x'"),
        (["fail", "--task", "t", "--older-than", "2030-01-01T08:00:00"], "has no time zone"),
        (["fail", "--task", "t", "--chunk", str(2**40)], "1099511627776"),
        (["sweep-stale-workers", "--sweep-threshold", "x"], "'x'"),
        (["sweep-stale-workers", "--sweep-threshold", "nan"], "'nan'"),
        (["sweep-stale-workers", "--sweep-threshold", "9" * 400], "999"),
        (["crontab", "next", "--after", "2030-01-01T08:00:00"], "has no time zone"),
        (["run", "app", "--poll-interval", "1e999"], "1e999"),
    ],
)
def test_a_value_is_refused_with_its_name(arguments: list[str], words: str) -> None:
    result = invoke(*arguments, url=NOWHERE)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert "127.0.0.1" not in result.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (r'{"identifier": "t", "job_key": "a\u0000b"}', "bad job key 'a\\x00b' of a 't' job"),
        (r'{"identifier": "t", "queue_name": "a\u0000b"}', "bad queue name"),
        (r'{"identifier": "t\u0000"}', "bad task identifier"),
        (r'{"identifier": "t", "flags": ["a\u0000"]}', "flags"),
        ('{"identifier": "t", "flags": "vip"}', "flags"),
        ('{"identifier": "t", "priority": 1099511627776}', "priority"),
        ('{"identifier": "t", "priority": 1.5}', "priority"),
        ('{"identifier": "t", "run_at": "2030-01-01T08:00:00"}', "run_at"),
        ('{"identifier": "t", "run_at": 5}', "run_at"),
        ('{"identifier": "t", "payload": {"a": NaN}}', "NaN"),
        ('{"identifier": 5}', "identifier"),
        ('{"identifier": "t", "payloed": {}}', "payloed"),
    ],
)
def test_a_line_that_is_no_job_adds_nothing(shared_database: str, line: str, words: str) -> None:
    result = invoke("add", "--from", "-", url=shared_database, stdin='{"identifier": "t"}\n' + line + "\n")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "line" in result.stderr
    assert "Traceback" not in result.stderr
    assert '"total":0' in invoke("stats", "--json", url=shared_database).stdout
