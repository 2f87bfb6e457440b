"""The judge of the fault suite finds each thing that must not be, in histories made to have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from graphile_worker import EmbeddedServer
from tools.faults import journal
from tools.faults.journal import Added, Ended, Journal, Ready, Record, Started
from tools.faults.lab import Lab
from tools.faults.process_faults import KilledOnce
from tools.faults.verdict import SECOND, Verdict, Window, judge


def added(
    job: int, *, due: int = 0, at: int = 0, outcome: Literal["committed", "unknown", "refused"] = "committed"
) -> Added:
    return Added(job, None, due, outcome, at)


def run(
    job: int, start: int, end: int | None, *, pid: int = 1, queue: str | None = None, outcome: Any = "done"
) -> list[Record]:
    name = f"{job}:{start}:{pid}"
    records: list[Record] = [Started(name, job, queue, f"worker {pid}", pid, start, late=True)]
    return records if end is None else [*records, Ended(name, outcome, end)]


def test_a_good_history() -> None:
    verdict = judge([added(1), added(2), *run(1, 5, 9, queue="q"), *run(2, 9, 12, queue="q", pid=2)], strikes=[7])
    assert verdict.faults == []
    assert (verdict.jobs, verdict.runs, verdict.lost, verdict.duplicates, verdict.unexplained) == (2, 2, 0, 0, 0)
    assert verdict.recovery == pytest.approx(5 / SECOND)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([added(1)], "job 1 never ran"),
        ([added(1), *run(1, 5, 9, outcome="failed")], "job 1 ran, and was never completed"),
        ([added(1, outcome="unknown"), *run(1, 5, 9, outcome="failed")], "job 1 ran, and was never completed"),
        ([added(1, outcome="refused"), *run(1, 5, 9)], "job 1 ran, and was not expected to"),
        ([added(1, due=6), *run(1, 5, 9)], "job 1 of worker 1 (5 to 9) starts before it is due at 6"),
        ([added(1), *run(1, 5, None), *run(1, 9, 12, pid=2)], "job 1 of worker 1 was started and never ended"),
        (
            [added(1), added(2), *run(1, 5, 9, queue="q"), *run(2, 8, 12, queue="q", pid=2)],
            "queue 'q': job 1 of worker 1 (5 to 9) overlaps job 2 of worker 2 (8 to 12)",
        ),
        (
            [added(1), *run(1, 5, 9, outcome="failed"), *run(1, 8, 12, pid=2)],
            "job 1: job 1 of worker 1 (5 to 9) overlaps job 1 of worker 2 (8 to 12)",
        ),
        (
            [added(1), *run(1, 5, 9), *run(1, 20, 22, pid=2)],
            "job 1 of worker 2 had been run to its end by worker 1 (5 to 9), and ran again at 20",
        ),
    ],
)
def test_what_must_not_be_is_named(records: list[Record], message: str) -> None:
    assert message in judge(records).faults


def test_an_addition_whose_outcome_is_unknown_may_run_or_not() -> None:
    verdict = judge([added(1, outcome="unknown"), added(2, outcome="unknown"), *run(2, 5, 9)])
    assert (verdict.faults, verdict.jobs, verdict.unknown) == ([], 0, 2)


def test_a_failure_is_followed_by_a_retry() -> None:
    verdict = judge([added(1), *run(1, 5, 9, outcome="failed"), *run(1, 10, 12)])
    assert (verdict.faults, verdict.duplicates) == ([], 0)


def test_a_worker_that_was_killed_explains_what_it_was_running_and_had_just_run() -> None:
    kill = 10 * SECOND
    records = [
        *(added(1), added(2), added(3)),
        *(*run(1, kill - 5, None), *run(1, kill + 5, kill + 9, pid=2)),
        *(*run(2, kill - 9, kill - 6), *run(2, kill + 5, kill + 9, pid=2)),
        # Long before: it had been handed in.
        *(*run(3, 5, 9), *run(3, kill + 5, kill + 9, pid=2)),
    ]
    verdict = judge(records, [Window(1, kill)])
    assert (verdict.duplicates, verdict.unexplained, len(verdict.faults)) == (2, 1, 1)
    assert verdict.faults[0].startswith("job 3 ")


def test_a_window_is_about_one_worker_and_one_time() -> None:
    records = [added(1), *run(1, 5, 9, pid=2), *run(1, 20, 22)]
    assert judge(records, [Window(1, 6, 8)]).unexplained == 1
    assert judge(records, [Window(2, 6, 8)]).duplicates == 1
    assert judge(records, [Window(2, 10 * SECOND)]).unexplained == 1


@pytest.mark.parametrize(("again", "duplicates"), [(13, 0), (19, 0), (20, 1)])
def test_who_was_cut_off_is_not_taken_for_dead_at_once(again: int, duplicates: int) -> None:
    """What it ran to its end since could not be handed in; nobody may have taken it over before the window."""
    second = 100 * SECOND
    records = [added(1), *run(1, 5 + second, 12 + second), *run(1, again + second, again + 3 + second, pid=2)]
    verdict = judge(records, [Window(1, 20 + second, silent_from=10 + second)])
    assert (verdict.duplicates, verdict.unexplained) == (duplicates, 1 - duplicates)


def test_what_was_handed_in_before_the_cut_is_not_in_flight() -> None:
    records = [added(1), *run(1, 5, 9), *run(1, 30 * SECOND, 31 * SECOND, pid=2)]
    assert judge(records, [Window(1, 20 * SECOND, silent_from=10 * SECOND)]).unexplained == 1


def test_who_is_taken_for_dead_does_not_count_as_a_holder() -> None:
    """A frozen worker goes on with its job while another has it; before it was taken for dead that is a fault."""
    records = [added(1), *run(1, 5, 90, queue="q"), *run(1, 50, 80, queue="q", pid=2)]
    assert judge(records, [Window(1, 40, 85)]).faults == []
    early = judge(records, [Window(1, 60, 85)])
    assert (early.unexplained, len(early.faults)) == (1, 3)


def test_each_worker_is_held_to_its_own_clock_where_it_goes_by_that() -> None:
    early = Started("r", 1, None, "worker 1", 1, 5, late=False)
    records = [added(1, due=9), early, Ended("r", "done", 6)]
    assert judge(records, own_clock=True).faults == ["job 1 of worker 1 was not due by its clock"]
    assert judge([added(1, due=9), *run(1, 5, 6)], own_clock=True).faults == []


def test_recovery_is_counted_from_the_strike_and_without_retries() -> None:
    records = [
        *(added(1, at=1), *run(1, 5, 4 * SECOND)),
        *(added(2, at=1), *run(2, 5, 6, outcome="failed"), *run(2, 7 * SECOND, 8 * SECOND)),
        *(added(3, at=3 * SECOND), *run(3, 8 * SECOND, 9 * SECOND)),
    ]
    assert judge(records, strikes=[2 * SECOND]).recovery == 2
    assert judge(records).longest == 6
    assert judge(records).recovery is None


@pytest.mark.parametrize(
    ("verdict", "strikes", "message"),
    [
        (Verdict(jobs=14, duplicates=1), 1, "only 14 jobs were added in 3 s: this proves nothing"),
        (Verdict(jobs=15), 0, "nothing was inflicted: this proves nothing"),
        (Verdict(jobs=15, duplicates=1), 2, "2 kills, and 1 jobs that were recovered from them"),
        (Verdict(jobs=15, duplicates=1, recovery=15.1), 1, "the recovery took 15.1 s, more than 15 s"),
        (Verdict(jobs=15, duplicates=1, recovery=15.0), 1, None),
    ],
)
def test_an_experiment_in_which_too_little_happened_proves_nothing(
    verdict: Verdict, strikes: int, message: str | None, tmp_path: Path
) -> None:
    lab = Lab(EmbeddedServer(tmp_path), tmp_path)
    lab.strikes = [7] * strikes
    assert KilledOnce().shortcomings(verdict, lab, 3) == ([message] if message else [])


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    notes: list[Record] = [added(1), Ready(7, 3), *run(1, 5, 9, queue="ü")]
    file = Journal(tmp_path / "journal")
    for note in notes:
        file.write(note)
    assert journal.read(tmp_path / "journal") == notes
    assert journal.read(tmp_path / "other") == []
