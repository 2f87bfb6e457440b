"""Takes claimed jobs from the buffer and runs them, so many at a time."""

from __future__ import annotations

import asyncio
import time
from contextvars import copy_context

from .._basis.error_text import summary_of
from .._basis.log import logger
from .._basis.own_tasks import begin, cancel, shake_off
from .._calls.job import Job
from .._hooks import events
from .._tasks.context import JobContext
from .._tasks.own_context import has_changed, in_own_context
from .buffer import Buffer
from .held_jobs import HeldJobs
from .outcomes import Failure, Snoozed
from .run_job import run_job, timed_out
from .shared import Shared
from .work_signal import WorkSignal

ABANDON_AFTER = 1.0
"""Seconds that a cancelled handler has to come to an end."""


class Runners:
    """No task per job: each of `concurrency` runners takes one after the other from the buffer, and puts what came of
    it into the outcomes of the jobs held.
    """

    def __init__(
        self,
        shared: Shared,
        concurrency: int,
        held: HeldJobs,
        buffer: Buffer,
        work: WorkSignal,
    ) -> None:
        self.worked_from = self.worked_until = 0.0
        """Between these jobs have been running since somebody last looked; instants of time.monotonic()."""
        self._shared = shared
        self._concurrency = concurrency
        self._held = held
        self._buffer = buffer
        self._work = work
        self._told = shared.told
        self._runners: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        if shared.slots is not None:
            shared.slots.share(buffer, held, work)
        self._grace = shared.options.grace_period.total_seconds()

    @property
    def slot_count(self) -> int:
        """How many jobs can run at the same time: threads that go on when their job was stopped take slots away."""
        return self._concurrency - len(self._held.lost_slots)

    @property
    def idle_count(self) -> int:
        return self.slot_count - len(self._held.running)

    def take_elapsed(self) -> float:
        """Returns the seconds that jobs have been running since this was last asked."""
        elapsed = self.worked_until - self.worked_from
        self.worked_from = self.worked_until
        return elapsed

    def start(self) -> None:
        for _ in range(self._concurrency):
            self._start_one()

    async def stop(self) -> None:
        """Cancels what still runs, and waits a little for it; what goes on all the same nobody waits for any more."""
        self._is_stopping = True
        self._shared.shutdown.left_running += len(self._held.lost_slots)
        for runner in self._runners:
            cancel(runner)
        if self._runners:
            await asyncio.wait(set(self._runners), timeout=ABANDON_AFTER)
        if self._runners:
            logger.warning("handlers that can't be interrupted, and nobody waits for any more: %d", len(self._runners))
        self._shared.shutdown.left_running += len(self._runners)
        for runner in self._runners:
            # Else `asyncio.run` would wait for the runner, at the end of the program, for ever.
            asyncio._unregister_task(runner)  # noqa: SLF001  # Public: "Extending" in the manual of asyncio.

    def cancel(self, job_ids: list[int]) -> None:
        """Stops what runs of these jobs."""
        for runner, job in self._held.running.items():
            if job.id in job_ids and self._held.holds(job):
                self._stop_run(runner, job, "cancelled")

    def _stop_run(self, runner: asyncio.Task[None], job: Job, reason: str) -> None:
        """Stops a run: at once, but one in a thread, which can't be interrupted, is told, and has the grace period."""
        if not self._held.stop(runner, job, reason):
            return
        if self._shared.places.is_in_thread(runner):
            runner.get_loop().call_later(self._grace, self._held.cut_off, runner, job)
        else:
            self._held.cut_off(runner, job)

    def _start_one(self) -> None:
        runner = begin(self._run(), "graphile_worker runner")
        self._runners.add(runner)
        runner.add_done_callback(self._replace)

    def _replace(self, runner: asyncio.Task[None]) -> None:
        """Replaces a runner that died, of whatever, by another; its job has failed."""
        self._runners.discard(runner)
        self._held.why_stopped(runner)
        self._held.lost_slots.pop(runner, None)
        error = None if runner.cancelled() else runner.exception()
        if self._is_stopping:
            return
        reason = summary_of(error) if error else "somebody has cancelled it"
        if not self._shared.shutdown.is_near:
            logger.error("a runner of this worker has died, another takes its place: %s", reason)
        job = self._held.running.pop(runner, None)
        if job is not None:
            self._held.done.pop(job.id, None)
        if job is not None and self._held.holds(job):
            self._held.outcomes.failed.append(Failure(job, f"its runner has died: {reason}", time.monotonic()))
        self._start_one()
        self._work.wake()

    def abandon(self) -> None:
        """Waits no longer for handlers that won't be cancelled: their jobs go back."""
        for job in self._held.running.values():
            if self._held.holds(job):
                logger.warning(
                    "job %d (%s) can't be interrupted; it is returned all the same", job.id, job.task_identifier
                )
                self._held.outcomes.interrupted.append(job)
        self._held.running.clear()
        self._held.done.clear()
        self._work.wake()

    async def _run(self) -> None:
        held, shared = self._held, self._shared
        # What follows is done for every job.
        jobs, running, wake = held.jobs, held.running, self._work.wake
        tasks = {name: shared.tasks[name] for name in shared.tasks}
        places, hooks, shutdown, policies = shared.places, shared.hooks, shared.shutdown, shared.policies
        decide, why_stopped, left_threads = policies.decide, held.why_stopped, places.left
        slots = shared.slots
        runner = asyncio.current_task()
        assert runner is not None
        clean, is_clean = copy_context(), True
        while True:
            job = await self._buffer.next()
            if jobs.get(job.id) is not job:
                continue
            running[runner] = job
            result: Failure | Snoozed | None = None
            interrupted = False
            task = tasks[job.task_identifier]
            limit = policies.timeouts.get(job.task_identifier)
            timer = limit and runner.get_loop().call_later(
                limit.total_seconds(), self._stop_run, runner, job, "timeout"
            )
            context: JobContext | None = None
            try:
                if task.takes_context:
                    context = JobContext(job, held.worker_id, shared.client, shared.options.state, holder=held)
                run = run_job(task, job, context, places, hooks, held.worker_id, runner, shutdown, decide, held)
                result = await (run if is_clean else in_own_context(run, clean))
            except asyncio.CancelledError:
                interrupted = True
            finally:
                # Whatever a runner dies of, its job's time is none of the next one's business.
                if timer:
                    timer.cancel()
            is_clean = is_clean and not has_changed(clean)
            self.worked_until = time.monotonic()
            thread = left_threads.pop(runner, None) if left_threads else None
            if thread is not None and not held.interrupted:
                # Before its stop is forgotten: the thread is to be told until it ends.
                held.lost_slots[runner] = job
            reason = why_stopped(runner)
            is_done = context is not None and context.is_done
            if limit and reason == "timeout" and not is_done:
                interrupted, result = False, timed_out(job, limit, result, was_cut_off=interrupted)
            elif reason == "cancelled":
                # However it has ended: it failed as one that is cancelled.
                interrupted = interrupted or result is not None
            if running.pop(runner, None) is not None and jobs.get(job.id) is job:
                if interrupted:
                    held.outcomes.interrupted.append(job)
                elif result is None:
                    held.outcomes.complete(job)
                elif isinstance(result, Failure):
                    held.outcomes.failed.append(result)
                else:
                    held.outcomes.snoozed.append(result)
            if slots is not None:
                slots.free(job.task_identifier)
            if is_done:
                # Nothing is handed in, and yet its queue is free, and what it has added may be due.
                held.done.pop(job.id, None)
                held.cancelled.pop(job.id, None)
                self._work.ask()
            wake()
            if interrupted or reason or runner.cancelling():
                # The job may have come to an end just as it was cancelled.
                await shake_off(runner)
                if interrupted and not is_done:
                    # Not here: a worker that has nothing left to do does not wait for its runners.
                    self._tell_cut_off(job, reason)
            if thread is not None and not held.interrupted:
                # Who has no handlers in threads that won't end needs nothing of the module.
                from .lost_slots import outlast

                await outlast(held, self._work, runner, job, thread)
                if slots is not None:
                    slots.free(job.task_identifier)

    def _tell_cut_off(self, job: Job, reason: str | None) -> None:
        worker_id = self._held.worker_id
        if reason == "cancelled":
            why = self._held.cancelled.pop(job.id, None)
            self._told.emit(events.JobCancel, worker_id=worker_id, job=job, reason=why, was_started=True)
        else:
            self._told.emit(events.JobInterrupted, worker_id=worker_id, job=job, reason=reason or "shutdown")
