"""What the queue does, in plain Python: written from the contract, to be compared with what the database does.

Every method is a call of the protocol; `now` is the time of the call's transaction. Answers are ids, or what the call
returns. Ids of new jobs come from the database, as the model cannot know them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.py.concurrency.model_claims import ClaimRules
from tests.py.concurrency.model_rows import Job, Queue, Spec, first_of

RENEWAL = timedelta(hours=1)
RECOVERED = "Job recovered after worker interruption"


@dataclass
class Model(ClaimRules):
    tasks: set[str] = field(default_factory=set)
    workers: dict[str, datetime] = field(default_factory=dict)

    # Adding and removing

    def add(self, spec: Spec, mode: str, id_: int, now: datetime) -> int:
        """Adds a job; `id_` is what the database answered, and must be new if the job is. Returns the job's id."""
        self.tasks.add(spec.task)
        if spec.queue is not None:
            self.queues.setdefault(spec.queue, Queue())
        policy = self.policy(spec.task)
        new = Job(
            id=id_,
            task=spec.task,
            queue=spec.queue,
            payload={} if spec.payload is None else spec.payload,
            priority=first_of(spec.priority, policy.priority, 0),
            run_at=spec.run_at or now,
            max_attempts=first_of(spec.max_attempts, policy.max_attempts, 25),
            key=spec.key,
            flags=None if spec.flags is None else dict.fromkeys(spec.flags, True),
        )
        old = self.by_key(spec.key)
        if old is not None and mode == "unsafe_dedupe":
            old.revision += 1
            return old.id
        if old is not None and old.is_available:
            if isinstance(old.payload, list) and isinstance(new.payload, list):
                new.payload = old.payload + new.payload
            if mode == "preserve_run_at" and old.attempts == 0:
                new.run_at = old.run_at
            self.jobs[old.id] = replace(new, id=old.id, revision=old.revision + 1)
            return old.id
        if old is not None:
            old.detach()
        assert id_ not in self.jobs, f"job {id_} was to be a new one"
        self.jobs[id_] = new
        return id_

    def by_key(self, key: str | None) -> Job | None:
        return next((job for job in self.jobs.values() if key is not None and job.key == key), None)

    def remove(self, key: str, now: datetime) -> int | None:
        job = self.by_key(key)
        if job is None:
            return None
        if job.is_changeable(now):
            del self.jobs[job.id]
        else:
            job.detach()
        return job.id

    # A worker

    def held(self, worker: str, ids: Iterable[int]) -> list[Job]:
        return [self.jobs[id_] for id_ in dict.fromkeys(ids) if id_ in self.jobs and self.jobs[id_].locked_by == worker]

    def complete(self, worker: str, ids: Sequence[int]) -> set[int]:
        done = self.held(worker, ids)
        for job in done:
            self.let_go(job, worker)
            del self.jobs[job.id]
        return {job.id for job in done}

    def fail(
        self,
        worker: str,
        failures: Sequence[tuple[int, str, Any]],
        now: datetime,
        retry_at: datetime | None = None,
        given_up: bool = False,
    ) -> dict[int, bool]:
        """Of each job the worker held, whether it will be retried. `failures`: id, message, replacement or None."""
        failed = {}
        by_id = {id_: (message, payload) for id_, message, payload in reversed(failures)}
        for job in self.held(worker, by_id):
            message, payload = by_id[job.id]
            if payload is not None:
                job.payload = payload
            if not job.is_cancelled:
                job.last_error = message
            if job.is_superseded or job.is_cancelled:
                job.attempts, job.run_at = job.max_attempts, now
            elif retry_at is not None:
                job.run_at = retry_at
            else:
                job.run_at = max(now, job.run_at) + self.retry_delay(job)
            if given_up:
                job.attempts = job.max_attempts
            self.let_go(job, worker)
            failed[job.id] = job.attempts < job.max_attempts
            if job.is_to_be_removed:
                del self.jobs[job.id]
            job.forget_cancel()
        return failed

    def give_back(
        self, worker: str, ids: Iterable[int], delay: timedelta, now: datetime, run_at: datetime | None = None
    ) -> set[int]:
        returned = self.held(worker, ids)
        for job in returned:
            job.uncount_attempt()
            if run_at is not None:
                job.run_at = run_at
            elif delay:
                job.run_at = max(job.run_at, now + delay)
            self.let_go(job, worker)
            self.settle(job, now)
        return {job.id for job in returned}

    def resume(self, worker: str, ids: Sequence[int], now: datetime) -> set[tuple[int, str]]:
        kept = {job.id for job in self.held(worker, ids)}
        unknown = [job.id for job in self.jobs.values() if job.locked_by == worker and job.id not in kept]
        self.give_back(worker, unknown, timedelta(0), now)
        busy = {self.jobs[id_].queue for id_ in kept}
        for name, queue in self.queues.items():
            if queue.locked_by == worker and name not in busy:
                queue.unlock()
        return {(id_, "lost") for id_ in ids if id_ not in kept} | {(id_, "returned") for id_ in unknown}

    # Operators

    def changeable(self, ids: Iterable[int], now: datetime) -> list[Job]:
        return [self.jobs[id_] for id_ in set(ids) if id_ in self.jobs and self.jobs[id_].is_changeable(now)]

    def operator_complete(self, ids: Sequence[int], now: datetime) -> set[int]:
        done = {job.id for job in self.changeable(ids, now)}
        for id_ in done:
            del self.jobs[id_]
        return done

    def operator_fail(self, ids: Sequence[int], message: str | None, now: datetime) -> set[int]:
        failed = self.changeable(ids, now)
        for job in failed:
            job.attempts, job.last_error = job.max_attempts, message or "Manually marked as failed"
        return {job.id for job in failed}

    def reschedule(self, ids: Sequence[int], now: datetime, **values: Any) -> set[int] | None:
        """Returns None when one of them must not run again."""
        changed = self.changeable(ids, now)
        if any(job.is_superseded for job in changed):
            return None
        for job in changed:
            if job.is_cancelled:
                job.run_at = now
            job.forget_cancel()
            for name, value in values.items():
                if value is not None:
                    setattr(job, name, value)
        return {job.id for job in changed}

    def force_unlock(self, workers: Sequence[str], now: datetime) -> None:
        for held in (*self.jobs.values(), *self.queues.values()):
            if held.locked_by in workers:
                held.unlock()
                if isinstance(held, Job):
                    self.settle(held, now)

    def recover(self, workers: Sequence[str], delay: timedelta, now: datetime) -> int:
        dead = [
            job
            for job in self.jobs.values()
            if job.locked_by in workers and not job.is_superseded and not job.is_cancelled
        ]
        for job in dead:
            job.uncount_attempt()
            job.run_at, job.last_error = max(job.run_at, now + delay), RECOVERED
        self.force_unlock(workers, now)
        return len(dead)

    def release_expired(self, max_age: timedelta, now: datetime) -> set[tuple[int | None, str | None, str | None]]:
        """Job, queue and worker of each lock released; no job for a queue that was locked for no such job."""
        living = {worker for worker, heard in self.workers.items() if heard >= now - timedelta(minutes=5)}
        jobs = [
            job
            for job in self.jobs.values()
            if job.locked_at is not None and job.locked_at < now - max_age and job.locked_by not in living
        ]
        released: set[tuple[int | None, str | None, str | None]] = {(job.id, job.queue, job.locked_by) for job in jobs}
        for name, queue in self.queues.items():
            if queue.locked_at is not None and queue.locked_at < now - max_age and queue.locked_by not in living:
                if name not in {job.queue for job in jobs}:
                    released.add((None, name, queue.locked_by))
                queue.unlock()
        for job in jobs:
            job.unlock()
            self.settle(job, now)
        return released

    def heartbeat(self, worker: str, now: datetime) -> None:
        """Registers a worker, and dates anew what it has held for long."""
        self.workers[worker] = now
        for job in self.jobs.values():
            if job.locked_by == worker and job.locked_at is not None and job.locked_at < now - RENEWAL:
                job.locked_at = now
                queue = self.queues.get(job.queue or "")
                if queue and queue.locked_by == worker and queue.locked_at and queue.locked_at < now - RENEWAL:
                    queue.locked_at = now

    def cleanup(self, tasks: Sequence[str], keep: Sequence[str]) -> dict[str, int]:
        removed = {}
        if "delete_permanently_failed_jobs" in tasks:
            # The contract says attempts = max_attempts; an operator can bring them above it.
            failed = [job.id for job in self.jobs.values() if not job.is_available and job.locked_at is None]
            for id_ in failed:
                del self.jobs[id_]
            removed["delete_permanently_failed_jobs"] = len(failed)
        if "gc_task_identifiers" in tasks:
            unused = self.tasks - {job.task for job in self.jobs.values()} - set(keep)
            self.tasks -= unused
            removed["gc_task_identifiers"] = len(unused)
        if "gc_job_queues" in tasks:
            used = {job.queue for job in self.jobs.values()}
            free = [name for name, queue in self.queues.items() if name not in used and queue.locked_at is None]
            for name in free:
                del self.queues[name]
            removed["gc_job_queues"] = len(free)
        return removed

    def orphans(self, threshold: timedelta, now: datetime) -> set[str]:
        return {
            held.locked_by
            for held in (*self.jobs.values(), *self.queues.values())
            if held.locked_at is not None and held.locked_at < now - threshold and held.locked_by not in self.workers
        }

    def stale_workers(self, threshold: timedelta, now: datetime) -> set[str]:
        return {worker for worker, heard in self.workers.items() if heard < now - threshold}

    def let_time_pass(self, time: timedelta) -> None:
        """Everything lies further back."""
        for held in (*self.jobs.values(), *self.queues.values()):
            held.locked_at = held.locked_at and held.locked_at - time
        for job in self.jobs.values():
            job.run_at -= time
        self.workers = {worker: heard - time for worker, heard in self.workers.items()}
