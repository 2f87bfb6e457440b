"""The worker: wiring and lifecycle of what claims, listens and runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from psycopg_pool import AsyncConnectionPool

from .._basis.arguments import boolean
from .._basis.error_text import summary_of
from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.own_tasks import begin, must_end
from .._basis.printable import some_of
from .._basis.service import Service, end, watched
from .._calls.worker_statements import WorkerStatements
from .._client.async_client import AsyncClient
from .._hooks import events
from .._hooks.background import BackgroundHooks
from .._hooks.hooks import Hooks, Plugin
from .._recovery.heartbeat import new_worker_id
from .._recovery.lifeline import Lifeline
from .._recovery.loop_watch import Limits
from .._recovery.options import Recovery
from .._tasks.executors import Places
from .._tasks.home import settle
from .._tasks.registry import TaskRegistry
from .._wire.connections import ConnectionFactory, ConnectionSource, pool_of
from .arguments import check, options_of
from .cancellations import Cancellations
from .expired_locks import Housekeeper
from .lanes import Lanes, lane_count, loan_count, refuse_small_pool
from .listener import Listener
from .migration_watch import MigrationWatch
from .options import WorkerOptions
from .policies import Policies
from .schedules import Schedules
from .shared import Shared, tasks_of

if TYPE_CHECKING:
    from .._crontab.crontab import CrontabSource
    from .host import Body

_ASK_EVERY = 30.0
"""Seconds between looks for cancelled jobs, of a worker without heartbeats."""


class Worker:
    """Runs the tasks of a registry.

    `target` is a connection string, a psycopg pool, or an async function that opens a connection. Of a pool the worker
    keeps some connections: one to claim and hand in (one per local queue), and one to listen. The keyword arguments are
    those of WorkerOptions, or an `options` object; `hooks` and `plugins` are told what happens. `crontab`, a Crontab,
    its text, the path of a file or entries, is scheduled while it runs, with others that have the same.

    `shutdown`, an awaitable of the host's such as `asyncio.Event().wait()`, stops the worker once it is done. So do the
    signals, with `handle_signals`, which in an `async with` end its body, too, by cancelling what that awaits.

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
        handle_signals: bool = False,
        shutdown: Awaitable[object] | None = None,
        **keywords: Any,
    ) -> None:
        check(target, tasks, options, hooks, shutdown)
        self.options = options = options_of(options, keywords)
        self._handle_signals = boolean(handle_signals, "handle_signals")
        self._host_shutdown = shutdown
        self._body: Body | None = None
        self.hooks = hooks or Hooks()
        for plugin in plugins:
            plugin.register(self.hooks)
        self._own_pool: AsyncConnectionPool[Any] | None = None
        if not isinstance(target, (str, AsyncConnectionPool)):
            # Connections that the worker keeps for itself come on top of those for handlers.
            target = self._own_pool = pool_of(target, options.max_pool_size + lane_count(options) + 1)
        self._client = client = AsyncClient(
            target,
            schema=options.schema,
            max_pool_size=options.max_pool_size,
            prepare_statements=options.prepare_statements,
            hooks=self.hooks,
            worker_id=new_worker_id(),
        )
        if isinstance(target, AsyncConnectionPool):
            client._max_loans = loan_count(target.max_size, options)  # noqa: SLF001
        self._shared = shared = Shared(
            options=options,
            tasks=tasks_of(tasks, options),
            hooks=self.hooks,
            told=BackgroundHooks(self.hooks),
            source=ConnectionSource(target),
            statements=WorkerStatements(options.schema),
            client=client,
            places=Places(options.concurrency),
            policies=Policies(client, tasks),
        )
        self._shutdown = shared.shutdown
        self._lanes = lanes = Lanes(shared)
        self._watch = watch = MigrationWatch(client, shared.shutdown)
        beat = options.recovery.heartbeat_interval.total_seconds() if options.recovery else _ASK_EVERY
        self._cancellations = cancellations = Cancellations(client, lanes, shared.policies, self.hooks, beat)
        self._services: list[Service] = [watch, cancellations, schedules := Schedules(client, self.hooks)]
        if crontab is not None:
            # Who has no crontab needs nothing of the module.
            from .worker_cron import worker_cron

            self._services.append(worker_cron(target, crontab, shared, schedules))
        if options.use_notifications:
            heard = (lanes.hear, watch.look, lanes.supersede, cancellations.hear, schedules.hear)
            self._services.append(Listener(shared.source, self.id, *heard, shared.tell))
        self._started = False
        self._begun = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Worker {self.id} of {some_of(self._shared.tasks)}>"

    @property
    def id(self) -> str:
        """The id by which the worker's jobs are locked; another once the worker was taken for dead."""
        return self._client.worker_id

    @property
    def left_running(self) -> int:
        """How many handlers would not be interrupted and still run, once the worker has stopped: those that swallow
        their cancellation, whose jobs were returned, and threads that went on though their job was stopped before.
        """
        return self._shutdown.left_running

    @property
    def client(self) -> AsyncClient:
        """Adds jobs, and looks at them, on the worker's own connections while it runs: as handlers do, with its hooks.

        >>> await worker.client.add_job("send_email", {"to": "ada@example.com"})  # doctest: +SKIP
        """
        return self._client

    async def __aenter__(self) -> Self:
        """Starts the worker in the background, or raises what `run` does; leaving the block stops it."""
        if self._handle_signals:
            from .host import Body

            self._body = Body()
        from .background import begin_beside

        self._background = asyncio.create_task(self.run())
        await begin_beside(self._background, self._begun, self.stop, self._body)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        is_ended_by_signal = self._body is not None and await self._body.end(exc)
        self.stop()
        await self._background
        return is_ended_by_signal

    async def run(self, *, handle_signals: bool | None = None) -> None:
        """Runs jobs until `stop` is called or this task is cancelled; with `handle_signals`, until a signal to stop.

        Raises at once when the database can't be reached or the schema is not installed; once it runs, it outlives
        whatever happens to its connections. When somebody makes a breaking migration that this release does not know,
        it stops as if asked to, and MigrationError is raised. The signals are SIGINT, SIGTERM, SIGHUP and SIGUSR2; a
        second one does not wait for running jobs. Where one of these blocks the event loop, the process ends when its
        time is up, and recovery takes its jobs. A worker runs once; make another to run again.
        """
        await self._work(once=False, handle_signals=handle_signals)

    async def run_once(self, *, handle_signals: bool | None = None) -> None:
        """Runs every job that is due, those added meanwhile included, until none is left; then returns."""
        await self._work(once=True, handle_signals=handle_signals)

    def stop(self, *, now: bool = False, reason: str = "stop") -> None:
        """Asks the worker to stop, from the thread of its event loop: nothing more is claimed, what was not started
        is returned, what runs has the grace period (none with `now`). May be called again; `reason` is for the hooks.
        """
        self._shutdown.request(reason, now=now)
        # Before a runner takes another job.
        self._lanes.stop()

    def _make_lifeline(self, recovery: Recovery, *, sweep: bool) -> Lifeline:
        shared, options, shutdown = self._shared, self.options, self._shutdown
        grace = options.grace_period.total_seconds()
        return Lifeline(
            *(shared.source, shared.statements, recovery),
            hooks=self.hooks,
            lanes=self._lanes.all,
            client=self._client,
            alarm=shared.alarm,
            sweep=sweep,
            blocked=Limits(options.blocked_after.total_seconds(), options.blocked_exit_seconds, grace),
            is_stopping=lambda: shutdown.is_requested or shutdown.is_announced,
        )

    async def _work(self, *, once: bool, handle_signals: bool | None) -> None:
        if self._started:
            raise GraphileWorkerError("this worker has run already", hint="Make another one to run again")
        signals = self._handle_signals if handle_signals is None else handle_signals
        with ExitStack() as ends:
            if signals or self._host_shutdown is not None:
                # Who ends by nothing but `stop` needs nothing of the module.
                from .host import stopped_by_host

                grace = self.options.grace_period.total_seconds() if signals else None
                ends.enter_context(stopped_by_host(self.stop, self._shutdown, self._host_shutdown, self._body, grace))
            await self._run_in_own_task(once=once)

    async def _run_in_own_task(self, *, once: bool) -> None:
        refuse_small_pool(self._shared.source.pool_size, self.options, once=once)
        self._started = True
        self._shutdown.caller = asyncio.current_task()
        # A task of its own, so that a cancellation becomes a stop and never cuts a call to the database in two.
        work = begin(self._run(once=once), "graphile_worker")
        cancelled: asyncio.CancelledError | None = None
        while not work.done():
            try:
                await asyncio.wait({work})
            except asyncio.CancelledError as error:
                self.stop(now=cancelled is not None, reason="cancelled")
                cancelled = error
        if work.cancelled():
            raise cancelled or GraphileWorkerError("the worker was cut off: somebody has cancelled its task")
        work.result()
        if cancelled is not None:
            raise cancelled

    async def _run(self, *, once: bool) -> None:
        options = self.options
        about = {"schema": options.schema, "concurrency": options.concurrency, "tasks": sorted(self._shared.tasks)}
        await self._shared.emit(events.WorkerInit, **about)
        lifeline = self._make_lifeline(options.recovery, sweep=not once) if options.recovery else None
        # Heartbeats renew locks, too.
        housekeeper = Housekeeper(self._client, options, frees=not once, lanes=None if lifeline else self._lanes)
        # Nobody waits for what comes later, but what runs may take long, and be cancelled.
        services = [self._cancellations] if once else self._services
        if lifeline is None or not once:
            services = [housekeeper, *services]
        # Runners inherit the client: within a handler, Task.add uses the worker's connections.
        settle(self._client)
        # Whatever becomes of one of these, all others are ended, too.
        async with AsyncExitStack() as ends:
            ends.push_async_exit(self._say_the_end)
            if self._own_pool is not None:
                ends.push_async_callback(_close, self._own_pool)
            ends.push_async_callback(_close, self._client)
            if lifeline is not None:
                ends.push_async_exit(lifeline.end_after)
            ends.push_async_callback(self._lanes.close)
            for service in services:
                ends.push_async_callback(service.stop)
            ends.callback(self._shared.places.close)
            ends.push_async_callback(end, watched(self._lanes.stop_when_asked, "stop"))
            await self._shared.source.start()
            await self._watch.look_first()
            await self._shared.policies.publish()
            await self._lanes.open()
            if lifeline is not None:
                await lifeline.start()
            logger.info("worker %s runs %s, %d at a time", self.id, some_of(self._shared.tasks), options.concurrency)
            await self._shared.emit(events.WorkerStart, client=self._client, state=options.state)
            for service in services:
                await service.start()
            self._begun.set()
            await self._lanes.run(once=once)
        if self._shutdown.reason == "migration" and self._watch.error is not None:
            raise self._watch.error

    async def _say_the_end(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        reason = self._shutdown.reason or ("finished" if error is None else "error")
        if reason == "migration":
            error = error or self._watch.error
        await self._shared.told.settle()
        if error is not None and not isinstance(error, asyncio.CancelledError):
            await self._shared.emit(events.WorkerFail, error=summary_of(error), exception=error)
        await self._shared.emit(events.WorkerShutdown, reason=reason)
        logger.info("worker %s has stopped", self.id)


async def _close(pool: AsyncConnectionPool[Any] | AsyncClient) -> None:
    try:
        await pool.close()
    except asyncio.CancelledError as error:
        # Somebody may have cancelled the pool's own tasks, and it waits for them.
        if must_end(error):
            raise
