"""Maintenance: migrate, cleanup, unlocking what dead workers hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta
from starlette.routing import Route

from ..._calls.operator_rows import LockedWorker
from ..._schema import migrate, plan_migration
from .._json import plain
from .._problems import Problem, bad_request
from .context import Context
from .params import RECOVERY_DELAY, SWEEP_THRESHOLD, Body, Seconds, either

_SECONDS = 120.0
_FAILED_JOBS = "delete_permanently_failed_jobs"

CleanupTask = Literal[
    "delete_permanently_failed_jobs",
    "gc_task_identifiers",
    "gc_job_queues",
    "delete-permanently-failed-jobs",
    "gc-task-identifiers",
    "gc-job-queues",
]
# Of none there is nothing to do, and all is what no list means.
CleanupTasks = Annotated[list[CleanupTask], Meta(min_length=1)]
WorkerId = Annotated[str, Meta(min_length=1, max_length=1000)]


class Maintenance(Body, frozen=True, kw_only=True):
    action: Literal["migrate", "cleanup", "force-unlock", "release-expired-locks", "sweep-stale-workers"]
    dry_run: bool = False
    # cleanup
    tasks: CleanupTasks | None = None
    cleanup_tasks: CleanupTasks | None = None
    max_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    # force-unlock
    worker_ids: Annotated[list[WorkerId], Meta(min_length=1, max_length=1000)] | None = None
    # release-expired-locks
    max_age_secs: Seconds | None = None
    # sweep-stale-workers
    sweep_threshold_secs: Seconds | None = None
    recovery_delay_secs: Seconds | None = None


def routes(context: Context) -> list[Route]:
    maintainer = Maintainer(context)
    return [context.writes("/maintenance", Maintenance, maintainer.do)]


class Maintainer:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._actions: dict[str, Callable[[Maintenance], Awaitable[dict[str, Any]]]] = {
            "migrate": self._migrate,
            "cleanup": self._cleanup,
            "force-unlock": self._force_unlock,
            "release-expired-locks": self._release_expired_locks,
            "sweep-stale-workers": self._sweep,
        }

    async def do(self, body: Maintenance) -> dict[str, Any]:
        outcome = await self._actions[body.action](body)
        return {"action": body.action, "dry_run": body.dry_run, **outcome}

    async def _migrate(self, body: Maintenance) -> dict[str, Any]:
        conninfo, schema = self._context.database.conninfo, self._context.database.schema
        if conninfo is None:
            raise Problem(
                409,
                "conflict",
                "this admin page was given a pool, and migrating needs a connection of its own",
                f"graphile-worker --schema {schema} migrate",
            )
        if body.dry_run:
            plan = await asyncio.to_thread(plan_migration, conninfo, schema=schema)
            steps = [{"name": step.name, "description": step.summary} for step in plan.steps]
            return {"steps": steps, "warnings": plan.warnings, "up_to_date": not steps}
        result = await asyncio.to_thread(migrate, conninfo, schema=schema)
        return {"applied": result.applied, "bundle_replaced": result.bundle_replaced, "warnings": result.warnings}

    async def _cleanup(self, body: Maintenance) -> dict[str, Any]:
        ask = self._context.database.ask
        chosen = either(tasks=body.tasks, cleanup_tasks=body.cleanup_tasks)
        tasks: list[str] | None = None if chosen is None else [task.replace("-", "_") for task in chosen]
        if body.dry_run:
            # All there is, in however many calls it goes.
            found = await ask(lambda client: client.preview_cleanup(tasks), _SECONDS)
            return {
                "removed": {row.task: row.removed for row in found},
                # Earlier releases guessed.
                "estimated": [],
                "at_least": [],
                "names": {row.task: row.names or [] for row in found if row.task != _FAILED_JOBS},
            }
        done = await ask(lambda client: client.cleanup(tasks, max_rows=body.max_rows), _SECONDS)
        return {"removed": done, "more": any(count >= body.max_rows for count in done.values())}

    async def _force_unlock(self, body: Maintenance) -> dict[str, Any]:
        if body.worker_ids is None:
            raise bad_request("worker_ids are missing", "Name the workers; /api/workers lists them")
        held = await self._held(body.worker_ids, body.dry_run)
        return {
            "workers": [plain(worker) for worker in held],
            "locked_jobs": sum(worker.locked_jobs for worker in held),
            "locked_queues": sum(worker.locked_queues for worker in held),
        }

    async def _held(self, worker_ids: list[str], dry_run: bool) -> list[LockedWorker]:
        return await self._context.database.ask(
            lambda client: client.force_unlock_workers(worker_ids, dry_run=dry_run), _SECONDS
        )

    async def _release_expired_locks(self, body: Maintenance) -> dict[str, Any]:
        # None: the database says how old is too old.
        max_age = None if body.max_age_secs is None else timedelta(seconds=body.max_age_secs)
        released = await self._context.database.ask(
            lambda client: client.release_expired_locks(max_age, dry_run=body.dry_run), _SECONDS
        )
        outcome = {"released": [plain(lock) for lock in released]}
        if body.dry_run:
            held = await self._held([lock.worker_id for lock in released if lock.worker_id], True)
            outcome["workers"] = [plain(worker) for worker in held]
        return outcome

    async def _sweep(self, body: Maintenance) -> dict[str, Any]:
        threshold = timedelta(
            seconds=SWEEP_THRESHOLD if body.sweep_threshold_secs is None else body.sweep_threshold_secs
        )
        delay = timedelta(seconds=RECOVERY_DELAY if body.recovery_delay_secs is None else body.recovery_delay_secs)
        swept = await self._context.database.ask(
            lambda client: client.sweep_stale_workers(
                sweep_threshold=threshold, recovery_delay=delay, dry_run=body.dry_run
            ),
            _SECONDS,
        )
        return {
            "workers": [plain(worker) for worker in swept],
            "recovered_jobs": sum(worker.recovered_jobs for worker in swept),
            "given_up_jobs": sum(worker.given_up_jobs for worker in swept),
            "skipped_jobs": sum(worker.skipped_jobs for worker in swept),
        }
