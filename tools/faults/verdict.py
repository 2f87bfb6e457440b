"""Judges a history by what producers and workers wrote down; it asks no database and knows nothing of the queue's code.

The rules:

- every job whose addition was confirmed ran to completion at least once; one whose addition was refused never ran;
- no job started before it was due;
- no two runs of one job, and no two jobs of one named queue, were alive at the same time;
- a job ran again only if its run failed, was interrupted, or was in flight in a declared window of a fault; then not
  before that window began.

A run is alive from the first line of its handler to the last, but no longer than its worker: from the beginning of a
window on, the worker that it names counts as dead, whatever it still does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.py.support.history import Lease, violations

from .journal import Added, Ended, Record, Started

SECOND = 1_000_000_000
_FOREVER = 1 << 62
_HANDING_IN = 2 * SECOND
"""Within this time a job that was run to its end is handed in; before that, it is still in flight."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time during which one process may be taken for dead: what it was running then may run again elsewhere."""

    pid: int
    start: int
    end: int = _FOREVER
    silent_from: int | None = None
    """From when on the process could hand in nothing, if that was earlier: what it ran to its end since was in flight
    when the window began."""

    def covers(self, run: Run) -> bool:
        """Tells whether the run was in flight in this window."""
        silent_from = self.start if self.silent_from is None else self.silent_from
        return self.pid == run.pid and run.start <= self.end and run.end + _HANDING_IN >= silent_from

    def explains(self, before: Run, again: Run) -> bool:
        """Tells whether the window is the reason for which a job ran again."""
        return self.covers(before) and again.start >= self.start


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job, put together from two records. Without an end it lasts for ever."""

    job: int
    queue: str | None
    worker: str
    pid: int
    start: int
    late: bool
    end: int = _FOREVER
    outcome: str | None = None


@dataclass(slots=True)
class Verdict:
    """What a history comes to. `faults` has a line for everything that must not be; empty when nothing is."""

    jobs: int = 0
    """Additions that were confirmed."""
    unknown: int = 0
    runs: int = 0
    lost: int = 0
    duplicates: int = 0
    """Runs that a fault explains."""
    unexplained: int = 0
    """Runs that nothing explains."""
    recovery: float | None = None
    """Seconds: the longest that a job that was due when a fault struck took to be done, counted from there."""
    longest: float | None = None
    """Seconds: the longest that any job took from the instant it was due until it was done."""
    faults: list[str] = field(default_factory=list)


def judge(
    records: Iterable[Record],
    windows: Sequence[Window] = (),
    strikes: Sequence[int] = (),
    *,
    own_clock: bool = False,
) -> Verdict:
    """Judges a history and returns the verdict.

    `strikes` are the instants at which a fault began. With `own_clock` the workers decided by clocks of their own
    what is due, so each is held to its own.
    """
    records = list(records)
    added = {record.job: record for record in records if isinstance(record, Added)}
    runs = _runs(records)
    by_job: defaultdict[int, list[Run]] = defaultdict(list)
    for run in runs:
        by_job[run.job].append(run)
    done = {run.job for run in runs if run.outcome == "done"}
    committed = {job for job, record in added.items() if record.outcome == "committed"}
    unknown = {job for job, record in added.items() if record.outcome == "unknown"}
    verdict = Verdict(jobs=len(committed), unknown=len(unknown), runs=len(runs), lost=len(committed - done))

    expected = committed | (unknown & by_job.keys())
    due = {} if own_clock else {job: record.due for job, record in added.items()}
    verdict.faults = violations(_leases(runs, windows), expected=expected, due=due)
    begun = (committed | unknown) & by_job.keys()
    verdict.faults += [f"job {job} ran, and was never completed" for job in sorted(begun - done)]
    if own_clock:
        verdict.faults += [f"job {run.job} of {run.worker} was not due by its clock" for run in runs if not run.late]
    for run in runs:
        if run.outcome is None and not any(window.covers(run) for window in windows):
            verdict.faults.append(f"job {run.job} of {run.worker} was started and never ended")
    for history in by_job.values():
        for before, again in pairwise(history):
            if before.outcome in {"failed", "interrupted"}:
                continue
            if any(window.explains(before, again) for window in windows):
                verdict.duplicates += 1
            else:
                verdict.unexplained += 1
                verdict.faults.append(
                    f"job {again.job} of {again.worker} had been run to its end by {before.worker}"
                    f" ({before.start} to {before.end}), and ran again at {again.start}"
                )
    delays = _delays(added, by_job)
    verdict.longest = max(((done - due) / SECOND for due, done in delays), default=None)
    waits = [(done - strike) / SECOND for strike in strikes for due, done in delays if due <= strike < done]
    verdict.recovery = max(waits, default=None)
    return verdict


def _runs(records: Iterable[Record]) -> list[Run]:
    records = list(records)
    ends = {record.run: record for record in records if isinstance(record, Ended)}
    runs = []
    for record in records:
        if isinstance(record, Started):
            run = Run(record.job, record.queue, record.worker, record.pid, record.at, record.late)
            if end := ends.get(record.run):
                run = Run(run.job, run.queue, run.worker, run.pid, run.start, run.late, end.at, end.outcome)
            runs.append(run)
    return sorted(runs, key=lambda run: run.start)


def _leases(runs: Iterable[Run], windows: Sequence[Window]) -> Iterable[Lease]:
    for run in runs:
        end = min([run.end, *(window.start for window in windows if window.covers(run))])
        # One that was started within a window, by a worker that did not know that it had lost the job, lasts no time.
        yield Lease(run.job, run.queue, run.worker, run.start, max(run.start, end))


def _delays(added: dict[int, Added], by_job: dict[int, list[Run]]) -> list[tuple[int, int]]:
    """Returns when each job was due, or added if that was later, and when it was done first."""
    delays = []
    for job, runs in by_job.items():
        record = added.get(job)
        ends = [run.end for run in runs if run.outcome == "done"]
        # A retry waits for its time: that is no delay.
        if record is not None and ends and all(run.outcome != "failed" for run in runs):
            delays.append((max(record.due, record.at), min(ends)))
    return delays
