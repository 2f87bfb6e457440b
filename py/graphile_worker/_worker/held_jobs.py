"""The jobs that are locked in the name of a worker, or of one of its lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from .._basis.log import logger
from .._basis.own_tasks import cancel, spare
from .._basis.printable import some_of
from .._calls.job import Job
from .._recovery.alarm import Alarm
from .outcomes import Outcomes


class HeldJobs:
    """Every job from its claim until the database has taken its outcome, and the tasks that run some of them.

    Rounds with the database find out what was taken away, runs come to an end: both, and the dispatch, share this.
    Whenever jobs turn out to be gone the `alarm` rings: this worker may have been taken for dead.
    """

    def __init__(self, worker_id: str, alarm: Alarm) -> None:
        self.worker_id = worker_id
        """The id in whose name the jobs are locked."""
        self.jobs: dict[int, Job] = {}
        self.running: dict[asyncio.Task[None], Job] = {}
        self.outcomes = Outcomes()
        """What became of some of them, and is to be handed in."""
        self.finishing: dict[int, Job] = {}
        """Jobs whose own transactions are to complete them: whether they have will be known from these."""
        self.done: dict[int, Job] = {}
        """Jobs that their own transactions have completed, and whose handlers have not ended yet."""
        self.interrupted = False
        """Whether no outcome of a run is wanted any more."""
        self.alarm = alarm
        self.cancelled: dict[int, str | None] = {}
        """Jobs that somebody has cancelled, and the reasons, as far as they are known."""
        self.lost_slots: dict[asyncio.Task[None], Job] = {}
        """Runners that wait for a thread to end, though its job was stopped and has had its end."""
        self._robbed: set[asyncio.Task[None]] = set()
        """Runners that were cancelled, since their job was taken away."""
        self._stopped: dict[asyncio.Task[None], tuple[Job, str]] = {}
        """The runs of jobs that somebody has cancelled, or whose time is up, and which of these it is."""
        self._ended: set[asyncio.Task[Any]] = set()
        """Runners whose handlers have ended, and whose hooks have not: what the job came to stands."""

    def holds(self, job: Job) -> bool:
        """Tells whether this very claim is held: the job may have been taken away and claimed again."""
        return self.jobs.get(job.id) is job

    def is_cut_off(self, job: Job, *, is_done: bool = False) -> bool:
        """Tells whether this run of the job is to end, and its outcome is not wanted any more. What is done by its own
        transaction is held no longer, and may go on.
        """
        if self.interrupted or not (is_done or self.holds(job)):
            return True
        # Copies, made at once: this is asked in threads.
        stopped = [one for one, _ in list(self._stopped.values())]
        return any(one is job for one in (*stopped, *list(self.lost_slots.values())))

    def begin_finish(self, job: Job) -> None:
        """Hears that the handler of a job has begun the transaction that is to complete it."""
        self.finishing[job.id] = job

    def end_finish(self, job: Job, *, is_done: bool) -> None:
        """Hears that such a transaction has ended: with `is_done` it was committed, and there is nothing to hand in."""
        # A thread that outlived its time-out may end such a one while the job runs again.
        if self.finishing.get(job.id) is job:
            del self.finishing[job.id]
        if is_done:
            self.settle([job])
            # Unless it was abandoned: nobody waits for that.
            if any(one is job for one in self.running.values()):
                self.done[job.id] = job

    def add(self, claimed: list[Job]) -> None:
        """Takes in what was claimed. A job that is held already was taken away in between: its run is cancelled."""
        known = len(self.jobs) + len(claimed)
        self.jobs.update((job.id, job) for job in claimed)
        if len(self.jobs) < known:
            self._cut_off()

    def settle(self, jobs: Iterable[Job]) -> None:
        """Lets go of jobs whose outcome the database has taken."""
        held = self.jobs
        for job in jobs:
            if held.get(job.id) is job:
                del held[job.id]

    def forget(self, job_ids: set[int]) -> None:
        """Forgets jobs that somebody took away: they don't start, those that run are cancelled and not handed in."""
        logger.warning("%d jobs were taken from this worker: %s", len(job_ids), some_of(sorted(job_ids)))
        for job_id in job_ids:
            self.jobs.pop(job_id, None)
        self._cut_off()

    def take_outcomes(self) -> Outcomes:
        """Takes what is to be handed in."""
        taken, self.outcomes = self.outcomes, Outcomes()
        return taken

    def put_back(self, taken: Outcomes) -> None:
        """Takes back outcomes that could not be handed in, unless their jobs are held no longer."""
        taken.add(self.outcomes)
        self.outcomes = taken
        taken.keep(self.holds)

    def interrupt(self) -> None:
        """Cancels what runs: the worker stops."""
        self.interrupted = True
        for runner in self.running:
            cancel(runner)

    def stop(self, runner: asyncio.Task[None], job: Job, reason: str) -> bool:
        """Notes why a run is to stop, cancelled or timeout: who looks is told. Returns False for one that does so
        already, for whatever reason.
        """
        if runner in self._stopped or runner in self._robbed or self.interrupted:
            return False
        if runner in self._ended and reason == "timeout":
            return False
        logger.info("job %d (%s) is stopped: %s", job.id, job.task_identifier, reason)
        self._stopped[runner] = job, reason
        return True

    def cut_off(self, runner: asyncio.Task[None], job: Job) -> None:
        """Cancels a run that was to stop, and has not ended yet. Its runner goes on."""
        spared = runner in self._robbed or runner in self._ended or self.interrupted
        if self.running.get(runner) is job and not spared:
            cancel(runner)

    def end_handler(self, runner: asyncio.Task[Any]) -> None:
        """Hears that the handler that a runner runs has ended: a stop that comes now does not cut off its hooks."""
        self._ended.add(runner)

    def why_stopped(self, runner: asyncio.Task[None]) -> str | None:
        """Returns why a run was to stop that has ended: lost (its job was taken away), cancelled, or timeout. None when
        it was not, or since the worker stops. That is forgotten then, and the runner goes on.
        """
        self._ended.discard(runner)
        _, reason = self._stopped.pop(runner, (None, None))
        if runner in self._robbed:
            self._robbed.discard(runner)
            reason = "lost"
        if reason is not None and not self.interrupted:
            spare(runner)
        return reason

    def _cut_off(self) -> None:
        # What a job that was taken away came to must not be handed in for its next claim.
        self.outcomes.keep(self.holds)
        for runner, job in self.running.items():
            # One that is done was not taken away, and may go on.
            is_gone = not self.holds(job) and self.done.get(job.id) is not job
            if is_gone and not self.interrupted and runner not in self._robbed:
                self._robbed.add(runner)
                cancel(runner)
        self.alarm.ring()
