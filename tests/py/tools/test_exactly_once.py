"""The counters under kills: a short run of them, and proof that the judge finds what must not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphile_worker import EmbeddedServer, EmbeddedServerError
from graphile_worker._embedded.binaries import find_binaries
from tools.faults.exactly_once import Verdict, database, experiment, judge, proves_nothing
from tools.faults.run import scratch_server

WANTED = [1, 2, 3, 1]
GOOD = [(0, 4), (1, 2), (2, 1), (3, 1)]


@pytest.fixture
def scratch() -> Iterator[EmbeddedServer]:
    try:
        find_binaries()
    except EmbeddedServerError as error:
        pytest.skip(str(error))
    with scratch_server() as server:
        yield server


async def test_each_job_counts_once(scratch: EmbeddedServer, tmp_path: Path) -> None:
    verdict = await experiment(database(scratch), tmp_path, 150)
    assert verdict.faults == []
    assert (verdict.shared, verdict.spread) == (150, 150)
    assert verdict.runs >= 150


def test_exact_sums_are_fine() -> None:
    verdict = judge(Verdict(4), GOOD, WANTED, [])
    assert (verdict.faults, verdict.shared, verdict.spread) == ([], 4, 4)


@pytest.mark.parametrize(
    ("counted", "fault"),
    [
        ([(0, 5), *GOOD[1:]], "the counter of all is 5, and there were 4 jobs"),
        ([(0, 3), *GOOD[1:]], "the counter of all is 3, and there were 4 jobs"),
        # One too many and one too few: the sum alone would not tell.
        ([(0, 4), (1, 3), (2, 0), (3, 1)], "2 of the others are wrong: 1: 3 for 2, 2: 0 for 1"),
    ],
)
def test_what_must_not_be_is_found(counted: list[tuple[int, int]], fault: str) -> None:
    assert judge(Verdict(4), counted, WANTED, []).faults == [fault]


def test_what_is_left_is_found() -> None:
    assert judge(Verdict(4), GOOD, WANTED, ["job 7 is left"]).faults == ["job 7 is left"]


@pytest.mark.parametrize(
    ("verdict", "fault"),
    [
        (Verdict(4, runs=5, kills=2, freezes=1, seconds=9), "only 2 kills and 1 freezes"),
        (Verdict(4, runs=5, kills=5, freezes=0, seconds=9), "only 5 kills and 0 freezes"),
        (Verdict(4, runs=4, kills=5, freezes=1, seconds=9), "no job was run twice"),
    ],
)
def test_a_run_in_which_nothing_happened_proves_nothing(verdict: Verdict, fault: str) -> None:
    [found] = proves_nothing(verdict)
    assert found == f"{fault}: this proves nothing"
