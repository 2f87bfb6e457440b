"""The calls that look at jobs, queues, workers and the schema, and change nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psycopg.rows import class_row, dict_row, tuple_row

from .call import Call, checked, list_of
from .operator_rows import (
    CrashedJob,
    JobPage,
    Pause,
    QueueLength,
    RefusedClaim,
    TableHealth,
    TaskSummary,
    XminHolder,
)
from .rows import BulkState, JobDetails, JobSummary, LockedWorker, QueueSummary, Stats, WorkerSummary


def stats() -> Call[Stats]:
    return Call("stats", {}, class_row(Stats), lambda rows: rows[0])


def task_stats(*, limit: int, after_task: str | None, count_limit: int) -> Call[list[TaskSummary]]:
    return list_of(TaskSummary, "task_stats", row_limit=limit, after_task=after_task, count_limit=count_limit)


def table_health() -> Call[list[TableHealth]]:
    return list_of(TableHealth, "table_health")


def list_xmin_holders(limit: int) -> Call[list[XminHolder]]:
    return list_of(XminHolder, "list_xmin_holders", row_limit=limit)


def list_jobs_page(*, limit: int, offset: int, **filters: Any) -> Call[JobPage]:
    def page(rows: list[dict[str, Any]]) -> JobPage:
        # One row at least: where nothing was found, without a job.
        *_, (looked_at, complete, next_id) = (
            (row.pop("looked_at"), row.pop("complete"), row.pop("next_id")) for row in rows
        )
        jobs = [JobSummary(**row) for row in rows if row["id"] is not None]
        return JobPage(jobs=jobs, looked_at=looked_at, complete=complete, next_id=next_id)

    return Call("list_jobs_page", checked(row_limit=limit, row_offset=offset, **filters), dict_row, page)


def show_job(job_id: int) -> Call[JobDetails | None]:
    return Call("show_job", checked(job_id=job_id), class_row(JobDetails), lambda rows: rows[0] if rows else None)


def find_job(job_key: str) -> Call[JobDetails | None]:
    return Call("find_job", checked(job_key=job_key), class_row(JobDetails), lambda rows: rows[0] if rows else None)


def list_default_states() -> Call[dict[str, BulkState]]:
    return Call("list_default_states", {}, tuple_row, dict)


def list_queues(
    *, limit: int, after_queue: str | None, search: str | None, count_limit: int
) -> Call[list[QueueSummary]]:
    return list_of(
        QueueSummary,
        "list_queues",
        row_limit=limit,
        after_queue=after_queue,
        search=search,
        count_limit=count_limit,
    )


def longest_queues(*, limit: int, max_rows: int) -> Call[list[QueueLength]]:
    return list_of(QueueLength, "longest_queues", row_limit=limit, max_rows=max_rows)


def list_workers(stale_threshold: timedelta, *, limit: int, offset: int) -> Call[list[WorkerSummary]]:
    return list_of(WorkerSummary, "list_workers", stale_threshold=stale_threshold, row_limit=limit, row_offset=offset)


def list_locked_workers() -> Call[list[LockedWorker]]:
    return list_of(LockedWorker, "list_locked_workers")


def list_refused_claims(limit: int) -> Call[list[RefusedClaim]]:
    return list_of(RefusedClaim, "list_refused_claims", row_limit=limit)


def list_crashes(limit: int) -> Call[list[CrashedJob]]:
    return list_of(CrashedJob, "list_crashes", row_limit=limit)


def list_paused() -> Call[list[Pause]]:
    return list_of(Pause, "list_paused")


def newer_breaking_migration() -> Call[str | None]:
    # Nobody who adds a job needs the sources of the schema.
    from .._schema import SHARED_REVISION, sources

    params = {"revision": SHARED_REVISION, "migration": max(f.number for f in sources.of_kind("migration"))}
    return Call("newer_breaking_migration", params, tuple_row, lambda rows: rows[0][0])
