"""What keeps a worker's jobs from being lost, and other workers' too: wiring of heartbeat, sweeper, lanes and hooks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from .._calls.operator_rows import SweptWorker
from .._calls.statements import Statements
from .._hooks import events
from .._hooks.hooks import Hooks
from .._wire.connections import ConnectionSource
from .._worker.dispatch import Lane
from .._worker.options import Recovery
from .heartbeat import Heartbeat
from .sweeper import Sweeper

logger = logging.getLogger("graphile_worker")


class Lifeline:
    """The heartbeats of all lanes; `on_renamed` is told the worker's new id when it was taken for dead."""

    def __init__(
        self,
        source: ConnectionSource,
        statements: Statements,
        options: Recovery,
        hooks: Hooks,
        lanes: list[Lane],
        on_renamed: Callable[[str], None],
    ) -> None:
        self._hooks = hooks
        self._lanes = lanes
        self._on_renamed = on_renamed
        self._emitting: set[asyncio.Task[None]] = set()
        self._sweeper = Sweeper(statements, options, hooks, self._recovered)
        worker_ids = [lane.id for lane in lanes]
        self._heartbeat = Heartbeat(source, statements, options, worker_ids, on_swept=self._swept)

    async def start(self, *, sweep: bool) -> None:
        """Returns once this worker counts as alive, before it claims anything; raises when that fails."""
        await self._heartbeat.start(self._sweeper if sweep else None)

    async def stop(self, *, holds_nothing: bool) -> None:
        """Stops last. What is still held will be found by others soon. May be called twice, or without `start`."""
        await self._heartbeat.stop(deregister=holds_nothing)
        if self._emitting:
            await asyncio.gather(*self._emitting)

    def look(self) -> None:
        """This worker may have been taken for dead."""
        self._heartbeat.look()

    def _swept(self, replacements: dict[str, str]) -> None:
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
                self._on_renamed(new_id)
            self._emit(events.WorkerSwept(worker_id=new_id, former_id=former_id, job_count=job_count))

    def _recovered(self, swept: list[SweptWorker]) -> None:
        job_count = sum(worker.recovered_jobs for worker in swept)
        if job_count:
            for lane in self._lanes:
                lane.hear(job_count)
        dead_worker_ids = [worker.worker_id for worker in swept]
        self._emit(
            events.WorkerRecovered(worker_id=self._lanes[0].id, dead_worker_ids=dead_worker_ids, job_count=job_count)
        )

    def _emit(self, event: events.Event) -> None:
        """Tells the hooks without waiting: this is a callback of the event loop."""
        if self._hooks.wants(type(event)):
            task = asyncio.ensure_future(self._hooks.emit(event))
            self._emitting.add(task)
            task.add_done_callback(self._emitting.discard)
