"""The worker: claims jobs, runs them, hands in what became of them."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from psycopg_pool import AsyncConnectionPool

from ._async_client import AsyncClient
from ._buffer import Buffer, ReadAhead
from ._connect import ConnectionSource
from ._errors import GraphileWorkerError, InvalidArgument
from ._exchange import Answer, Exchange, Outcomes
from ._job import Job, JobContext
from ._listen import Listener
from ._runner import run_job
from ._statements import Statements
from ._tasks import TaskRegistry

logger = logging.getLogger("graphile_worker")

INTERRUPTED_RETRY_DELAY = timedelta(seconds=30)
_ABANDON_AFTER = 1.0
"""Seconds that a cancelled handler has to come to an end."""
_REVIEW_INTERVAL = 0.05
"""Seconds between two looks at whether claimed jobs start as expected."""
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


class Worker:
    """Runs the tasks of a registry, `concurrency` jobs at a time.

    `target` is a connection string, or a psycopg pool, of which the worker keeps two connections for itself (one with
    `use_notifications` off). `concurrency` is the number of CPUs by default. Jobs start when a notification arrives,
    and at the latest after `poll_interval`: those that became due, and those whose notification was missed.
    Jobs with any of `forbidden_flags` are left to others. On shutdown, running jobs have `grace_period` to finish.
    `read_ahead`: claim also what will start within this time, at the rate jobs have just been finishing; what does not
    start soon after all goes back. 0 claims only what can start at once.

    >>> worker = Worker("postgresql://localhost/app", tasks, concurrency=10)  # doctest: +SKIP
    >>> await worker.run()  # doctest: +SKIP
    """

    def __init__(
        self,
        target: str | AsyncConnectionPool[Any],
        tasks: TaskRegistry,
        *,
        schema: str = "graphile_worker",
        concurrency: int | None = None,
        poll_interval: timedelta = timedelta(seconds=1),
        use_notifications: bool = True,
        forbidden_flags: Iterable[str] | None = None,
        grace_period: timedelta = timedelta(seconds=5),
        read_ahead: timedelta = timedelta(milliseconds=20),
        max_pool_size: int = 20,
    ) -> None:
        self.concurrency = (os.cpu_count() or 1) if concurrency is None else concurrency
        if self.concurrency < 1:
            raise InvalidArgument(f"bad concurrency {concurrency}", hint="It is 1 or more")
        if poll_interval <= timedelta(0):
            raise InvalidArgument(f"bad poll_interval {poll_interval}", hint="It is more than 0")
        for name, value in (("grace_period", grace_period), ("read_ahead", read_ahead)):
            if value < timedelta(0):
                raise InvalidArgument(f"bad {name} {value}", hint="It is 0 or more")
        if not len(tasks):
            raise InvalidArgument("the registry has no tasks", hint="Register one with @tasks.task")
        self.id = f"graphile_worker_{secrets.token_hex(9)}"
        self._tasks = tasks
        self._poll_interval = poll_interval.total_seconds()
        self._grace_period = grace_period.total_seconds()
        self._client = AsyncClient(target, schema=schema, max_pool_size=max_pool_size)
        source = ConnectionSource(target)
        self._listener = Listener(source, self.id, self._hear) if use_notifications else None
        self._exchange = Exchange(
            source,
            Statements(schema),
            self.id,
            task_identifiers=tasks.identifiers,
            forbidden_flags=list(forbidden_flags) if forbidden_flags else None,
            interrupted_delay=INTERRUPTED_RETRY_DELAY,
            held=lambda: self._held.keys(),
            lost=self._forget,
        )
        self._held: dict[int, Job] = {}
        """Every job that is locked in this worker's name, from its claim until the database has taken its outcome."""
        self._buffer = Buffer()
        self._read_ahead = ReadAhead(read_ahead.total_seconds())
        self._running: dict[asyncio.Task[None], Job] = {}
        self._outcomes = Outcomes()
        self._wake = asyncio.Event()
        self._may_find_more = True
        self._started = False
        self._stopping = False
        self._reviewing = False

    async def __aenter__(self) -> Self:
        """Starts the worker in the background; leaving the block stops it."""
        self._background = asyncio.create_task(self.run())
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        await self._background

    async def run(self, *, handle_signals: bool = False) -> None:
        """Runs jobs until `stop` is called or this task is cancelled; with `handle_signals`, until a signal to stop.

        Raises at once when the database can't be reached or the schema is not installed; once it runs, it outlives
        whatever happens to its connections. The signals are SIGINT, SIGTERM, SIGHUP and SIGUSR2; a second one does
        not wait for running jobs. A worker runs once; make another to run again.
        """
        with _stopped_by_signals(self) if handle_signals else nullcontext():
            await self._work(once=False)

    async def run_once(self, *, handle_signals: bool = False) -> None:
        """Runs every job that is due, those added meanwhile included, until none is left; then returns."""
        with _stopped_by_signals(self) if handle_signals else nullcontext():
            await self._work(once=True)

    def stop(self, *, now: bool = False) -> None:
        """Asks the worker to stop, from the thread of its event loop: nothing more is claimed, what was not started
        is returned, what runs has the grace period (none with `now`). May be called again.
        """
        loop = asyncio.get_running_loop()
        if not self._stopping:
            self._stopping = True
            self._exchange.give_up_at = loop.time() + self._grace_period + _ABANDON_AFTER
            loop.call_later(self._grace_period, self._interrupt)
            self._wake.set()
        if now:
            self._interrupt()

    # What happens around the loop.

    def _hear(self) -> None:
        """There may be more to claim than was seen last time."""
        self._may_find_more = True
        self._wake.set()

    def _forget(self, job_ids: set[int]) -> None:
        """Somebody took these jobs away: they are not started, or what they come to is not handed in."""
        logger.warning("%d jobs were taken from this worker: %s", len(job_ids), sorted(job_ids))
        for job_id in job_ids:
            self._held.pop(job_id, None)

    def _interrupt(self) -> None:
        """The grace period is over: cancels what runs, and soon stops waiting for what won't be cancelled."""
        for runner in self._running:
            runner.cancel()
        asyncio.get_running_loop().call_later(_ABANDON_AFTER, self._abandon)

    def _abandon(self) -> None:
        for job in self._running.values():
            logger.warning("job %d (%s) can't be interrupted; it is returned all the same", job.id, job.task_identifier)
            self._outcomes.interrupted.append(job)
        self._running.clear()
        self._wake.set()

    # The loop.

    async def _work(self, *, once: bool) -> None:
        if self._started:
            raise GraphileWorkerError("this worker has run already", hint="Make another one to run again")
        self._started = True
        # A task of its own, so that a cancellation becomes a stop and never cuts a call to the database in two.
        loop = asyncio.create_task(self._run(once=once), name="graphile_worker")
        try:
            await asyncio.shield(loop)
        except asyncio.CancelledError:
            self.stop()
            while not loop.done():
                try:
                    await asyncio.shield(loop)
                except asyncio.CancelledError:
                    self.stop(now=True)
            raise

    async def _run(self, *, once: bool) -> None:
        await self._exchange.open()
        threads = ThreadPoolExecutor(self.concurrency, thread_name_prefix="graphile_worker")
        runners = [asyncio.create_task(self._runner(threads)) for _ in range(self.concurrency)]
        logger.info("worker %s runs %s, %d at a time", self.id, ", ".join(self._tasks), self.concurrency)
        try:
            if self._listener and not once:
                await self._listener.start()
            await self._dispatch(once=once)
        finally:
            for runner in runners:
                runner.cancel()
            await asyncio.wait(runners, timeout=_ABANDON_AFTER)
            threads.shutdown(wait=False, cancel_futures=True)
            if self._listener:
                await self._listener.stop()
            await self._exchange.close()
            await self._client.close()
            logger.info("worker %s has stopped", self.id)

    async def _dispatch(self, *, once: bool) -> None:
        """Rounds with the database until there is nothing left to do: stopped, or with `once` nothing due."""
        loop = asyncio.get_running_loop()
        poll = loop.call_later(self._poll_interval, self._hear)
        handed_in_at = loop.time()
        while True:
            self._wake.clear()
            if self._stopping:
                self._return_buffered(keep=0)
            outcomes, self._outcomes = self._outcomes, Outcomes()
            # A queue that gets free may have its next job ready.
            if outcomes and (once or any(job.queue_name is not None for job in outcomes.jobs())):
                self._may_find_more = True
            wanted = self._wanted() if self._may_find_more and not self._stopping else 0

            if outcomes or wanted:
                if wanted:
                    # Before the round: a notification that arrives during it counts.
                    self._may_find_more = False
                    poll.cancel()
                    poll = loop.call_later(self._poll_interval, self._hear)
                answer = await self._exchange.round(outcomes, wanted)
                self._take(outcomes, answer)
                if wanted and wanted == len(answer.claimed):
                    self._may_find_more = True
                if outcomes:
                    self._read_ahead.observe(len(outcomes), loop.time() - handed_in_at)
                    handed_in_at = loop.time()
            elif not self._held and (self._stopping or (once and not self._may_find_more)):
                poll.cancel()
                return
            else:
                await self._wake.wait()

    def _wanted(self) -> int:
        """How many jobs to claim now: for the idle runners, and half of the read-ahead once that is used up.

        By halves, so that one half runs while the other is claimed.
        """
        idle = self.concurrency - len(self._running) - len(self._buffer)
        ahead = self._read_ahead.size
        return max(idle, (ahead + 1) // 2 if 2 * (idle + ahead) >= ahead else 0, 0)

    def _return_buffered(self, *, keep: int) -> None:
        self._outcomes.returned.extend(job for job in self._buffer.cut(keep) if self._holds(job))

    def _review(self, started: int) -> None:
        """Jobs take longer than expected: what would not start soon is left to others."""
        self._reviewing = False
        keep = 2 * (self._buffer.started - started)
        if len(self._buffer) > keep:
            self._read_ahead.reset()
            self._return_buffered(keep=keep)
            self._wake.set()
        self._schedule_review()

    def _schedule_review(self) -> None:
        if len(self._buffer) and not self._reviewing:
            self._reviewing = True
            asyncio.get_running_loop().call_later(_REVIEW_INTERVAL, self._review, self._buffer.started)

    def _take(self, outcomes: Outcomes, answer: Answer) -> None:
        for job in outcomes.jobs():
            if self._holds(job):
                del self._held[job.id]
        if answer.gone:
            logger.warning("the outcome of %d jobs was not taken: %s", len(answer.gone), sorted(answer.gone))
        self._held.update((job.id, job) for job in answer.claimed)
        self._buffer.extend(answer.claimed)
        self._schedule_review()

    def _holds(self, job: Job) -> bool:
        # The very claim, not just the job: it may have been taken away and claimed again.
        return self._held.get(job.id) is job

    async def _runner(self, threads: ThreadPoolExecutor) -> None:
        runner = asyncio.current_task()
        assert runner is not None
        while True:
            job = await self._buffer.next()
            if not self._holds(job):
                continue
            self._running[runner] = job
            task = self._tasks[job.task_identifier]
            error: str | None = None
            interrupted = False
            try:
                context = JobContext(job, self.id, self._client) if task.takes_context else None
                error = await run_job(task, job, context, threads)
            except asyncio.CancelledError:
                interrupted = runner.cancelling() > 0
                if not interrupted:
                    error = "CancelledError: the task cancelled itself"
            if self._running.pop(runner, None) is not None and self._holds(job):
                if interrupted:
                    self._outcomes.interrupted.append(job)
                elif error is None:
                    self._outcomes.completed.append(job)
                else:
                    self._outcomes.failed.append((job, error))
            self._wake.set()
            if interrupted:
                return


@contextmanager
def _stopped_by_signals(worker: Worker) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    received = 0

    def stop(number: signal.Signals) -> None:
        nonlocal received
        received += 1
        logger.info("%s received, stopping%s", number.name, "" if received == 1 else " at once")
        worker.stop(now=received > 1)

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
