"""The calls that change jobs, queues and tasks: what an operator does, and what cleans up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.rows import class_row, scalar_row, tuple_row

from .call import Call, checked, list_of
from .operator_rows import BulkResult, CleanupPreview, SweptWorker
from .rows import JobRow, LockedWorker, ReleasedLock


def remove_job(job_key: str) -> Call[JobRow | None]:
    # No such job comes as one row of nulls.
    return Call(
        "remove_job",
        checked(job_key=job_key),
        class_row(JobRow),
        lambda rows: rows[0] if rows and rows[0].id is not None else None,
    )


def complete_jobs(job_ids: Sequence[int]) -> Call[list[JobRow]]:
    return list_of(JobRow, "complete_jobs", job_ids=job_ids)


def permanently_fail_jobs(job_ids: Sequence[int], error_message: str | None) -> Call[list[JobRow]]:
    return list_of(JobRow, "permanently_fail_jobs", job_ids=job_ids, error_message=error_message)


def reschedule_jobs(
    job_ids: Sequence[int],
    *,
    run_at: datetime | Literal["now"] | None,
    priority: int | None,
    attempts: int | None,
    max_attempts: int | None,
) -> Call[list[JobRow]]:
    return list_of(
        JobRow,
        "reschedule_jobs",
        job_ids=job_ids,
        run_at=run_at,
        priority=priority,
        attempts=attempts,
        max_attempts=max_attempts,
    )


def retry_jobs(job_ids: Sequence[int]) -> Call[list[JobRow]]:
    return list_of(JobRow, "retry_jobs", job_ids=job_ids)


def bulk(action: str, *, job_ids: Sequence[int] | None, **params: Any) -> Call[BulkResult]:
    ids: dict[str, Any] = {"job_ids": None} if job_ids is None else checked(job_ids=job_ids)
    return Call(f"{action}_matching_jobs", checked(**params) | ids, class_row(BulkResult), lambda rows: rows[0])


def pause(kind: str, name: str, reason: str | None) -> Call[bool]:
    return Call(f"pause_{kind}", checked(name=name, reason=reason), scalar_row, lambda rows: bool(rows[0]))


def resume(kind: str, name: str) -> Call[bool]:
    return Call(f"resume_{kind}", checked(name=name), scalar_row, lambda rows: bool(rows[0]))


def force_unlock_workers(worker_ids: Sequence[str], *, dry_run: bool) -> Call[list[LockedWorker]]:
    return list_of(LockedWorker, "force_unlock_workers", worker_ids=worker_ids, dry_run=dry_run)


def release_expired_locks(max_age: timedelta | None, *, dry_run: bool) -> Call[list[ReleasedLock]]:
    return list_of(ReleasedLock, "release_expired_locks", max_age=max_age, dry_run=dry_run)


def renew_locks(worker_ids: Sequence[str]) -> Call[int]:
    return Call("renew_locks", {"worker_ids": list(worker_ids)}, scalar_row, lambda rows: int(rows[0]))


def sweep_stale_workers(
    *, sweep_threshold: timedelta, recovery_delay: timedelta, dry_run: bool
) -> Call[list[SweptWorker]]:
    return list_of(
        SweptWorker,
        "sweep_stale_workers",
        sweep_threshold=sweep_threshold,
        recovery_delay=recovery_delay,
        dry_run=dry_run,
    )


def cleanup(tasks: Sequence[str] | None, keep: Sequence[str] | None, max_rows: int | None) -> Call[dict[str, int]]:
    return Call("cleanup", checked(tasks=tasks, keep=keep, max_rows=max_rows), tuple_row, dict)


def preview_cleanup(
    tasks: Sequence[str] | None, keep: Sequence[str] | None, max_rows: int | None
) -> Call[list[CleanupPreview]]:
    return list_of(CleanupPreview, "preview_cleanup", tasks=tasks, keep=keep, max_rows=max_rows)
