"""What keeps a worker's jobs from being lost, and those of others; in a thread: handlers may block the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import psycopg

from .._basis.error_text import describe
from .._basis.errors import translate
from .._basis.log import logger
from .._basis.own_tasks import cancel, must_end, shake_off, take_over
from .._basis.retries import Retries
from .._basis.service import watched
from .._calls.job import Job
from .._calls.rows import SweptWorker
from .._calls.statements import Statements
from .._client.async_client import AsyncClient
from .._hooks import events
from .._hooks.background import BackgroundHooks
from .._hooks.hooks import Hooks
from .._wire.connections import ConnectionSource
from .alarm import Alarm
from .heartbeat import Heartbeat
from .loop_watch import Limits, LoopWatch
from .options import Recovery
from .recoverer import Recoverer
from .sweeper import Sweeper
from .worker_loop import WorkerLoop

_TICK = 0.5
"""Seconds between two looks at whether there still is somebody to beat for."""
_END_WITHIN = 5.0
"""Seconds that a sweep and the last call have when the worker stops."""


class Lane(Protocol):
    """A part of the worker that locks jobs by an id, which may be taken for dead."""

    @property
    def id(self) -> str: ...

    @property
    def lost_slots(self) -> int: ...

    def job_of(self, task: asyncio.Task[Any]) -> Job | None: ...

    def rename(self, lane_id: str) -> int: ...

    def hear(self, job_count: int) -> None: ...


class Lifeline:
    """A thread, with its own event loop, for the heartbeats of all lanes, and for looks at other workers and at the
    worker's event loop. Ends when that is closed, too: then nobody is left to run what the worker holds, and to say so.
    """

    def __init__(
        self,
        source: ConnectionSource,
        statements: Statements,
        options: Recovery,
        *,
        hooks: Hooks,
        lanes: Sequence[Lane],
        client: AsyncClient,
        alarm: Alarm,
        sweep: bool,
        blocked: Limits,
        is_stopping: Callable[[], bool],
    ) -> None:
        """Builds the parts of the lifeline; `sweep` tells whether to look for other workers that are dead, `blocked`
        how long handlers may block the worker's event loop, which depends on whether it `is_stopping`.
        """
        self.thread: threading.Thread | None = None
        self._hooks = BackgroundHooks(hooks)
        self._lanes = lanes
        self._client = client
        self._worker_loop = loop = WorkerLoop()
        self._heartbeat = Heartbeat(
            *(source, statements, options, [lane.id for lane in lanes], alarm),
            tell=lambda new_ids: loop.tell(self._rename, new_ids),
            lost_slots=lambda: [lane.lost_slots for lane in lanes],
        )
        self._loops = {"heartbeat": self._heartbeat.run}
        if sweep:
            recoverer = Recoverer(self._heartbeat, hooks, loop, tell=partial(loop.tell, self._tell_taken_back))
            sweeper = Sweeper(self._heartbeat, recoverer, tell=lambda dead: loop.tell(self._tell, dead))
            self._loops["sweeper"] = sweeper.run
        if blocked.tell_after or blocked.exit_after:
            watch = LoopWatch(loop, [lane.job_of for lane in lanes], blocked, is_stopping)
            self._loops["loop watch"] = watch.run
        self._ended: Future[None]
        self._deregister = False
        self._stopping = False
        self._stop = Alarm()

    async def start(self) -> None:
        """Returns once this worker counts as alive, before it claims anything; raises when that fails."""
        self._worker_loop.attach()
        ready: Future[None] = Future()
        self._ended = Future()
        # Who waits may be cancelled, which is no reason not to be told.
        self._ended.set_running_or_notify_cancel()
        self.thread = threading.Thread(target=self._live, args=[ready], name="graphile_worker heartbeat", daemon=True)
        self.thread.start()
        await asyncio.wrap_future(ready)

    async def end_after(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        """Ends the thread, last, at the end of an `async with`. After an error jobs may still be held, and the ids stay
        on the list: others will find them dead. May be called twice, or without `start`.
        """
        thread, self.thread = self.thread, None
        if thread is not None:
            self._deregister = kind is None
            # In this order: a thread that can't hear yet looks at `_stopping` when it can.
            self._stopping = True
            self._stop.ring()
            # Not by an executor: handlers may have filled, or shut down, that of the loop.
            await asyncio.wrap_future(self._ended)
            thread.join()
        await self._hooks.settle()

    def _live(self, ready: Future[None]) -> None:
        """Replaces the event loop, whatever ends it, until the thread is to end."""
        died = "the thread of the heartbeats has died"
        retries = Retries(died, then="starting it again", tell=logger.error, explain=describe)
        try:
            while True:
                try:
                    return self._run_loop(ready)
                # An exception can be raised in a thread from outside, too.
                except BaseException as error:
                    if self._stopping:
                        return None
                    delay = retries.failed(error)
                with suppress(BaseException):
                    time.sleep(delay)
        finally:
            self._ended.set_result(None)

    def _run_loop(self, ready: Future[None]) -> None:
        with asyncio.Runner() as runner:
            try:
                runner.run(self._run(ready))
            except BaseException:
                # Else the tasks would go on, as they do when a stranger has cancelled them.
                for task in asyncio.all_tasks(runner.get_loop()):
                    cancel(task)
                raise

    async def _run(self, ready: Future[None]) -> None:
        main = take_over()
        self._stop.attach()
        # A connection of an event loop that has died is of no use on another.
        await self._heartbeat.close()
        # Once it has begun the heartbeat gets over whatever happens.
        if not ready.done() and not await self._begin(ready):
            return
        tasks = [watched(run, name) for name, run in self._loops.items()]
        while not self._stopping and not self._worker_loop.is_closed:
            try:
                await self._stop.wait(_TICK)
            except asyncio.CancelledError as error:
                if must_end(error):
                    raise
                # Somebody has cancelled the task, and does not want the worker to be taken for dead.
                await shake_off(main)
        for task in tasks:
            cancel(task)
        await asyncio.wait(tasks, timeout=_END_WITHIN)
        if self._deregister:
            with suppress(Exception):
                async with asyncio.timeout(_END_WITHIN):
                    await self._heartbeat.deregister()
        await self._heartbeat.close()

    async def _begin(self, ready: Future[None]) -> bool:
        failure: BaseException | None = None
        try:
            await self._heartbeat.begin()
        except BaseException as error:  # It is for who waits.
            await self._heartbeat.close()
            failure = (translate(error) or error) if isinstance(error, psycopg.Error) else error
        # The caller may have been cancelled while it waited.
        if ready.set_running_or_notify_cancel():
            ready.set_result(None) if failure is None else ready.set_exception(failure)
        return failure is None

    def _rename(self, new_ids: dict[str, str]) -> None:
        for number, lane in enumerate(self._lanes):
            former_id = lane.id
            if (new_id := new_ids.get(former_id)) is None:
                continue
            job_count = lane.rename(new_id)
            logger.warning(
                "worker %s was taken for dead, %d jobs were taken from it; it goes on as %s",
                *(former_id, job_count, new_id),
            )
            if number == 0:
                self._client.worker_id = new_id
            self._hooks.emit(events.WorkerSwept, worker_id=new_id, former_id=former_id, job_count=job_count)

    def _tell_taken_back(self, dead_worker_id: str, taken: list[tuple[Job, bool]]) -> None:
        for job, will_retry in taken:
            self._hooks.emit(
                events.JobInterrupted,
                worker_id=self._lanes[0].id,
                job=job,
                reason="worker_crashed",
                dead_worker_id=dead_worker_id,
                will_retry=will_retry,
            )

    def _tell(self, dead: SweptWorker) -> None:
        if dead.recovered_jobs:
            for lane in self._lanes:
                lane.hear(dead.recovered_jobs)
        self._hooks.emit(
            events.WorkerRecovered,
            worker_id=self._lanes[0].id,
            dead_worker_ids=[dead.worker_id],
            job_count=dead.recovered_jobs,
        )
