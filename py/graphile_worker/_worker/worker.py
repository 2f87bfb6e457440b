"""The worker: wiring and lifecycle of what claims, listens and runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import nullcontext
from types import TracebackType
from typing import Any, Protocol, Self

from psycopg_pool import AsyncConnectionPool

from .._basis.errors import GraphileWorkerError, InvalidArgument
from .._calls.job import Job, JobContext
from .._calls.statements import Statements
from .._client.async_client import AsyncClient
from .._crontab.crontab import Crontab, CrontabSource
from .._hooks import events
from .._hooks.hooks import Hooks, Plugin
from .._recovery.heartbeat import new_worker_id
from .._recovery.lifeline import Lifeline
from .._tasks.executors import Places
from .._tasks.registry import TaskRegistry, current_client
from .._wire.connections import ConnectionFactory, ConnectionSource, pool_of
from .cron_scheduler import CronScheduler, DueTick, ScheduledJob
from .dispatch import Lane
from .expired_locks import Housekeeper
from .listener import Listener
from .migration_watch import MigrationWatch
from .options import WorkerOptions
from .reconnect import Exchange
from .stop_signals import stopped_by_signals

logger = logging.getLogger("graphile_worker")


class Service(Protocol):
    """Something that goes on in the background while the worker runs; stopping tolerates not having been started."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Worker:
    """Runs the tasks of a registry.

    `target` is a connection string; a psycopg pool, or an async function that opens a connection: instead of a string.
    Of a pool the worker keeps some connections for itself: one to
    claim and hand in (one per local queue), and one to listen. The keyword arguments are those of WorkerOptions, or an
    `options` object; `hooks` and `plugins` are told what happens. `crontab`, a Crontab, its text, the path of a file or
    entries, is scheduled while the worker runs, together with others that have the same.

    >>> worker = Worker("postgresql://localhost/app", tasks, concurrency=10)  # doctest: +SKIP
    >>> await worker.run()  # doctest: +SKIP
    """

    def __init__(
        self,
        target: str | AsyncConnectionPool[Any] | ConnectionFactory,
        tasks: TaskRegistry,
        *,
        options: WorkerOptions | None = None,
        hooks: Hooks | None = None,
        plugins: Iterable[Plugin] = (),
        crontab: CrontabSource | None = None,
        **keywords: Any,
    ) -> None:
        if not len(tasks):
            raise InvalidArgument("the registry has no tasks", hint="Register one with @tasks.task")
        self.options = _options(options, keywords)
        self.id = new_worker_id()
        self.hooks = hooks or Hooks()
        for plugin in plugins:
            plugin.register(self.hooks)
        self._tasks = tasks
        self._own_pool: AsyncConnectionPool[Any] | None = None
        if not isinstance(target, (str, AsyncConnectionPool)):
            # Those that it keeps for itself come on top of those for handlers.
            target = self._own_pool = pool_of(target, self.options.max_pool_size + self._lane_count() + 1)
        self._source = ConnectionSource(target)
        self._statements = Statements(self.options.schema)
        self._client = AsyncClient(
            target,
            schema=self.options.schema,
            max_pool_size=self.options.max_pool_size,
            prepare_statements=self.options.prepare_statements,
            hooks=self.hooks,
            worker_id=self.id,
        )
        self._lanes = self._make_lanes()
        self._lifeline: Lifeline | None = None
        if self.options.recovery is not None:
            self._lifeline = Lifeline(
                self._source, self._statements, self.options.recovery, self.hooks, self._lanes, self._rename
            )
        self._watch = MigrationWatch(self._client, lambda: self.stop(reason="migration"))
        self._services: list[Service] = [Housekeeper(self._client), self._watch]
        if self.options.use_notifications:
            self._services.append(Listener(self._source, self.id, self._hear, self._watch.look))
        if crontab is not None:
            self._services.append(self._make_cron(target, Crontab.of(crontab)))
        self._started = False
        self._shutdown_reason: str | None = None

    def __repr__(self) -> str:
        return f"<Worker {self.id} of {', '.join(self._tasks)}>"

    def _lane_count(self) -> int:
        local_queue = self.options.local_queue
        return min(local_queue.queue_count, self.options.concurrency) if local_queue else 1

    def _make_lanes(self) -> list[Lane]:
        count = self._lane_count()
        share, rest = divmod(self.options.concurrency, count)
        return [
            Lane(
                # One connection must not return, after a reconnect, what another has just claimed: an id each.
                self.id if number == 0 else f"{self.id}_{number}",
                share + (number < rest),
                tasks=self._tasks,
                options=self.options,
                hooks=self.hooks,
                exchange=self._make_exchange,
                context=self._make_context,
                suspect=self._suspect,
            )
            for number in range(count)
        ]

    def _make_exchange(self, lane: Lane) -> Exchange:
        return Exchange(
            self._source,
            self._statements,
            lane.id,
            task_identifiers=self._tasks.identifiers,
            options=self.options,
            held=lambda: lane.held.keys(),
            lost=lane.forget,
            suspect=self._suspect,
        )

    def _make_cron(self, target: str | AsyncConnectionPool[Any], crontab: Crontab) -> CronScheduler:
        if others := sorted({entry.task for entry in crontab} - set(self._tasks)):
            logger.warning("the crontab names tasks that this worker does not run: %s", ", ".join(others))

        async def tell_tick(due: DueTick) -> None:
            await self.hooks.emit(events.CronTick(worker_id=self.id, tick=due.tick))

        async def tell_scheduled(job: ScheduledJob) -> None:
            await self.hooks.emit(
                events.CronJobScheduled(
                    worker_id=self.id,
                    tick=job.tick,
                    identifier=job.entry.id,
                    job_id=job.job_id,
                    backfilled=job.backfilled,
                )
            )

        schema = self.options.schema
        return CronScheduler(target, crontab, schema=schema, on_tick=tell_tick, on_scheduled=tell_scheduled)

    def _make_context(self, job: Job, lane: Lane) -> JobContext:
        return JobContext(job, lane.id, self._client, self.options.state, lambda: lane.is_cut_off(job))

    def _rename(self, worker_id: str) -> None:
        self.id = self._client.worker_id = worker_id

    def _suspect(self) -> None:
        if self._lifeline is not None:
            self._lifeline.look()

    def _hear(self, job_count: int) -> None:
        for lane in self._lanes:
            lane.hear(job_count)

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
        whatever happens to its connections. When somebody makes a breaking migration that this release does not know,
        it stops as if asked to, and MigrationError is raised. The signals are SIGINT, SIGTERM, SIGHUP and SIGUSR2; a
        second one does not wait for running jobs. A worker runs once; make another to run again.
        """
        with stopped_by_signals(self.stop) if handle_signals else nullcontext():
            await self._work(once=False)

    async def run_once(self, *, handle_signals: bool = False) -> None:
        """Runs every job that is due, those added meanwhile included, until none is left; then returns."""
        with stopped_by_signals(self.stop) if handle_signals else nullcontext():
            await self._work(once=True)

    def stop(self, *, now: bool = False, reason: str = "stop") -> None:
        """Asks the worker to stop, from the thread of its event loop: nothing more is claimed, what was not started
        is returned, what runs has the grace period (none with `now`). May be called again; `reason` is for the hooks.
        """
        if self._shutdown_reason is None:
            self._shutdown_reason = reason
            for lane in self._lanes:
                lane.stop()
            asyncio.get_running_loop().call_later(self.options.grace_period.total_seconds(), self._interrupt)
        if now:
            self._interrupt()

    def _interrupt(self) -> None:
        for lane in self._lanes:
            lane.interrupt()

    async def _work(self, *, once: bool) -> None:
        if self._started:
            raise GraphileWorkerError("this worker has run already", hint="Make another one to run again")
        self._started = True
        # A task of its own, so that a cancellation becomes a stop and never cuts a call to the database in two.
        work = asyncio.create_task(self._run(once=once), name="graphile_worker")
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self.stop(reason="cancelled")
            while not work.done():
                try:
                    await asyncio.shield(work)
                except asyncio.CancelledError:
                    self.stop(now=True)
            raise

    async def _run(self, *, once: bool) -> None:
        await self.hooks.emit(events.WorkerInit(worker_id=self.id))
        places = Places(self.options.concurrency)
        holds_nothing = False
        # Runners inherit it: within a handler, Task.add uses the worker's connections.
        current_client.set(self._client)
        try:
            for lane in self._lanes:
                await lane.open()
            if self._lifeline is not None:
                await self._lifeline.start(sweep=not once)
            logger.info("worker %s runs %s, %d at a time", self.id, ", ".join(self._tasks), self.options.concurrency)
            await self.hooks.emit(events.WorkerStart(worker_id=self.id))
            for service in self._services if not once else ():
                await service.start()
            await self._run_lanes(places, once=once)
            holds_nothing = True
        finally:
            places.close()
            for service in reversed(self._services):
                await service.stop()
            for lane in self._lanes:
                await lane.close()
            if self._lifeline is not None:
                await self._lifeline.stop(holds_nothing=holds_nothing)
            await self._client.close()
            if self._own_pool is not None:
                await self._own_pool.close()
            await self.hooks.emit(events.WorkerShutdown(worker_id=self.id, reason=self._shutdown_reason or "finished"))
            logger.info("worker %s has stopped", self.id)
        if self._shutdown_reason == "migration":
            self._watch.raise_error()

    async def _run_lanes(self, places: Places, *, once: bool) -> None:
        runs = [asyncio.create_task(lane.run(places, once=once), name=lane.id) for lane in self._lanes]
        await asyncio.wait(runs, return_when=asyncio.FIRST_EXCEPTION)
        # One that can't go on takes the others along, gently.
        if any(run.done() and run.exception() for run in runs):
            self.stop(reason="error")
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome


def _options(options: WorkerOptions | None, keywords: dict[str, Any]) -> WorkerOptions:
    if options is not None:
        if keywords:
            raise TypeError(f"options were given, and {', '.join(keywords)} beside them")
        return options
    if isinstance(flags := keywords.get("forbidden_flags"), Iterable) and not isinstance(flags, str):
        keywords = {**keywords, "forbidden_flags": tuple(flags)}
    # No recovery is a choice; of everything else None is the default.
    return WorkerOptions(**{name: value for name, value in keywords.items() if value is not None or name == "recovery"})
