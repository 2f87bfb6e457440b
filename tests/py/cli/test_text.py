"""Values as people read them in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graphile_worker._cli import text as _text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ö 日", "plain ö 日"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
    ],
)
def test_nothing_printed_steers_the_terminal(text: str, shown: str) -> None:
    assert _text.printable(text) == shown


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(microseconds=700), "0s"),
        (timedelta(milliseconds=999), "999ms"),
        (timedelta(seconds=59, milliseconds=900), "59s"),
        (timedelta(minutes=3, seconds=12), "3m 12s"),
        (timedelta(hours=2), "2h"),
        (timedelta(hours=2, minutes=5, seconds=9), "2h 5m"),
        (timedelta(days=400, hours=1), "400d 1h"),
        (timedelta(seconds=-5), "-5s"),
    ],
)
def test_durations(duration: timedelta, text: str) -> None:
    assert _text.duration(duration) == text


def test_instants_in_a_cell_are_written_as_one_alone() -> None:
    instants = [datetime(2030, 1, 1, 8, tzinfo=UTC), datetime(2030, 1, 2, 8, tzinfo=UTC)]
    assert _text.cell(instants) == ",".join(map(_text.cell, instants))
    assert _text.cell([]) == ""
