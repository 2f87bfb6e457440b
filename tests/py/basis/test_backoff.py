"""Delays double up to the longest, each with jitter that at most halves it, and begin anew."""

from __future__ import annotations

import pytest

from graphile_worker._basis.backoff import Backoff


@pytest.mark.parametrize("draw", [0.0, 1.0])
def test_delays_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch, draw: float) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: low + draw * (high - low))
    backoff = Backoff(first=0.1, longest=0.5)
    full = [0.1, 0.2, 0.4, 0.5, 0.5]
    assert [backoff.next() for _ in full] == pytest.approx([delay * (0.5 + draw / 2) for delay in full])
    assert backoff.failures == 5
    backoff.reset()
    assert backoff.failures == 0
    assert backoff.next() <= 0.1


def test_workers_do_not_come_back_at_the_same_instant() -> None:
    assert len({Backoff(first=1).next() for _ in range(20)}) > 1


def test_any_number_of_failures() -> None:
    backoff = Backoff(first=0.1, longest=5)
    backoff.failures = 100_000
    assert 2.5 <= backoff.next() <= 5
