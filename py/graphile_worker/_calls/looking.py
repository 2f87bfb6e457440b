"""The calls of those who look after the queue, as values (see _calls)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from psycopg.rows import class_row, dict_row, scalar_row, tuple_row

from . import operator_rows as reports
from . import rows as models
from .calls import Call, list_of


def cleanup(tasks: Sequence[str] | None, keep: Sequence[str] | None, max_rows: int | None) -> Call[dict[str, int]]:
    params = {
        "tasks": None if tasks is None else list(tasks),
        "keep": None if keep is None else list(keep),
        "max_rows": max_rows,
    }
    return Call("cleanup", params, tuple_row, dict)


def stats() -> Call[models.Stats]:
    return Call("stats", {}, class_row(models.Stats), lambda rows: rows[0])


def task_stats(*, limit: int, after_task: str | None, count_limit: int) -> Call[list[reports.TaskSummary]]:
    return list_of(reports.TaskSummary, "task_stats", row_limit=limit, after_task=after_task, count_limit=count_limit)


def table_health() -> Call[list[reports.TableHealth]]:
    return list_of(reports.TableHealth, "table_health")


def list_xmin_holders(limit: int) -> Call[list[reports.XminHolder]]:
    return list_of(reports.XminHolder, "list_xmin_holders", row_limit=limit)


def list_jobs(*, limit: int, offset: int, **filters: Any) -> Call[list[models.JobSummary]]:
    return list_of(models.JobSummary, "list_jobs", row_limit=limit, row_offset=offset, **filters)


def list_jobs_page(*, limit: int, **filters: Any) -> Call[reports.JobPage]:
    def page(rows: list[dict[str, Any]]) -> reports.JobPage:
        # One row at least: where nothing was found, without a job.
        *_, scope = ((row.pop("looked_at"), row.pop("complete"), row.pop("next_id")) for row in rows)
        jobs = [models.JobSummary(**row) for row in rows if row["id"] is not None]
        looked_at, complete, next_id = scope
        if jobs and len(jobs) >= limit:
            # A job found by its very id or key may stand beyond what was looked at.
            backward = filters["before_id"] is not None or filters["after_id"] is None
            last_id = jobs[-1].id if backward else jobs[0].id
            next_id = last_id if next_id is None else max(last_id, next_id) if backward else min(last_id, next_id)
            complete = False
        return reports.JobPage(jobs=jobs, looked_at=looked_at, complete=complete, next_id=next_id)

    return Call("list_jobs_page", {"row_limit": limit, **filters}, dict_row, page)


def show_job(job_id: int) -> Call[models.JobDetails | None]:
    return Call("show_job", {"job_id": job_id}, class_row(models.JobDetails), lambda rows: rows[0] if rows else None)


def list_queues(
    *, limit: int, after_queue: str | None, search: str | None, count_limit: int
) -> Call[list[models.QueueSummary]]:
    return list_of(
        models.QueueSummary,
        "list_queues",
        row_limit=limit,
        after_queue=after_queue,
        search=search,
        count_limit=count_limit,
    )


def longest_queues(*, limit: int, max_rows: int) -> Call[list[reports.QueueLength]]:
    return list_of(reports.QueueLength, "longest_queues", row_limit=limit, max_rows=max_rows)


def list_workers(stale_threshold: timedelta, *, limit: int, offset: int) -> Call[list[models.WorkerSummary]]:
    return list_of(
        models.WorkerSummary, "list_workers", stale_threshold=stale_threshold, row_limit=limit, row_offset=offset
    )


def list_locked_workers() -> Call[list[models.LockedWorker]]:
    return list_of(models.LockedWorker, "list_locked_workers")


def sweep_stale_workers(
    *, sweep_threshold: timedelta, recovery_delay: timedelta, dry_run: bool
) -> Call[list[reports.SweptWorker]]:
    return list_of(
        reports.SweptWorker,
        "sweep_stale_workers",
        sweep_threshold=sweep_threshold,
        recovery_delay=recovery_delay,
        dry_run=dry_run,
    )


def retry_jobs(job_ids: Sequence[int]) -> Call[list[models.JobRow]]:
    return list_of(models.JobRow, "retry_jobs", job_ids=list(job_ids))


def bulk(action: str, *, job_ids: Sequence[int] | None, **params: Any) -> Call[reports.BulkResult]:
    params["job_ids"] = None if job_ids is None else list(job_ids)
    return Call(f"{action}_matching_jobs", params, class_row(reports.BulkResult), lambda rows: rows[0])


def pause(kind: str, name: str, reason: str | None) -> Call[bool]:
    return Call(f"pause_{kind}", {"name": name, "reason": reason}, scalar_row, lambda rows: bool(rows[0]))


def resume(kind: str, name: str) -> Call[bool]:
    return Call(f"resume_{kind}", {"name": name}, scalar_row, lambda rows: bool(rows[0]))


def list_crashes(limit: int) -> Call[list[reports.CrashedJob]]:
    return list_of(reports.CrashedJob, "list_crashes", row_limit=limit)


def list_paused() -> Call[list[reports.Pause]]:
    return list_of(reports.Pause, "list_paused")
