"""Takes back what dead workers hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from .._calls.job import Job
from .._calls.rows import SweptWorker
from .._hooks import events
from .._hooks.hooks import Hooks
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection
from .heartbeat import Heartbeat
from .worker_loop import WorkerLoop


class Recoverer:
    """Recoveries, on a connection that the caller opens for them; the hooks decide on the event loop of the worker.

    `tell` is told of the jobs that were taken back from a worker, and whether each of them will be tried again, if
    there are hooks that listen for it.
    """

    def __init__(
        self,
        heartbeat: Heartbeat,
        hooks: Hooks,
        worker_loop: WorkerLoop,
        tell: Callable[[str, list[tuple[Job, bool]]], None],
    ) -> None:
        self._heartbeat = heartbeat
        self._hooks = hooks
        self._worker_loop = worker_loop
        self._tell = tell
        self._timeout = CallTimeout()

    async def recover(
        self, connection: AsyncConnection, worker_id: str, last_heartbeat_at: datetime | None, delay: timedelta
    ) -> list[SweptWorker]:
        """Takes back what a dead worker holds; returns nothing when somebody else is doing that."""
        terms = {"recovery_delay": delay, "max_crashes": self._heartbeat.options.max_crashes}
        if self._hooks.wants(events.JobRecovery) or self._hooks.wants(events.JobInterrupted):
            # Whose hooks have nothing to do with it needs nothing of the module.
            from .hooked_recovery import HookedRecovery

            dead = {"worker_id": worker_id, "last_heartbeat_at": last_heartbeat_at, **terms}
            own_id = self._heartbeat.worker_ids[0]
            by_hooks = HookedRecovery(self._call, connection, self._hooks, self._worker_loop, self._tell, own_id)
            if (swept := await by_hooks.recover(dead)) is not None:
                return [swept]
        params = {"worker_ids": [worker_id], "last_heartbeats": [last_heartbeat_at], **terms}
        return await self._call(connection, "recover_workers", row_factory=class_row(SweptWorker), **params)

    async def _call(self, connection: AsyncConnection, statement: str, **params: Any) -> list[Any]:
        rows = await self._heartbeat.call(connection, statement, limit=self._timeout, **params)
        self._timeout.reset()
        return rows
