"""The judge of the history of keyed adds finds what must not be, in histories made to have it."""

from __future__ import annotations

import pytest

from tools.faults.superseded_history import SECOND, Change, Run, judge

GOOD = [
    Change("a", 1, at=1 * SECOND),
    Run("a", 1, "w", claimed=1 * SECOND, started=2 * SECOND, is_done=False),
    Change("a", 2, at=3 * SECOND),
    Run("a", 2, "w", claimed=3 * SECOND, started=4 * SECOND, is_done=False),
    Run("a", 2, "w", claimed=3 * SECOND, started=4 * SECOND, is_done=True),
    Change("b", 1, at=1 * SECOND),
    Change("b", 2, at=2 * SECOND, is_removal=True),
    Change("c", 1, at=1 * SECOND, is_known=False),
]


def test_a_good_history():
    verdict = judge(GOOD)
    assert (verdict.faults, verdict.changes, verdict.runs, verdict.late) == ([], 4, 2, 0)


def test_a_late_start_from_memory_is_counted_and_no_fault():
    verdict = judge([*GOOD, Run("a", 1, "w", claimed=2 * SECOND, started=5 * SECOND, is_done=False)])
    assert (verdict.faults, verdict.late, verdict.latest) == ([], 1, 2.0)


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (Run("a", 1, "w", 4 * SECOND, 5 * SECOND, is_done=False), "version 1 of a was claimed by w 1.000 s after"),
        (Run("b", 1, "w", 4 * SECOND, 5 * SECOND, is_done=False), "version 1 of b was claimed by w 2.000 s after"),
        (Change("a", 3, at=4 * SECOND), "the last version of a, 3, never came to its end"),
        (Change("d", 1, at=4 * SECOND), "the last version of d, 1, never came to its end"),
    ],
)
def test_what_must_not_be_is_found(record: Change | Run, fault: str):
    [found] = judge([*GOOD, record]).faults
    assert found.startswith(fault)


def test_what_may_not_have_been_committed_supersedes_nothing():
    unknown = Change("c", 2, at=2 * SECOND, is_known=False)
    assert judge([*GOOD, unknown, Run("c", 1, "w", 3 * SECOND, 4 * SECOND, is_done=False)]).faults == []
