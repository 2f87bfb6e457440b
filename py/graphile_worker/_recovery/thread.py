"""The thread of the heartbeats, with an event loop of its own: handlers may block the worker's."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import psycopg

from .._basis.backoff import Backoff
from .._basis.error_text import describe
from .._basis.errors import translate
from .._basis.log import logger
from .._basis.own_tasks import cancel, must_end, shake_off, take_over
from .._basis.service import watched
from .alarm import Alarm
from .heartbeat import Heartbeat
from .session import Session
from .worker_loop import WorkerLoop

_TICK = 0.5
"""Seconds between two looks at whether there still is somebody to beat for."""
_END_WITHIN = 5.0
"""Seconds that a sweep and the last call have when the worker stops."""


class RecoveryThread:
    """Runs a heartbeat, and other loops by their names, until it is stopped or the worker's event loop is closed: then
    nobody is left to run what the worker holds, and to say so.
    """

    def __init__(
        self,
        session: Session,
        heartbeat: Heartbeat,
        loops: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
        alarm: Alarm,
        worker_loop: WorkerLoop,
    ) -> None:
        self.thread: threading.Thread | None = None
        self._session = session
        self._heartbeat = heartbeat
        self._loops = {"heartbeat": heartbeat.run, **loops}
        self._alarm = alarm
        self._worker_loop = worker_loop
        self._ended: Future[None]
        self._deregister = False
        self._stopping = False
        self._stop = Alarm()

    async def start(self) -> None:
        """Returns once the ids are registered; raises when that fails."""
        ready: Future[None] = Future()
        self._ended = Future()
        # Who waits may be cancelled, which is no reason not to be told.
        self._ended.set_running_or_notify_cancel()
        self.thread = threading.Thread(target=self._live, args=[ready], name="graphile_worker heartbeat", daemon=True)
        self.thread.start()
        await asyncio.wrap_future(ready)

    async def stop(self, *, deregister: bool) -> None:
        """Ends the thread; with `deregister` the ids are taken off the list, else others will find them dead. May be
        called twice, or without `start`.
        """
        thread, self.thread = self.thread, None
        if thread is not None:
            self._deregister = deregister
            # In this order: a thread that can't hear yet looks at `_stopping` when it can.
            self._stopping = True
            self._stop.ring()
            # Not by an executor: handlers may have filled, or shut down, that of the loop.
            await asyncio.wrap_future(self._ended)
            thread.join()

    def _live(self, ready: Future[None]) -> None:
        """Replaces the event loop, whatever ends it, until the thread is to end."""
        backoff = Backoff()
        try:
            while True:
                try:
                    return self._run_loop(ready)
                # An exception can be raised in a thread from outside, too.
                except BaseException as error:
                    if self._stopping:
                        return None
                    delay = backoff.next()
                    count = backoff.failures
                    if count & (count - 1) == 0:
                        text = describe(error)
                        logger.error("the thread of the heartbeats has died, starting it again (%d): %s", count, text)
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
        self._alarm.attach()
        self._stop.attach()
        # A connection of an event loop that has died is of no use on another.
        await self._session.close()
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
        await self._session.close()

    async def _begin(self, ready: Future[None]) -> bool:
        failure: BaseException | None = None
        try:
            await self._heartbeat.begin()
        except BaseException as error:  # It is for who waits.
            await self._session.close()
            failure = (translate(error) or error) if isinstance(error, psycopg.Error) else error
        # The caller may have been cancelled while it waited.
        if ready.set_running_or_notify_cancel():
            ready.set_result(None) if failure is None else ready.set_exception(failure)
        return failure is None
