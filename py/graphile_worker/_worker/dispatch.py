"""One connection's worth of a worker: it claims, buffers, runs and hands in. One per worker, or per local queue."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .._basis.log import logger
from .._basis.own_tasks import must_end, shake_off
from .._basis.printable import some_of
from .._calls.job import Job
from .._hooks import events
from .buffer import Buffer
from .held_jobs import HeldJobs
from .outcomes import Outcomes
from .read_ahead import Supply
from .reconnect import Exchange
from .round import Answer
from .run_job import tell_failures
from .runners import ABANDON_AFTER, Runners
from .shared import Shared
from .work_signal import WorkSignal

_ANSWERS_UNDER_WAY = 3
"""At most so many claims were made before something was heard of their jobs, and are taken in after it."""
_TOLD_OF_ROUNDS = (events.JobFetch, events.JobFail, events.JobPermanentlyFail)


class Lane:
    """Rounds with the database, and what decides about them: who is idle, what is done, what may be found.

    `lane_id` is the id in whose name its jobs are locked; `concurrency` of them run at the same time.
    """

    def __init__(self, shared: Shared, lane_id: str, concurrency: int) -> None:
        self._options = options = shared.options
        self._hooks = shared.hooks
        self._told = shared.told
        self._shutdown = shared.shutdown
        self._held = HeldJobs(lane_id, shared.alarm)
        self._work = WorkSignal()
        self._buffer = Buffer()
        self._runners = Runners(shared, concurrency, self._held, self._buffer, self._work)
        self.exchange = Exchange(shared, self._held)
        """To be opened before the lane runs, and closed afterwards."""
        self._poll_interval = options.poll_interval.total_seconds()
        horizon = options.read_ahead.total_seconds()
        self._supply = Supply(horizon)
        if options.local_queue:
            # Who has no local queue needs nothing of the module.
            from .local_queue import LocalQueueSupply

            self._supply = LocalQueueSupply(
                *(options.local_queue, horizon, lane_id, self._hooks),
                poll_interval=self._poll_interval,
                work=self._work,
            )
        self._reviewing = False
        self._superseded: dict[int, int] = {}
        """Jobs not to be started, should they come: {id: how many answers to look for them in}."""
        self._arrived: tuple[Outcomes, Answer] | None = None
        """The last answer, not taken in yet."""
        self._failure: Exception | None = None
        """Why no claim is possible."""

    @property
    def id(self) -> str:
        """The id by which the lane's jobs are locked."""
        return self._held.worker_id

    @property
    def lost_slots(self) -> int:
        """How many slots wait for a thread that goes on though its job was stopped. From any thread."""
        return len(self._held.lost_slots)

    def job_of(self, task: asyncio.Task[Any]) -> Job | None:
        """Returns the job that a task is running, if it is one of this lane's runners. From any thread."""
        return self._held.running.get(task)

    def running(self) -> list[Job]:
        """Returns the jobs that run."""
        return list(self._held.running.values())

    def hear(self, job_count: int) -> None:
        """Hears that so many jobs may have been added."""
        if self._supply.hear(job_count):
            self._work.ask()

    def rename(self, lane_id: str) -> int:
        """Drops all jobs, as the lane was taken for dead, and goes on under another id. Returns how many jobs."""
        dropped = set(self._held.jobs)
        self._held.worker_id = lane_id
        self.exchange.rename(lane_id)
        self._supply.rename(lane_id)
        self._buffer.cut(0)
        if dropped:
            self._held.forget(dropped)
        self._work.ask()
        return len(dropped)

    def stop(self) -> None:
        """Carries out the shutdown: returns what was not started, and lets what runs go on until `interrupt`."""
        self.exchange.give_up_after(self._options.grace_period.total_seconds() + ABANDON_AFTER)
        self.give_back()
        self._work.wake()

    def interrupt(self) -> None:
        """Cancels what runs, and soon stops waiting for what won't be cancelled."""
        self._held.interrupt()
        asyncio.get_running_loop().call_later(ABANDON_AFTER, self._runners.abandon)

    async def run(self, *, once: bool) -> None:
        """Runs jobs until the shutdown, or with `once` until nothing is due."""
        task = asyncio.current_task()
        assert task is not None
        if self.exchange.flags is not None:
            self.exchange.flags.must_answer = once
        self._runners.start()
        try:
            while True:
                try:
                    return await self._dispatch(once=once)
                except asyncio.CancelledError as error:
                    if must_end(error):
                        raise
                    await shake_off(task)
                    self._work.ask()
                    logger.error("somebody has cancelled lane %s of this worker; it goes on", self.id)
        finally:
            await self._runners.stop()
            await self._supply.close()
            await self._told.settle()

    async def _dispatch(self, *, once: bool) -> None:
        """Makes rounds with the database until there is nothing left to do."""
        loop = asyncio.get_running_loop()
        held, work, shutdown = self._held, self._work, self._shutdown
        poll = loop.call_later(self._poll_interval, work.ask)
        while True:
            work.clear()
            if self._arrived and (shutdown.is_requested or self._is_claimed_again(self._arrived[1])):
                await self._take_in()
            if shutdown.is_requested or not self._runners.slot_count:
                self.give_back()
            outcomes = self._due_outcomes()
            # A queue that gets free may have its next job ready, and so may a limit.
            if outcomes and (once or outcomes.frees_queue or self._supply.waits_for_limit):
                work.may_find_more = True
            wanted = self._wanted() if work.may_find_more and not shutdown.is_requested else 0
            if outcomes or wanted:
                if wanted:
                    # Before the round: a notification that arrives during it counts.
                    work.may_find_more = False
                    poll.cancel()
                    poll = loop.call_later(self._poll_interval, work.ask)
                await self._round(outcomes, wanted)
            elif self._arrived is not None:
                await self._take_in()
            elif not held.jobs and not held.done and (shutdown.is_requested or (once and self._is_at_its_end())):
                poll.cancel()
                if self._failure is not None:
                    raise self._failure
                return
            else:
                await work.wait()

    def _is_at_its_end(self) -> bool:
        """Tells whether nothing is due, or nothing can be done about it: threads that keep all slots may never end."""
        return not self._work.may_find_more or not self._runners.slot_count

    def _is_claimed_again(self, answer: Answer) -> bool:
        """Tells whether a job that was taken away has ended and comes once more: the answer is taken in first, as what
        the job came to must not be handed in for its next claim."""
        return bool(self._held.outcomes) and answer.claims_any_of(self._held.jobs.keys())

    def _due_outcomes(self) -> Outcomes:
        """Takes the outcomes to hand in now; with a batch delay, nothing until the first has waited that long."""
        options = self._options
        if (options.complete_batch_delay or options.fail_batch_delay) and not self._shutdown.is_requested:
            wait = self._held.outcomes.due_in(options)
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self._work.wake)
                return Outcomes()
        return self._held.take_outcomes()

    def _wanted(self) -> int:
        """Returns how many jobs to claim now."""
        if not self._runners.slot_count:
            return 0
        arrived = self._arrived[1].claimed_count if self._arrived else 0
        return self._supply.to_claim(self._runners.idle_count, len(self._buffer) + arrived)

    async def _round(self, outcomes: Outcomes, wanted: int) -> None:
        """Hands in outcomes, and claims as many jobs as are wanted."""
        if ended := len(outcomes.completed) + len(outcomes.failed):
            # How fast jobs run, not how fast rounds come and go: the way to the database may be long.
            self._supply.observe(ended, self._runners.take_elapsed())
        try:
            if wanted:
                await self._supply.fetching(len(self._buffer))
                if self.exchange.flags is not None and not await self.exchange.ask_flags():
                    wanted = 0
            answer = await self.exchange.round(outcomes, wanted, self._supply.idle, self._take_in)
        except asyncio.CancelledError:
            self._held.put_back(outcomes)
            await self.exchange.cut_off()
            raise
        except Exception as error:
            if not wanted or self._shutdown.is_requested:
                raise
            # Perhaps it is the claim that fails, and took back what was handed in with it: the worker ends, but first
            # hands in this, and what still runs.
            self._held.put_back(outcomes)
            self._failure = error
            self._shutdown.request("error")
            return
        self._arrived = outcomes, answer
        # With something to hand in, the database does not wait while its answer is being taken in: that happens during
        # the next round. Unless there are hooks to be told, for which it should not wait, either.
        if not self._held.outcomes.completed or any(map(self._hooks.wants, _TOLD_OF_ROUNDS)):
            await self._take_in()
        if wanted:
            self._work.claimed(wanted == answer.claimed_count, again_in=answer.again_in)
            self._supply.heed(waits_for_limit=answer.waits_for_limit, waits_for_slot=answer.waits_for_slot)
            await self._supply.fetched(answer.claimed_count)

    async def _take_in(self) -> None:
        """Takes in the last answer: what it claimed can start."""
        if self._arrived is None:
            return
        (outcomes, answer), self._arrived = self._arrived, None
        self._held.settle(outcomes.jobs())
        if answer.gone:
            logger.warning("the outcome of %d jobs was not taken: %s", len(answer.gone), some_of(sorted(answer.gone)))
            self._held.alarm.ring()
        # What was claimed under an id that was taken for dead, the exchange returns.
        claimed = answer.claimed() if answer.worker_id == self.id else []
        if claimed:
            self._held.add(claimed)
            if not self._held.running and not len(self._buffer):
                self._runners.worked_from = self._runners.worked_until = time.monotonic()
            self._buffer.extend(claimed)
            if self._superseded:
                self._drop_superseded()
                self._superseded = {id_: left - 1 for id_, left in self._superseded.items() if left > 1}
            if self._shutdown.is_requested:
                self.give_back()
            self._schedule_review()
        answer.end_claim(claimed)
        await tell_failures(self._hooks, self.id, outcomes.failed, answer)
        if answer.has_claim and self._hooks.wants(events.JobFetch):
            await self._hooks.emit(events.JobFetch(worker_id=self.id, jobs=claimed))

    # Jobs that were claimed and do not start.

    def supersede(self, job_ids: list[int]) -> None:
        """Drops jobs that lost their key to others, or were removed, unless they have started already."""
        # The claim of these jobs may not have been heard of yet.
        self._superseded.update((job_id, _ANSWERS_UNDER_WAY) for job_id in job_ids)
        self._drop_superseded()

    def cancel(self, job_ids: list[int], reason: str | None = None) -> None:
        """Stops jobs that somebody has cancelled, and does not start those that wait: they go back, and have failed."""
        jobs, coming, known = self._held.jobs, self._superseded, self._held.cancelled
        known = {id_: why for id_, why in known.items() if id_ in jobs or id_ in coming}
        self._held.cancelled = known | dict.fromkeys(job_ids, reason)
        self.supersede(job_ids)
        self._runners.cancel(job_ids)

    def _drop_superseded(self) -> None:
        dropped = [job for job in self._buffer.remove(self._superseded) if self._held.holds(job)]
        self._held.outcomes.returned.extend(dropped)
        held = self._held.jobs
        self._superseded = {id_: left for id_, left in self._superseded.items() if id_ not in held}
        for job in dropped:
            if job.id in self._held.cancelled:
                reason = self._held.cancelled.pop(job.id)
                self._told.emit(events.JobCancel, worker_id=self.id, job=job, reason=reason, was_started=False)
        if dropped:
            self._work.ask()

    def give_back(self, *, keep: int = 0) -> None:
        """Returns what has not started, but for the first `keep`: claimed again, unless something happened to it."""
        returned = [job for job in self._buffer.cut(keep) if self._held.holds(job)]
        if returned:
            self._held.outcomes.returned.extend(returned)
            # The jobs will be there to be claimed, by a runner that is idle.
            self._work.ask()
            self._supply.returned(len(returned))

    def _schedule_review(self) -> None:
        if len(self._buffer) and not self._reviewing:
            self._reviewing = True
            asyncio.get_running_loop().call_later(self._supply.review_interval, self._review, self._buffer.started)

    def _review(self, started: int) -> None:
        self._reviewing = False
        self.give_back(keep=self._supply.review(self._buffer.started - started, len(self._buffer)))
        self._schedule_review()
