"""What became of jobs, on its way to the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._calls.job import Job
from .options import WorkerOptions


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed: `at` is the instant of time.monotonic()."""

    job: Job
    message: str
    at: float
    replacement_payload: str | None = None
    """JSON: what a batch keeps for its retry."""
    retry_in: timedelta | None = None
    """How long after `at` it is tried again; None leaves that to the database."""
    is_given_up: bool = False
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Snoozed:
    """A job that put itself off, at an instant of time.monotonic(), by a while or until an instant."""

    job: Job
    at: float
    delay: timedelta | None
    until: datetime | None


@dataclass(slots=True)
class Outcomes:
    """What became of claimed jobs, until the database knows."""

    completed: list[Job] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    returned: list[Job] = field(default_factory=list)
    """Jobs that were not started: free again at once."""
    interrupted: list[Job] = field(default_factory=list)
    """Jobs that a shutdown cancelled: free again after a while."""
    snoozed: list[Snoozed] = field(default_factory=list)
    """Jobs that put themselves off: free again when they said."""

    first_completed_at: float = 0.0
    """Instant of time.monotonic()."""
    has_completed_queued: bool = False
    """Whether one of those completed was in a queue: with a batch delay that is asked whenever jobs end."""

    def complete(self, job: Job) -> None:
        if not self.completed:
            self.first_completed_at = time.monotonic()
        if job.queue_name is not None:
            self.has_completed_queued = True
        self.completed.append(job)

    def add(self, later: Outcomes) -> None:
        """Adds what came after these."""
        self.first_completed_at = self.first_completed_at or later.first_completed_at
        self.has_completed_queued = self.has_completed_queued or later.has_completed_queued
        self.completed += later.completed
        self.failed += later.failed
        self.returned += later.returned
        self.interrupted += later.interrupted
        self.snoozed += later.snoozed

    def jobs(self) -> list[Job]:
        return [*self.completed, *self._others()]

    def _others(self) -> list[Job]:
        failed, snoozed = (failure.job for failure in self.failed), (snoozed.job for snoozed in self.snoozed)
        return [*failed, *snoozed, *self.returned, *self.interrupted]

    @property
    def frees_queue(self) -> bool:
        """Whether the next job of some queue waits for these outcomes."""
        return self.has_completed_queued or any(job.queue_name is not None for job in self._others())

    def due_in(self, options: WorkerOptions) -> float:
        """Returns the seconds until outcomes are to be handed in, as far as the batch delays go; 0 or less: now.

        A queue waits for no delay: all others would wait with it for its jobs, and this worker, which claims the next
        one in the same transaction, would do one job of it per delay.
        """
        if self.frees_queue:
            return 0.0
        now = time.monotonic()
        waits = [0.0] if self.returned or self.interrupted or self.snoozed else []
        if self.completed:
            waits.append(options.complete_batch_delay.total_seconds() - (now - self.first_completed_at))
        if self.failed:
            waits.append(options.fail_batch_delay.total_seconds() - (now - self.failed[0].at))
        return min(waits, default=0.0)

    def keep(self, is_held: Callable[[Job], bool]) -> None:
        """Leaves out what became of jobs that are held no longer."""
        self.completed = [job for job in self.completed if is_held(job)]
        self.failed = [failure for failure in self.failed if is_held(failure.job)]
        self.returned = [job for job in self.returned if is_held(job)]
        self.interrupted = [job for job in self.interrupted if is_held(job)]
        self.snoozed = [snoozed for snoozed in self.snoozed if is_held(snoozed.job)]

    def __len__(self) -> int:
        return len(self.completed) + len(self.failed) + len(self.returned) + len(self.interrupted) + len(self.snoozed)
