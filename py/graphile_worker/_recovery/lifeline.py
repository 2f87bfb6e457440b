"""What keeps a worker's jobs from being lost, and other workers' too: wiring of heartbeat, sweeper, lanes and hooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Protocol

from .._basis.log import logger
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
from .recoverer import Recoverer
from .session import Session
from .sweeper import Sweeper
from .thread import RecoveryThread
from .worker_loop import WorkerLoop


class Lane(Protocol):
    """A part of the worker that locks jobs by an id, which may be taken for dead."""

    @property
    def id(self) -> str: ...

    def job_of(self, task: asyncio.Task[Any]) -> Job | None: ...

    def rename(self, lane_id: str) -> int: ...

    def hear(self, job_count: int) -> None: ...


class Lifeline:
    """The heartbeats of all lanes. When the first lane was taken for dead the client gets its new id, too."""

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
        self._hooks = BackgroundHooks(hooks)
        self._lanes = lanes
        self._client = client
        worker_loop = self._worker_loop = WorkerLoop()
        session = Session(source, statements, options, [lane.id for lane in lanes])
        heartbeat = Heartbeat(session, alarm, lambda new_ids: worker_loop.tell(self._rename, new_ids))
        loops: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        if sweep:
            recoverer = Recoverer(session, hooks, worker_loop)
            loops["sweeper"] = Sweeper(session, recoverer, lambda found: worker_loop.tell(self._tell, found)).run
        if blocked_after:
            limit = blocked_after.total_seconds()
            loops["loop watch"] = LoopWatch(worker_loop, [lane.job_of for lane in lanes], limit).run
        self._thread = RecoveryThread(session, heartbeat, loops, alarm, worker_loop)

    async def start(self) -> None:
        """Returns once this worker counts as alive, before it claims anything; raises when that fails."""
        self._worker_loop.attach()
        await self._thread.start()

    async def end_after(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        """Stops the thread, last, at the end of an `async with`: after an error jobs may still be held, which others
        will find soon. May be called without `start`.
        """
        await self._thread.stop(deregister=kind is None)
        await self._hooks.settle()

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
            self._hooks.emit(events.WorkerSwept(worker_id=new_id, former_id=former_id, job_count=job_count))

    def _tell(self, dead: SweptWorker) -> None:
        if dead.recovered_jobs:
            for lane in self._lanes:
                lane.hear(dead.recovered_jobs)
        self._hooks.emit(
            events.WorkerRecovered(
                worker_id=self._lanes[0].id, dead_worker_ids=[dead.worker_id], job_count=dead.recovered_jobs
            )
        )
