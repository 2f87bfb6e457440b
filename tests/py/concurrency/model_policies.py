"""What the model (model.py) knows of policies: retries, expiry, and jobs that are cancelled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.py.concurrency.model_rows import Job, Queue, cancel_error

EXPIRED = "Expired: not started in time"


@dataclass
class Policy:
    max_attempts: int | None = None
    priority: int | None = None
    expires_after: timedelta | None = None
    step: timedelta | None = None
    """The base of linear retries."""


@dataclass
class PolicyRules:
    """Every job and queue there is, and what policies do with them."""

    jobs: dict[int, Job] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)

    def policy(self, task: str) -> Policy:
        return self.policies.get(task, Policy())

    def let_go(self, job: Job, worker: str) -> None:
        job.unlock()
        if job.queue is not None and self.queues[job.queue].locked_by == worker:
            self.queues[job.queue].unlock()

    # Expiry

    def leave_expired(self, picked: list[Job], passed: set[str], worker: str, due_by: datetime) -> list[Job]:
        """Lets fail what has expired of the jobs that `worker` has just picked, and of the tasks it has passed over;
        those that are left.
        """
        expired = [job for job in picked if self.has_expired(job, due_by)]
        for job in expired:
            job.attempts -= 1
            self.let_go(job, worker)
            job.give_up(EXPIRED)
        # Where one of a task has expired, all of it are looked at.
        aging = passed | {job.task for job in picked if expired and self.policy(job.task).expires_after is not None}
        for job in self.jobs.values():
            if job.task in aging and job.is_available and self.has_expired(job, due_by):
                job.give_up(EXPIRED)
        return [job for job in picked if job not in expired]

    def has_expired(self, job: Job, now: datetime) -> bool:
        expires_after = self.policy(job.task).expires_after
        return expires_after is not None and job.run_at < now - expires_after

    def expire(self, now: datetime) -> int:
        expired = [job for job in self.jobs.values() if job.is_available and self.has_expired(job, now)]
        for job in expired:
            job.give_up(EXPIRED)
        return len(expired)

    # Retries and cancelled jobs

    def retry_delay(self, job: Job) -> timedelta:
        step = self.policy(job.task).step
        if step is not None:
            return max(job.attempts, 1) * step
        return timedelta(seconds=math.exp(min(job.attempts, 10)))

    def settle(self, job: Job, now: datetime) -> None:
        """Its claim has ended without an outcome: that may be the end of it."""
        if job.is_superseded or job.is_to_be_removed:
            del self.jobs[job.id]
        elif job.is_cancelled:
            job.attempts, job.run_at = job.max_attempts, now
            job.forget_cancel()

    def cancel(self, ids: Iterable[int], reason: str | None, remove: bool) -> dict[int, tuple[str, str | None]]:
        """What became of each: the outcome, and who holds it."""
        outcomes: dict[int, tuple[str, str | None]] = {}
        for id_ in dict.fromkeys(ids):
            job = self.jobs.get(id_)
            if job is None:
                outcomes[id_] = "gone", None
            elif job.locked_at is not None:
                job.cancel(reason, remove)
                outcomes[id_] = "asked", job.locked_by
            elif remove:
                del self.jobs[id_]
                outcomes[id_] = "removed", None
            else:
                if job.is_available:
                    job.last_error = cancel_error(reason)
                job.attempts = job.max_attempts
                outcomes[id_] = "failed", None
        return outcomes

    def cancelled(self, workers: Sequence[str]) -> set[tuple[int, str | None]]:
        return {(job.id, job.locked_by) for job in self.jobs.values() if job.is_cancelled and job.locked_by in workers}
