"""The checker of limits finds what must not be, and nothing else."""

from __future__ import annotations

import pytest

from tools.faults.limits_history import Absence, Claim, Run, most_at_once, most_claimed, runs_of, violations


def test_runs_of_a_process_that_was_killed() -> None:
    lines = ["start 1 q 1.000000", "start 2 t 1.500000", "end 1 q 2.000000", "start 3 q 2.500000", "end 3 q 2.", "sta"]
    assert sorted(runs_of(lines, [Absence(3.0)])) == [
        Run("q", 1, 1.0, 2.0),
        Run("q", 3, 2.5, 3.0),
        Run("t", 2, 1.5, 3.0),
    ]


def test_what_a_frozen_process_goes_on_with_counts_until_it_was_frozen() -> None:
    lines = ["start 1 q 1.0", "start 2 q 5.5", "end 1 q 6.0", "end 2 q 6.5", "start 3 q 8.0", "end 3 q 9.0"]
    assert runs_of(lines, [Absence(2.0, 7.0)]) == [Run("q", 1, 1.0, 2.0), Run("q", 3, 8.0, 9.0)]


def test_an_instant_above_a_limit_is_found() -> None:
    runs = [Run("q", 1, 0.0, 3.0), Run("q", 2, 1.0, 2.0), Run("q", 3, 1.9, 4.0), Run("t", 4, 0.0, 9.0)]
    assert most_at_once(runs) == {"q": 3, "t": 1}
    assert violations(runs, {"q": 2, "t": 1}) == ["q: 3 at once, and 2 may"]
    assert violations(runs, {"q": 3}) == []


def test_one_that_starts_as_another_ends_is_not_beside_it() -> None:
    assert most_at_once([Run("q", 1, 0.0, 1.0), Run("q", 2, 1.0, 2.0)]) == {"q": 1}


@pytest.mark.parametrize(
    ("claims", "most"),
    [
        ([], 0),
        ([Claim(0.0, 0.1), Claim(0.2, 0.9), Claim(0.9, 1.0)], 3),
        # It may have been claimed later than within a second of the first.
        ([Claim(0.0, 0.1), Claim(0.2, 0.9), Claim(0.9, 1.1)], 2),
    ],
)
def test_only_what_is_certain_counts_as_claimed(claims: list[Claim], most: int) -> None:
    assert most_claimed(claims, 1.0) == most
