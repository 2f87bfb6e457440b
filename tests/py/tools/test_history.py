"""The checker of histories finds what it is there to find: each rule against a history made to break it."""

from __future__ import annotations

import pytest

from tests.py.support.history import Lease, counts, violations

GOOD = [
    Lease(1, "q", "a", 0, 10),
    Lease(2, "q", "b", 10, 20),
    Lease(3, None, "a", 5, 15),
    Lease(4, None, "b", 5, 15),
    Lease(5, "other", "a", 0, 20),
]


def test_a_good_history_has_no_violations():
    assert violations(GOOD, expected=[1, 2, 3, 4, 5]) == []
    assert violations(reversed(GOOD), expected={5, 4, 3, 2, 1}, due={1: 0, 2: 10}) == []


def test_an_empty_history_of_nothing_is_good():
    assert violations([], expected=[]) == []


def test_a_job_that_runs_again_later_is_good():
    assert violations([Lease(1, "q", "a", 0, 5), Lease(1, "q", "b", 5, 9)], expected=[1]) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Lease(3, None, "b", 14, 16), "job 3: job 3 of a (5 to 15) overlaps job 3 of b (14 to 16)"),
        (Lease(3, None, "a", 6, 7), "job 3: job 3 of a (5 to 15) overlaps job 3 of a (6 to 7)"),
        (Lease(6, "q", "a", 19, 25), "queue 'q': job 2 of b (10 to 20) overlaps job 6 of a (19 to 25)"),
        (Lease(6, "other", "b", 3, 4), "queue 'other': job 5 of a (0 to 20) overlaps job 6 of b (3 to 4)"),
        (Lease(6, None, "b", 4, 3), "job 6 of b ends before it starts"),
    ],
)
def test_a_bad_lease_is_named(bad: Lease, message: str):
    assert violations([*GOOD, bad], expected=[1, 2, 3, 4, 5, bad.job]) == [message]


def test_an_overlap_is_seen_across_a_short_lease_in_between():
    leases = [Lease(1, "q", "a", 0, 100), Lease(2, "q", "b", 10, 20), Lease(3, "q", "b", 30, 40)]
    assert len(violations(leases, expected=[1, 2, 3])) == 2


def test_jobs_that_never_ran_are_named():
    assert violations(GOOD, expected=[1, 2, 3, 4, 5, 7, 8, 9, 11]) == ["jobs 7 to 9 never ran", "job 11 never ran"]


def test_jobs_that_nobody_expected_are_named():
    assert violations(GOOD, expected=[1, 2, 3, 4]) == ["job 5 ran, and was not expected to"]


def test_a_start_before_its_time_is_named():
    assert violations(GOOD, expected=[1, 2, 3, 4, 5], due={3: 6}) == [
        "job 3 of a (5 to 15) starts before it is due at 6"
    ]


def test_runs_are_counted():
    assert counts([*GOOD, Lease(1, "q", "a", 30, 40)]) == {1: 2, 2: 1, 3: 1, 4: 1, 5: 1}
