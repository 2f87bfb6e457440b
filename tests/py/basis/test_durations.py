"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graphile_worker._basis.durations import read_duration


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("30", timedelta(seconds=30)),
        (" 1.5s ", timedelta(milliseconds=1500)),
        ("100MS", timedelta(milliseconds=100)),
        ("5 m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("0", timedelta(0)),
        ("", None),
        ("-1s", None),
        ("1w", None),
        ("1h30m", None),
        ("9" * 30 + "d", None),
    ],
)
def test_read_duration(written: str, found: timedelta | None) -> None:
    assert read_duration(written) == found
