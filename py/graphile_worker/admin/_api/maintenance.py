"""Maintenance: migrate, cleanup, unlocking what dead workers hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta
from starlette.routing import Route

from ..._calls.operator_rows import QueueSummary, TaskSummary
from ..._schema import migrate, plan_migration
from .._json import plain
from .._problems import Problem, bad_request
from .context import Context
from .params import LEAST_SWEEP_THRESHOLD, RECOVERY_DELAY, SWEEP_THRESHOLD, Body, Seconds

_SECONDS = 120.0
# How far a preview looks: enough to know what it is about.
_LOOKED_AT = 500
_NAMED = 20

CleanupTask = Literal["delete_permanently_failed_jobs", "gc_task_identifiers", "gc_job_queues"]
WorkerId = Annotated[str, Meta(min_length=1, max_length=1000)]


class Maintenance(Body, frozen=True, kw_only=True):
    action: Literal["migrate", "cleanup", "force-unlock", "release-expired-locks", "sweep-stale-workers"]
    dry_run: bool = False
    # cleanup
    tasks: list[CleanupTask] | None = None
    max_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    # force-unlock
    worker_ids: Annotated[list[WorkerId], Meta(min_length=1, max_length=1000)] | None = None
    # release-expired-locks
    max_age_secs: Seconds | None = None
    # sweep-stale-workers
    sweep_threshold_secs: Seconds = SWEEP_THRESHOLD
    recovery_delay_secs: Seconds = RECOVERY_DELAY


def routes(context: Context) -> list[Route]:
    maintainer = Maintainer(context)
    return [context.writes("/maintenance", Maintenance, maintainer.do, dry_run_reads=True)]


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
        tasks: list[CleanupTask] = body.tasks or list(get_args(CleanupTask))
        names_of = {"gc_task_identifiers": self._unused_tasks, "gc_job_queues": self._unused_queues}
        if body.dry_run:
            stats = await ask(lambda client: client.stats())
            removed = dict.fromkeys(tasks, 0)
            names: dict[str, list[str]] = {}
            # As many as were looked at; there may be more.
            at_least: list[str] = []
            if "delete_permanently_failed_jobs" in removed:
                removed["delete_permanently_failed_jobs"] = stats.failed
            for task in names_of:
                if task in removed:
                    found, complete = await names_of[task]()
                    removed[task], names[task] = len(found), found[:_NAMED]
                    at_least += [] if complete else [task]
            estimated = ["delete_permanently_failed_jobs"] if "failed" in stats.estimated else []
            return {"removed": removed, "estimated": estimated, "at_least": at_least, "names": names}
        done = await ask(lambda client: client.cleanup(tasks, max_rows=body.max_rows), _SECONDS)
        return {"removed": done, "more": any(count >= body.max_rows for count in done.values())}

    async def _unused_tasks(self) -> tuple[list[str], bool]:
        tasks = await self._context.database.ask(lambda client: client.task_stats(limit=_LOOKED_AT, count_limit=1))
        return [task.task_identifier for task in tasks if not _has_jobs(task)], len(tasks) < _LOOKED_AT

    async def _unused_queues(self) -> tuple[list[str], bool]:
        queues = await self._context.database.ask(lambda client: client.list_queues(limit=_LOOKED_AT, count_limit=1))
        unused = [queue.queue_name for queue in queues if queue.locked_at is None and not _has_jobs(queue)]
        return unused, len(queues) < _LOOKED_AT

    async def _force_unlock(self, body: Maintenance) -> dict[str, Any]:
        if body.worker_ids is None:
            raise bad_request("worker_ids are missing", "Name the workers; /api/workers lists them")
        worker_ids = body.worker_ids
        ask = self._context.database.ask
        held = [w for w in await ask(lambda client: client.list_locked_workers()) if w.worker_id in set(worker_ids)]
        if not body.dry_run:
            await ask(lambda client: client.force_unlock_workers(worker_ids), _SECONDS)
        return {
            "workers": [plain(worker) for worker in held],
            "locked_jobs": sum(worker.locked_jobs for worker in held),
            "locked_queues": sum(worker.locked_queues for worker in held),
        }

    async def _release_expired_locks(self, body: Maintenance) -> dict[str, Any]:
        ask = self._context.database.ask
        # None: the database says how old is too old.
        max_age = None if body.max_age_secs is None else timedelta(seconds=body.max_age_secs)
        released = await ask(lambda client: client.release_expired_locks(max_age, dry_run=body.dry_run), _SECONDS)
        outcome = {"released": [plain(lock) for lock in released]}
        if body.dry_run:
            holders = {lock.worker_id for lock in released}
            held = [w for w in await ask(lambda client: client.list_locked_workers()) if w.worker_id in holders]
            outcome["workers"] = [plain(worker) for worker in held]
        return outcome

    async def _sweep(self, body: Maintenance) -> dict[str, Any]:
        if body.sweep_threshold_secs < LEAST_SWEEP_THRESHOLD:
            raise Problem(
                422,
                "bad_request",
                f"sweep_threshold_secs is {LEAST_SWEEP_THRESHOLD:.0f} or more",
                "A worker that is well sends one heartbeat in 30 seconds; swept by mistake, its jobs run twice",
            )
        threshold, delay = timedelta(seconds=body.sweep_threshold_secs), timedelta(seconds=body.recovery_delay_secs)
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


def _has_jobs(row: TaskSummary | QueueSummary) -> bool:
    # What was not counted may be there.
    return bool(row.ready or row.scheduled or row.locked or row.failed or row.capped)
