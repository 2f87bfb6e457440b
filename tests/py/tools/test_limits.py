"""Limits under kills: a short run, and proof that the checker finds what must not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphile_worker import EmbeddedServer, EmbeddedServerError
from graphile_worker._embedded.binaries import find_binaries
from tools.faults.limits import TASKS, WIDTHS, Verdict, database, experiment, proves_nothing
from tools.faults.limits_history import Run
from tools.faults.run import scratch_server

ALL = {**WIDTHS, **TASKS}


@pytest.fixture
def scratch() -> Iterator[EmbeddedServer]:
    try:
        find_binaries()
    except EmbeddedServerError as error:
        pytest.skip(str(error))
    with scratch_server() as server:
        yield server


async def test_no_limit_is_exceeded(scratch: EmbeddedServer, tmp_path: Path) -> None:
    verdict = await experiment(database(scratch), tmp_path, 400)
    assert verdict.faults == []
    assert len(verdict.runs) >= verdict.jobs * 0.9
    assert verdict.claimed > 0


async def test_claims_that_lock_nothing_are_found_out(scratch: EmbeddedServer, tmp_path: Path) -> None:
    verdict = await experiment(database(scratch), tmp_path, 400, broken="tasks")
    assert [fault for fault in verdict.faults if "may" in fault]


def _reached() -> list[Run]:
    return [Run(name, number, 0.0, 1.0) for name, limit in ALL.items() for number in range(limit)]


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        (Verdict(1, _reached(), kills=3, freezes=1, claimed=200), []),
        (Verdict(1, _reached(), kills=2, freezes=1, claimed=200), ["only 2 kills and 1 freezes: this proves nothing"]),
        (
            Verdict(1, _reached()[1:], kills=3, freezes=1, claimed=200),
            ["1 limits were never reached, 1:0 among them: this proves nothing"],
        ),
        (Verdict(1, _reached(), kills=3, freezes=1, claimed=9), ["only 9 jobs were claimed at 40 per second"]),
    ],
)
def test_a_run_in_which_nothing_happens_proves_nothing(verdict: Verdict, found: list[str]) -> None:
    assert proves_nothing(verdict) == found
