"""One connection's worth of a worker: it claims, buffers, runs and hands in. One per worker, or per local queue."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .._basis.log import logger
from .._basis.own_tasks import must_end, shake_off
from .._basis.printable import some_of
from .._calls.job import Job
from .._client.async_client import AsyncClient
from .._hooks import events
from .._hooks.hooks import Hooks
from .._tasks.executors import Places
from .._tasks.registry import TaskRegistry
from .buffer import Buffer
from .held_jobs import HeldJobs
from .local_queue import LocalQueueSupply
from .options import WorkerOptions
from .outcomes import Outcomes
from .policies import Policies
from .read_ahead import Supply
from .reconnect import Exchange
from .round import Answer
from .run_job import tell_failures
from .runners import ABANDON_AFTER, Runners
from .shutdown import Shutdown
from .work_signal import WorkSignal

_ANSWERS_UNDER_WAY = 3
"""At most so many claims were made before something was heard of their jobs, and are taken in after it."""
_TOLD_OF_ROUNDS = (events.JobFetch, events.JobFail, events.JobPermanentlyFail)


class Lane:
    """Rounds with the database, and what decides about them: who is idle, what is done, what may be found.

    `held` are its jobs, and the id in whose name they are locked; `concurrency` of them run at the same time.
    """

    def __init__(
        self,
        held: HeldJobs,
        exchange: Exchange,
        concurrency: int,
        *,
        tasks: TaskRegistry,
        policies: Policies,
        options: WorkerOptions,
        hooks: Hooks,
        client: AsyncClient,
        shutdown: Shutdown,
    ) -> None:
        self._held = held
        self._exchange = exchange
        self._options = options
        self._hooks = hooks
        self._shutdown = shutdown
        self._work = WorkSignal()
        self._buffer = Buffer()
        self._outcomes = Outcomes()
        self._runners = Runners(
            concurrency,
            held,
            self._buffer,
            self._outcomes,
            self._work,
            tasks=tasks,
            policies=policies,
            hooks=hooks,
            client=client,
            state=options.state,
            shutdown=shutdown,
        )
        horizon = options.read_ahead.total_seconds()
        self._supply = Supply(horizon)
        if options.local_queue:
            poll_interval = options.poll_interval.total_seconds()
            self._supply = LocalQueueSupply(
                options.local_queue, horizon, held.worker_id, hooks, poll_interval=poll_interval, work=self._work
            )
        self._is_delayed = bool(options.complete_batch_delay or options.fail_batch_delay)
        self._reviewing = False
        self._superseded: dict[int, int] = {}
        """Jobs not to be started, should they come: {id: how many answers to look for them in}."""
        self._arrived: tuple[Outcomes, Answer] | None = None
        """The last answer, not taken in yet."""

    @property
    def id(self) -> str:
        """The id by which the lane's jobs are locked."""
        return self._held.worker_id

    def job_of(self, task: asyncio.Task[Any]) -> Job | None:
        """Returns the job that a task is running, if it is one of this lane's runners. From any thread."""
        return self._held.running.get(task)

    async def open(self) -> None:
        """Connects; raises when that fails."""
        await self._exchange.open()

    async def close(self) -> None:
        """Closes the connection; may be called twice, or without `open`."""
        await self._exchange.close()

    def hear(self, job_count: int) -> None:
        """Hears that so many jobs may have been added."""
        if self._supply.hear(job_count):
            self._work.ask()

    def rename(self, lane_id: str) -> int:
        """Drops all jobs, as the lane was taken for dead, and goes on under another id. Returns how many jobs."""
        dropped = set(self._held.ids())
        self._held.worker_id = lane_id
        self._exchange.rename(lane_id)
        self._supply.rename(lane_id)
        self._buffer.cut(0)
        if dropped:
            self._held.forget(dropped)
        self._work.ask()
        return len(dropped)

    def stop(self) -> None:
        """Carries out the shutdown: returns what was not started, and lets what runs go on until `interrupt`."""
        grace = self._options.grace_period.total_seconds()
        self._exchange.give_up_after(grace + ABANDON_AFTER)
        self._return_buffered(keep=0)
        self._work.wake()

    def interrupt(self) -> None:
        """Cancels what runs, and soon stops waiting for what won't be cancelled."""
        self._held.interrupt()
        asyncio.get_running_loop().call_later(ABANDON_AFTER, self._runners.abandon)

    async def run(self, places: Places, *, once: bool) -> None:
        """Runs jobs until the shutdown, or with `once` until nothing is due."""
        self._runners.start(places)
        try:
            while not await self._dispatch_until_cut_off(once=once):
                logger.error("somebody has cancelled lane %s of this worker; it goes on", self.id)
        finally:
            await self._runners.stop()
            await self._supply.close()

    async def _dispatch_until_cut_off(self, *, once: bool) -> bool:
        """Tells whether the lane has come to its end; not when somebody cancelled it, and nobody should."""
        task = asyncio.current_task()
        assert task is not None
        try:
            await self._dispatch(once=once)
        except asyncio.CancelledError as error:
            if must_end(error):
                raise
            await shake_off(task)
            self._work.ask()
            return False
        return True

    async def _dispatch(self, *, once: bool) -> None:
        """Makes rounds with the database until there is nothing left to do."""
        loop = asyncio.get_running_loop()
        work, shutdown, runners = self._work, self._shutdown, self._runners
        poll_interval = self._options.poll_interval.total_seconds()
        poll = loop.call_later(poll_interval, work.ask)
        while True:
            work.clear()
            self._drop_lost()
            # What a job that was taken away came to must not be handed in for its next claim.
            if shutdown.is_requested or (
                self._arrived and self._outcomes and self._arrived[1].claims_any_of(self._held.jobs.keys())
            ):
                await self._take_in()
            if shutdown.is_requested:
                self._return_buffered(keep=0)
            outcomes = self._take_outcomes(loop)
            # A queue that gets free may have its next job ready.
            if outcomes and (once or outcomes.frees_queue):
                work.may_find_more = True
            wanted = 0
            if work.may_find_more and not shutdown.is_requested:
                arrived = self._arrived[1].claimed_count if self._arrived else 0
                wanted = self._supply.wanted(runners.idle_count, len(self._buffer) + arrived)

            if ended := len(outcomes.completed) + len(outcomes.failed):
                # How fast jobs run, not how fast rounds come and go: the way to the database may be long.
                self._supply.observe(ended, runners.worked_until - runners.worked_from)
                runners.worked_from = runners.worked_until
            if outcomes or wanted:
                if wanted:
                    # Before the round: a notification that arrives during it counts.
                    work.may_find_more = False
                    poll.cancel()
                    poll = loop.call_later(poll_interval, work.ask)
                try:
                    if wanted:
                        await self._supply.fetching(len(self._buffer))
                    answer = await self._exchange.round(outcomes, wanted, self._take_in)
                except asyncio.CancelledError:
                    # The outcomes are still to be handed in.
                    self._outcomes.put_back(outcomes)
                    await self._exchange.cut_off()
                    raise
                self._arrived = outcomes, answer
                # With something to hand in, the database does not wait while its answer is being taken in: that happens
                # during the next round. Unless there are hooks to be told, for which it should not wait, either.
                if not self._outcomes.completed or any(map(self._hooks.wants, _TOLD_OF_ROUNDS)):
                    await self._take_in()
                if wanted:
                    work.may_find_more = work.may_find_more or wanted == answer.claimed_count
                    await self._supply.fetched(answer.claimed_count)
            elif self._arrived is not None:
                await self._take_in()
            elif not len(self._held) and (shutdown.is_requested or (once and not work.may_find_more)):
                poll.cancel()
                return
            else:
                await work.wait()

    def _take_outcomes(self, loop: asyncio.AbstractEventLoop) -> Outcomes:
        """Takes the outcomes to hand in now; with a batch delay, nothing until the first has waited that long."""
        self._drop_lost()
        wait = 0.0 if self._shutdown.is_requested or not self._is_delayed else self._outcomes.due_in(self._options)
        if wait > 0:
            loop.call_later(wait, self._work.wake)
            return Outcomes()
        return self._outcomes.take()

    def _drop_lost(self) -> None:
        """Leaves out what became of jobs that were taken away."""
        if self._held.lost_some:
            self._held.lost_some = False
            self._outcomes.keep(self._held.holds)

    async def _take_in(self) -> None:
        """Takes in the last answer: what it claimed can start."""
        if self._arrived is None:
            return
        (outcomes, answer), self._arrived = self._arrived, None
        self._held.settle(outcomes.jobs())
        if answer.gone:
            logger.warning("the outcome of %d jobs was not taken: %s", len(answer.gone), some_of(sorted(answer.gone)))
            self._held.suspect()
        claimed = answer.claimed()
        if answer.worker_id != self.id:
            # Claimed under an id that was taken for dead: the exchange returns these jobs.
            claimed = []
        if claimed:
            self._held.add(claimed)
            if not self._held.running and not len(self._buffer):
                self._runners.worked_from = self._runners.worked_until = time.monotonic()
            self._buffer.extend(claimed)
            if self._superseded:
                self._drop_superseded()
            if self._shutdown.is_requested:
                self._return_buffered(keep=0)
            self._schedule_review()
        await tell_failures(self._hooks, self.id, outcomes.failed, answer)
        if answer.has_claim and self._hooks.wants(events.JobFetch):
            await self._hooks.emit(events.JobFetch(worker_id=self.id, jobs=claimed))

    # Jobs that were claimed and do not start.

    def supersede(self, job_ids: list[int]) -> None:
        """Drops jobs that lost their key to others, or were removed, unless they have started already."""
        # The claim of these jobs may not have been heard of yet.
        self._superseded.update((job_id, _ANSWERS_UNDER_WAY) for job_id in job_ids)
        self._drop_superseded()

    def cancel(self, job_ids: list[int]) -> None:
        """Stops jobs that somebody has cancelled, and does not start those that wait: they go back, and have failed."""
        self.supersede(job_ids)
        self._runners.cancel(job_ids)

    def _drop_superseded(self) -> None:
        dropped = [job for job in self._buffer.remove(self._superseded) if self._held.holds(job)]
        self._outcomes.returned.extend(dropped)
        self._superseded = {
            job_id: answers - 1
            for job_id, answers in self._superseded.items()
            if answers > 1 and job_id not in self._held.jobs
        }
        if dropped:
            self._work.ask()

    def give_back(self) -> None:
        """Returns what has not started: it is claimed again, unless something happened to it."""
        self._return_buffered(keep=0)

    def _return_buffered(self, *, keep: int) -> None:
        returned: list[Job] = [job for job in self._buffer.cut(keep) if self._held.holds(job)]
        if returned:
            self._outcomes.returned.extend(returned)
            # The jobs will be there to be claimed, by a runner that is idle.
            self._work.ask()
            self._supply.returned(len(returned))

    def _schedule_review(self) -> None:
        if len(self._buffer) and not self._reviewing:
            self._reviewing = True
            asyncio.get_running_loop().call_later(self._supply.review_interval, self._review, self._buffer.started)

    def _review(self, started: int) -> None:
        self._reviewing = False
        self._return_buffered(keep=self._supply.review(self._buffer.started - started, len(self._buffer)))
        self._schedule_review()
