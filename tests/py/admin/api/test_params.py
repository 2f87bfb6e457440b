"""The bounds of what requests bring."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from graphile_worker.admin._api.params import (
    MAX_IDS,
    MAX_PAGE,
    Changes,
    Id,
    Ids,
    Instant,
    Name,
    Page,
    PageSize,
    Query,
    Smallint,
    either,
)
from graphile_worker.admin._problems import Problem


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Id, [-(2**63), 2**63 - 1], [2**63, "x", 1.5]),
        (Ids, [[1], [1] * MAX_IDS], [[], [1] * (MAX_IDS + 1)]),
        (PageSize, [1, 501], [0, "x"]),
        (Name, ["x", "x" * 512], ["", "x" * 513]),
        (Smallint, [-32768, 32767], [-32769, 32768]),
        (Instant, ["2030-01-01T00:00:00Z"], ["2030-01-01T00:00:00", "tomorrow"]),
    ],
)
def test_bounds(kind: Any, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        msgspec.convert(value, kind)
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, kind)


@pytest.mark.parametrize(
    ("limit", "counts_as"), [(1, 1), (MAX_PAGE, MAX_PAGE), (MAX_PAGE + 1, MAX_PAGE), (10**12, MAX_PAGE)]
)
def test_a_larger_page_than_there_is_counts_as_the_largest(limit: int, counts_as: int) -> None:
    assert msgspec.convert({"limit": limit}, Page).limit == counts_as


def test_two_names_for_one_thing() -> None:
    assert either(queue=None, queue_name=None) is None
    assert either(queue="q", queue_name=None) == either(queue=None, queue_name="q") == either(a="q", b="q") == "q"
    with pytest.raises(Problem, match="queue and queue_name are the same thing, and differ"):
        either(queue="q", queue_name="r")


def test_changes_are_what_is_not_null() -> None:
    assert msgspec.convert({}, Changes).is_empty
    changes = msgspec.convert({"priority": 0}, Changes)
    assert not changes.is_empty
    assert changes.values == {"run_at": None, "priority": 0, "attempts": None, "max_attempts": None}


@pytest.mark.parametrize("kind", [Changes, Query])
def test_what_nobody_asked_for_is_refused(kind: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `prioritty`"):
        msgspec.convert({"prioritty": 1}, kind)
