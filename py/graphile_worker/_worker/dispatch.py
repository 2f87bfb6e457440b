"""One connection's worth of a worker: it claims, buffers, runs and hands in. One per worker, or per local queue."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from .._calls.job import Job, JobContext
from .._hooks import events
from .._hooks.hooks import Hooks
from .._tasks.executors import Places
from .._tasks.registry import TaskRegistry
from .buffer import Buffer
from .local_queue import LocalQueueSupply
from .options import WorkerOptions
from .read_ahead import Supply
from .reconnect import Answer, Exchange, Failure, Outcomes
from .run_job import run_job, tell_failures

logger = logging.getLogger("graphile_worker")

ABANDON_AFTER = 1.0
"""Seconds that a cancelled handler has to come to an end."""


_TOLD_OF_ROUNDS = (events.JobFetch, events.JobFail, events.JobPermanentlyFail)


class Lane:
    """`id` is what its jobs are locked by; `concurrency` of them run at the same time."""

    def __init__(
        self,
        lane_id: str,
        concurrency: int,
        *,
        tasks: TaskRegistry,
        options: WorkerOptions,
        hooks: Hooks,
        exchange: Callable[[Lane], Exchange],
        context: Callable[[Job, Lane], JobContext],
        suspect: Callable[[], None] = lambda: None,
    ) -> None:
        """`suspect` is called when jobs turn out to be gone: this worker may have been taken for dead."""
        self.id = lane_id
        self.concurrency = concurrency
        self.held: dict[int, Job] = {}
        """Every job that is locked in this lane's name, from its claim until the database has taken its outcome."""
        self._tasks = tasks
        self._options = options
        self._hooks = hooks
        self._context = context
        self._suspect = suspect
        self._exchange = exchange(self)
        self._buffer = Buffer()
        horizon = options.read_ahead.total_seconds()
        self._supply = Supply(horizon)
        if options.local_queue:
            poll_interval = options.poll_interval.total_seconds()
            self._supply = LocalQueueSupply(
                options.local_queue, horizon, lane_id, hooks, poll_interval=poll_interval, ask=self._ask
            )
        self._running: dict[asyncio.Task[None], Job] = {}
        self._robbed: set[asyncio.Task[None]] = set()
        """Cancelled, since their job was taken away."""
        self._outcomes = Outcomes()
        self._wake = asyncio.Event()
        self._worked_from = self._worked_until = 0.0
        """Between these jobs have been running since the last outcomes were taken; instants of time.monotonic()."""
        self._may_find_more = True
        self._stopping = False
        self._interrupted = False
        self._reviewing = False
        self._arrived: tuple[Outcomes, Answer] | None = None
        """The last answer, not taken in yet."""

    async def open(self) -> None:
        """Connects; raises when that fails."""
        await self._exchange.open()

    async def close(self) -> None:
        """Closes the connection; may be called twice, or without `open`."""
        await self._exchange.close()

    def hear(self, job_count: int) -> None:
        """So many jobs may have been added."""
        if self._supply.hear(job_count):
            self._ask()

    def forget(self, job_ids: set[int]) -> None:
        """Somebody took these jobs away: they are not started, those that run are cancelled and not handed in."""
        logger.warning("%d jobs were taken from this worker: %s", len(job_ids), sorted(job_ids))
        for job_id in job_ids:
            self.held.pop(job_id, None)
        self._cut_off()

    def _cut_off(self) -> None:
        self._outcomes.keep(self._holds)
        for runner, job in self._running.items():
            if not self._holds(job) and not runner.cancelling():
                self._robbed.add(runner)
                runner.cancel()
        self._suspect()

    def rename(self, lane_id: str) -> int:
        """It was taken for dead: drops all that it holds, and goes on under another id. Returns how many jobs."""
        dropped = set(self.held)
        self.id = lane_id
        self._exchange.rename(lane_id)
        self._supply.rename(lane_id)
        self._buffer.cut(0)
        if dropped:
            self.forget(dropped)
        self._ask()
        return len(dropped)

    def stop(self) -> None:
        """Claims nothing more, returns what was not started, and lets what runs go on until `interrupt`."""
        self._stopping = True
        grace = self._options.grace_period.total_seconds()
        self._exchange.give_up_after(grace + ABANDON_AFTER)
        self._return_buffered(keep=0)
        self._wake.set()

    def is_cut_off(self, job: Job) -> bool:
        """Whether what this run of the job comes to will not be handed in any more."""
        return self._interrupted or not self._holds(job)

    def interrupt(self) -> None:
        """Cancels what runs, and soon stops waiting for what won't be cancelled."""
        self._interrupted = True
        for runner in self._running:
            runner.cancel()
        asyncio.get_running_loop().call_later(ABANDON_AFTER, self._abandon)

    def _abandon(self) -> None:
        for job in self._running.values():
            if self._holds(job):
                logger.warning(
                    "job %d (%s) can't be interrupted; it is returned all the same", job.id, job.task_identifier
                )
                self._outcomes.interrupted.append(job)
        self._running.clear()
        self._wake.set()

    async def run(self, places: Places, *, once: bool) -> None:
        """Runs jobs until stopped, or with `once` until nothing is due."""
        runners = [asyncio.create_task(self._runner(places)) for _ in range(self.concurrency)]
        try:
            await self._dispatch(once=once)
        finally:
            for runner in runners:
                runner.cancel()
            await asyncio.wait(runners, timeout=ABANDON_AFTER)
            await self._supply.close()

    async def _dispatch(self, *, once: bool) -> None:
        """Rounds with the database until there is nothing left to do."""
        loop = asyncio.get_running_loop()
        poll_interval = self._options.poll_interval.total_seconds()
        poll = loop.call_later(poll_interval, self._ask)
        while True:
            self._wake.clear()
            # What a job that was taken away came to must not be handed in for its next claim.
            if self._stopping or (self._arrived and self._arrived[1].claims_any_of(self._outcomes.jobs())):
                await self._take_in()
            if self._stopping:
                self._return_buffered(keep=0)
            outcomes = self._take_outcomes(loop)
            # A queue that gets free may have its next job ready.
            if outcomes and (once or any(job.queue_name is not None for job in outcomes.jobs())):
                self._may_find_more = True
            wanted = 0
            if self._may_find_more and not self._stopping:
                arrived = self._arrived[1].claimed_count if self._arrived else 0
                wanted = self._supply.wanted(self.concurrency - len(self._running), len(self._buffer) + arrived)

            if ended := len(outcomes.completed) + len(outcomes.failed):
                # How fast jobs run, not how fast rounds come and go: the way to the database may be long.
                self._supply.observe(ended, self._worked_until - self._worked_from)
                self._worked_from = self._worked_until
            if outcomes or wanted:
                if wanted:
                    # Before the round: a notification that arrives during it counts.
                    self._may_find_more = False
                    poll.cancel()
                    poll = loop.call_later(poll_interval, self._ask)
                    await self._supply.fetching(len(self._buffer))
                answer = await self._exchange.round(outcomes, wanted, self._take_in)
                self._arrived = outcomes, answer
                # With something to hand in, the database does not wait while its answer is being taken in: that happens
                # during the next round. Unless there are hooks to be told, for which it should not wait, either.
                if not self._outcomes.completed or any(map(self._hooks.wants, _TOLD_OF_ROUNDS)):
                    await self._take_in()
                if wanted:
                    self._may_find_more = self._may_find_more or wanted == answer.claimed_count
                    await self._supply.fetched(answer.claimed_count)
            elif self._arrived is not None:
                await self._take_in()
            elif not self.held and (self._stopping or (once and not self._may_find_more)):
                poll.cancel()
                return
            else:
                await self._wake.wait()

    def _ask(self) -> None:
        """There may be more to claim than was seen last time."""
        self._may_find_more = True
        self._wake.set()

    def _take_outcomes(self, loop: asyncio.AbstractEventLoop) -> Outcomes:
        """What is to be handed in now; with a batch delay, nothing until the first of it has waited that long."""
        pending = self._outcomes
        wait = 0.0 if self._stopping else pending.due_in(self._options)
        if wait > 0:
            loop.call_later(wait, self._wake.set)
            return Outcomes()
        self._outcomes = Outcomes()
        return pending

    async def _take_in(self) -> None:
        """Takes in the last answer: what it claimed can start."""
        if self._arrived is None:
            return
        (outcomes, answer), self._arrived = self._arrived, None
        for job in outcomes.jobs():
            if self._holds(job):
                del self.held[job.id]
        if answer.gone:
            logger.warning("the outcome of %d jobs was not taken: %s", len(answer.gone), sorted(answer.gone))
            self._suspect()
        claimed = answer.claimed()
        if answer.worker_id != self.id:
            # Claimed by who was taken for dead: the exchange returns them.
            claimed = []
        if claimed:
            known = len(self.held) + len(claimed)
            self.held.update((job.id, job) for job in claimed)
            if len(self.held) < known:
                # Claimed by us, while we had it: in between, somebody took it away.
                self._cut_off()
            if not self._running and not len(self._buffer):
                self._worked_from = self._worked_until = time.monotonic()
            self._buffer.extend(claimed)
            if self._stopping:
                self._return_buffered(keep=0)
            self._schedule_review()
        await tell_failures(self._hooks, self.id, outcomes.failed, answer)
        if answer.has_claim and self._hooks.wants(events.JobFetch):
            await self._hooks.emit(events.JobFetch(worker_id=self.id, jobs=claimed))

    # What was claimed and does not start.

    def _return_buffered(self, *, keep: int) -> None:
        returned = [job for job in self._buffer.cut(keep) if self._holds(job)]
        if returned:
            self._outcomes.returned.extend(returned)
            # They will be there to be claimed, by a runner that is idle.
            self._ask()
            self._supply.returned(len(returned))

    def _schedule_review(self) -> None:
        if len(self._buffer) and not self._reviewing:
            self._reviewing = True
            asyncio.get_running_loop().call_later(self._supply.review_interval, self._review, self._buffer.started)

    def _review(self, started: int) -> None:
        self._reviewing = False
        self._return_buffered(keep=self._supply.review(self._buffer.started - started, len(self._buffer)))
        self._schedule_review()

    def _holds(self, job: Job) -> bool:
        # The very claim, not just the job: it may have been taken away and claimed again.
        return self.held.get(job.id) is job

    # Running jobs.

    async def _runner(self, places: Places) -> None:
        runner = asyncio.current_task()
        assert runner is not None
        while True:
            job = await self._buffer.next()
            if not self._holds(job):
                continue
            self._running[runner] = job
            result: Failure | None = None
            interrupted = False
            task = self._tasks[job.task_identifier]
            try:
                context = self._context(job, self) if task.takes_context else None
                result = await run_job(task, job, context, places, self._hooks, self.id)
            except asyncio.CancelledError:
                interrupted = runner.cancelling() > 0
                if not interrupted:
                    result = Failure(job, "CancelledError: the task cancelled itself", time.monotonic())
            self._worked_until = time.monotonic()
            if self._running.pop(runner, None) is not None and self._holds(job):
                if interrupted:
                    self._outcomes.interrupted.append(job)
                elif result is None:
                    self._outcomes.complete(job)
                else:
                    self._outcomes.failed.append(result)
            self._wake.set()
            lost = runner in self._robbed
            if interrupted:
                reason = "lost" if lost else "shutdown"
                await self._hooks.emit(events.JobInterrupted(worker_id=self.id, job=job, reason=reason))
            if lost:
                self._robbed.discard(runner)
                runner.uncancel()
            if interrupted and (not lost or runner.cancelling()):
                return
