"""What became of jobs, on its way to the database, and what the database made of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from .._calls.job import Job
from .._wire.pipeline import Rows
from .options import WorkerOptions

_KINDS = ("completed", "failed", "returned", "interrupted")


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed: `at` is the instant of time.monotonic()."""

    job: Job
    message: str
    at: float
    replacement_payload: str | None = None
    """JSON: what a batch keeps for its retry."""
    is_last_resort: bool = False
    """Whether this is what became of an outcome that the database refused to record."""


@dataclass(slots=True)
class Outcomes:
    """What became of claimed jobs, until the database knows."""

    completed: list[Job] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    returned: list[Job] = field(default_factory=list)
    """Jobs that were not started: free again at once."""
    interrupted: list[Job] = field(default_factory=list)
    """Jobs that a shutdown cancelled: free again after a while."""

    first_completed_at: float = 0.0
    """Instant of time.monotonic()."""

    def complete(self, job: Job) -> None:
        if not self.completed:
            self.first_completed_at = time.monotonic()
        self.completed.append(job)

    def take(self) -> Outcomes:
        """Moves all outcomes into a new object."""
        taken = Outcomes(self.completed, self.failed, self.returned, self.interrupted, self.first_completed_at)
        self.completed, self.failed, self.returned, self.interrupted = [], [], [], []
        return taken

    def put_back(self, taken: Outcomes) -> None:
        """Moves what was taken, and not handed in, back to where it came from."""
        self.replace(taken, self)
        self.first_completed_at = taken.first_completed_at or self.first_completed_at

    def jobs(self) -> list[Job]:
        return [*self.completed, *(failure.job for failure in self.failed), *self.returned, *self.interrupted]

    def due_in(self, options: WorkerOptions) -> float:
        """Returns the seconds until outcomes are to be handed in, as far as the batch delays go; 0 or less: now."""
        now = time.monotonic()
        waits = [0.0] if self.returned or self.interrupted else []
        if self.completed:
            waits.append(options.complete_batch_delay.total_seconds() - (now - self.first_completed_at))
        if self.failed:
            waits.append(options.fail_batch_delay.total_seconds() - (now - self.failed[0].at))
        return min(waits, default=0.0)

    def keep(self, is_held: Callable[[Job], bool]) -> None:
        """Leaves out what became of jobs that are held no longer."""
        if not all(map(is_held, self.jobs())):
            self.completed = [job for job in self.completed if is_held(job)]
            self.failed = [failure for failure in self.failed if is_held(failure.job)]
            self.returned = [job for job in self.returned if is_held(job)]
            self.interrupted = [job for job in self.interrupted if is_held(job)]

    def halves(self) -> tuple[Outcomes, Outcomes]:
        """Returns all outcomes in two parts of about the same size."""
        everything = [(kind, item) for kind in _KINDS for item in getattr(self, kind)]
        middle = len(everything) // 2
        return _of(everything[:middle]), _of(everything[middle:])

    def replace(self, *parts: Outcomes) -> None:
        """Becomes what the parts are together."""
        for kind in _KINDS:
            setattr(self, kind, [item for part in parts for item in getattr(part, kind)])

    def __len__(self) -> int:
        return len(self.completed) + len(self.failed) + len(self.returned) + len(self.interrupted)


class Answer:
    """What the database made of a round.

    `worker_id`: in whose name it was. `gone`: ids handed in that were no longer this worker's, since somebody unlocked
    or recovered them. `refused`: ids of which no outcome could be recorded.
    """

    def __init__(self, worker_id: str, claim: Rows | None, gone: set[int], failed_for_good: set[int]) -> None:
        self.worker_id = worker_id
        self._claim = claim
        self.gone = gone
        self.failed_for_good = failed_for_good
        self.refused: set[int] = set()
        self.has_claim = claim is not None
        self.claimed_count = 0 if claim is None else len(claim)

    def include(self, other: Answer) -> None:
        """Adds what another answer says about outcomes."""
        self.gone |= other.gone
        self.failed_for_good |= other.failed_for_good
        self.refused |= other.refused

    def claimed(self) -> list[Job]:
        """Returns the jobs claimed, in the order to start them. Decodes them each time."""
        return [] if self._claim is None else self._claim.load(Job._make)

    def claims_any_of(self, jobs: Collection[Job]) -> bool:
        """Tells whether some jobs are claimed again, though this worker has them in hand."""
        if self._claim is None or not jobs:
            return False
        return not {job.id for job in jobs}.isdisjoint(self._claim.ids())

    def last_claimed(self) -> Job | None:
        """Returns the last of the jobs claimed."""
        if self._claim is None or not self.claimed_count:
            return None
        [job] = self._claim.load(Job._make, first=self.claimed_count - 1)
        return job


def _of(items: list[tuple[str, Any]]) -> Outcomes:
    outcomes = Outcomes()
    for kind, item in items:
        getattr(outcomes, kind).append(item)
    return outcomes
