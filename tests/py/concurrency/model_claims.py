"""How the model (model.py) chooses the jobs of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from tests.py.concurrency.model_policies import PolicyRules
from tests.py.concurrency.model_rows import Job


def _order(job: Job) -> tuple[int, datetime, int]:
    return job.priority, job.run_at, job.id


class ClaimRules(PolicyRules):
    """What a worker is given."""

    def claim(
        self,
        worker: str,
        tasks: Sequence[str] | None,
        size: int,
        forbidden: Sequence[str] | None,
        due_by: datetime,
        now: datetime,
    ) -> list[int]:
        kept: list[Job] = []
        has_met_expired = False
        while True:
            picked, passed = self._pick(
                worker, tasks, size - len(kept), forbidden, due_by, now, passes_over=has_met_expired
            )
            picked = kept + picked
            kept = self.leave_expired(picked, passed, worker, due_by)
            if len(kept) == len(picked):
                return [job.id for job in sorted(kept, key=_order)]
            has_met_expired = True

    def _pick(
        self,
        worker: str,
        tasks: Sequence[str] | None,
        size: int,
        forbidden: Sequence[str] | None,
        due_by: datetime,
        now: datetime,
        *,
        passes_over: bool,
    ) -> tuple[list[Job], set[str]]:
        """Chooses up to `size` jobs. Who `passes_over` what has expired leaves it where it has no queue, and says of
        which tasks it has.
        """
        picked: list[Job] = []
        passed: set[str] = set()
        there = [job for job in self.jobs.values() if job.is_available and (tasks is None or job.task in tasks)]
        for _, group in groupby(sorted(there, key=_order), lambda job: job.priority):
            if len(picked) == size:
                break
            jobs = list(group)
            if passes_over:
                expired = [job for job in jobs if job.queue is None and self.has_expired(job, due_by)]
                passed |= {job.task for job in expired}
                jobs = [job for job in jobs if job not in expired]
            for job in jobs:
                queue = self.queues[job.queue] if job.queue is not None else None
                if (
                    len(picked) < size
                    and job.run_at <= due_by
                    and not set(forbidden or []) & set(job.flags or {})
                    and (queue is None or queue.locked_at is None)
                ):
                    job.attempts += 1
                    job.locked_at, job.locked_by = now, worker
                    if queue is not None:
                        queue.locked_at, queue.locked_by = now, worker
                    picked.append(job)
        return picked, passed
