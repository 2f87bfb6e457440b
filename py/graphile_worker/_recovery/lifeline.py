"""What keeps a worker's jobs from being lost, and other workers' too: wiring of heartbeat, sweeper, lanes and hooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Protocol

from .._basis.log import logger
from .._basis.service import Service
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
from .loop_watch import LoopWatch
from .options import Recovery
from .session import Session
from .sweeper import Sweeper
from .thread import RecoveryThread
from .worker_loop import TakenForDead, WorkerLoop


class Lane(Protocol):
    """A part of the worker that locks jobs by an id, which may be taken for dead."""

    @property
    def id(self) -> str: ...

    def job_of(self, task: asyncio.Task[Any]) -> Job | None: ...

    def rename(self, lane_id: str) -> int: ...

    def hear(self, job_count: int) -> None: ...


class Lifeline(Service):
    """The heartbeats of all lanes. When the first lane was taken for dead the client gets its new id, too."""

    name = "lifeline"

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
        blocked_after: timedelta,
    ) -> None:
        """Builds the parts of the lifeline; `sweep` tells whether to look for other workers that are dead."""
        super().__init__()
        self._hooks = BackgroundHooks(hooks)
        self._lanes = lanes
        self._client = client
        self._worker_loop = WorkerLoop()
        session = Session(source, statements, options, [lane.id for lane in lanes])
        heartbeat = Heartbeat(session, options, alarm, self._worker_loop)
        loops: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        if sweep:
            loops["sweeper"] = Sweeper(session, statements, options, hooks, self._worker_loop).run
        if blocked_after:
            limit = blocked_after.total_seconds()
            loops["loop watch"] = LoopWatch(self._worker_loop, [lane.job_of for lane in lanes], limit).run
        self._thread = RecoveryThread(session, heartbeat, loops, alarm)

    async def start(self) -> None:
        """Returns once this worker counts as alive, before it claims anything; raises when that fails."""
        self._worker_loop.attach()
        await self._thread.start()
        await super().start()

    async def end(self, *, holds_nothing: bool) -> None:
        """Stops the thread, last. What is still held others will find soon. May be called twice, or without `start`."""
        await self._thread.stop(deregister=holds_nothing)
        await self.stop()
        await self._hooks.settle()

    async def end_after(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        """Ends the lifeline at the end of an `async with`: after an error jobs may still be held."""
        await self.end(holds_nothing=kind is None)

    async def _run(self) -> None:
        while True:
            match await self._worker_loop.next_message():
                case TakenForDead(replacements):
                    self._rename(replacements)
                case found:
                    self._tell_recovered(found.workers)

    def _rename(self, replacements: dict[str, str]) -> None:
        for number, lane in enumerate(self._lanes):
            former_id = lane.id
            if (new_id := replacements.get(former_id)) is None:
                continue
            job_count = lane.rename(new_id)
            logger.warning(
                "worker %s was taken for dead, %d jobs were taken from it; it goes on as %s",
                former_id,
                job_count,
                new_id,
            )
            if number == 0:
                self._client.worker_id = new_id
            self._hooks.emit(events.WorkerSwept(worker_id=new_id, former_id=former_id, job_count=job_count))

    def _tell_recovered(self, workers: list[SweptWorker]) -> None:
        job_count = sum(worker.recovered_jobs for worker in workers)
        if job_count:
            for lane in self._lanes:
                lane.hear(job_count)
        dead_worker_ids = [worker.worker_id for worker in workers]
        self._hooks.emit(
            events.WorkerRecovered(worker_id=self._lanes[0].id, dead_worker_ids=dead_worker_ids, job_count=job_count)
        )
