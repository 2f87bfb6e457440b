"""The thread of the heartbeats, with an event loop of its own: handlers may block the worker's."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress

import psycopg

from .._basis.errors import translate
from .alarm import Alarm
from .heartbeat import Heartbeat
from .session import Session
from .sweeper import Sweeper

_END_WITHIN = 5.0
"""Seconds that a sweep and the last call have when the worker stops."""


class RecoveryThread:
    """Runs a heartbeat, and perhaps a sweeper, until it is stopped or the heartbeat ends by itself."""

    def __init__(self, session: Session, heartbeat: Heartbeat, sweeper: Sweeper | None, alarm: Alarm) -> None:
        self.thread: threading.Thread | None = None
        self._session = session
        self._heartbeat = heartbeat
        self._sweeper = sweeper
        self._alarm = alarm
        self._deregister = False
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event

    async def start(self) -> None:
        """Returns once the ids are registered; raises when that fails."""
        self._stopping, self._loop = False, None
        ready: Future[None] = Future()
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self._run(ready)), name="graphile_worker heartbeat", daemon=True
        )
        self.thread.start()
        await asyncio.wrap_future(ready)

    async def stop(self, *, deregister: bool) -> None:
        """Ends it; with `deregister` the ids are taken off the list, else others will find them dead. May be called
        twice, or without `start`.
        """
        thread, self.thread = self.thread, None
        if thread is not None:
            self._deregister = deregister
            # In this order: a thread that has no loop yet looks at the former when it has one.
            self._stopping = True
            if self._loop is not None:
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._stopped.set)
            await asyncio.to_thread(thread.join)

    async def _run(self, ready: Future[None]) -> None:
        self._alarm.attach()
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stopping:
            self._stopped.set()
        try:
            await self._heartbeat.begin()
        except BaseException as error:
            await self._session.close()
            # The caller may have been cancelled while it waited.
            if ready.set_running_or_notify_cancel():
                ready.set_exception((translate(error) or error) if isinstance(error, psycopg.Error) else error)
            return
        if ready.set_running_or_notify_cancel():
            ready.set_result(None)
        heartbeat = asyncio.create_task(self._heartbeat.run())
        tasks = [heartbeat]
        if self._sweeper is not None:
            tasks.append(asyncio.create_task(self._sweeper.run()))
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait((heartbeat, stopped), return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.wait((*tasks, stopped), timeout=_END_WITHIN)
        if self._deregister:
            with suppress(Exception):
                async with asyncio.timeout(_END_WITHIN):
                    await self._heartbeat.deregister()
        await self._session.close()
