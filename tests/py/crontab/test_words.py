"""Identifiers and time phrases of crontabs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphile_worker._crontab.words import LONGEST_FILL, format_phrase, is_identifier, parse_phrase


@pytest.mark.parametrize("text", ["a", "_", "send_email", "Mail/send:now-1", "x" * 128])
def test_identifiers(text: str) -> None:
    assert is_identifier(text)


@pytest.mark.parametrize("text", ["", "1a", "-a", "a b", "a\n", "ä", "a.b", "x" * 129])
def test_what_is_none(text: str) -> None:
    assert not is_identifier(text)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", timedelta(0)),
        ("90m", timedelta(minutes=90)),
        ("1w2d3h4m5s", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("1s1s", timedelta(seconds=2)),
        ("36525d", LONGEST_FILL),
        ("36525d1s", None),
        ("", None),
        ("5", None),
        ("h", None),
        ("1 h", None),
        ("-1h", None),
        ("1.5h", None),
        ("1H", None),
        ("1y", None),
        ("1234567890s", None),
        ("\u0661h", None),
    ],
)
def test_phrases(text: str, duration: timedelta | None) -> None:
    assert parse_phrase(text) == duration


@given(st.integers(0, int(LONGEST_FILL.total_seconds())).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_phrase_is_read_as_it_is_written(duration: timedelta) -> None:
    assert parse_phrase(format_phrase(duration)) == duration


def test_phrases_are_short() -> None:
    assert [format_phrase(timedelta(seconds=seconds)) for seconds in (0, 60, 3661)] == ["0s", "1m", "1h1m1s"]
