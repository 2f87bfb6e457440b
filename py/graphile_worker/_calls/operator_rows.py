"""The rows that calls for operators return, as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

JobState = Literal["ready", "scheduled", "locked", "failed"]
BulkState = Literal["ready", "scheduled", "waiting", "failed", "all"]
CancelState = BulkState | Literal["locked", "unfinished"]


class JobFilters(TypedDict, total=False):
    """Which jobs a list is about, and where it begins; what is not given is as in `list_jobs` of the database."""

    state: JobState | str
    task: str | None
    queue: str | None
    search: str | None
    limit: int
    offset: int
    before_id: int | None
    after_id: int | None
    max_rows: int


class _BulkFilters(TypedDict, total=False):
    task: str | None
    queue: str | None
    error_like: str | None
    changed_before: datetime | None
    changed_since: datetime | None
    job_ids: Sequence[int] | None
    after_id: int
    max_jobs: int
    max_rows: int
    dry_run: bool


class BulkFilters(_BulkFilters, total=False):
    """Which jobs a change by filter is about, and how far one call goes.

    What is not given is as in `retry_matching_jobs` of the database.
    """

    state: BulkState | None


class CancelFilters(_BulkFilters, total=False):
    """As BulkFilters, for jobs that run, too."""

    state: CancelState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """A job as `list_jobs` shows it: names instead of ids, and its state, but not its payload.

    `is_cancelled`: it was cancelled while a worker held it, which has not ended that yet.
    """

    id: int
    job_state: JobState
    task_identifier: str
    queue_name: str | None
    priority: int
    run_at: datetime
    attempts: int
    max_attempts: int
    key: str | None
    flags: dict[str, bool] | None
    last_error: str | None
    locked_at: datetime | None
    locked_by: str | None
    created_at: datetime
    updated_at: datetime
    revision: int
    is_cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetails(JobSummary):
    """A job as `show_job` shows it, its payload included."""

    payload: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The state of the queue: jobs by state, and how long the one that waits longest has been due.

    `estimated` names the figures that were not counted, as there are more than 10,000; of those in `at_least`, too, no
    more than that is known. `workers` were heard of within 5 minutes, `stale_workers` were not. `jobs_added` and
    `jobs_deleted` (done or removed) count since the server's statistics began: throughput is the difference of two
    looks, and the time between them that of `counted_at`.
    """

    total: int
    ready: int
    scheduled: int
    locked: int
    failed: int
    oldest_ready_age: timedelta | None
    queues: int
    locked_queues: int
    workers: int
    paused_queues: int
    paused_tasks: int
    estimated: list[str]
    jobs_added: int
    jobs_deleted: int
    counted_at: datetime
    stale_workers: int
    at_least: list[str]
    held_back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSummary:
    """A named queue, its jobs by state, and who holds it.

    `capped` names the figures that are at least this, as counting stopped there; `failed` is None when more than 10,000
    jobs have failed in the whole table.
    """

    queue_name: str
    ready: int
    scheduled: int
    locked: int
    failed: int | None
    locked_at: datetime | None
    locked_by: str | None
    paused_at: datetime | None
    pause_reason: str | None
    capped: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSummary:
    """A worker that sends heartbeats, or one that is known only by what it holds: then the first three are None."""

    worker_id: str
    started_at: datetime | None
    last_heartbeat_at: datetime | None
    is_stale: bool | None
    locked_jobs: int
    locked_queues: int
    oldest_lock: datetime | None
    metadata: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedWorker:
    """A worker that holds jobs or queues; `last_heartbeat_at` is None for one that sends no heartbeats."""

    worker_id: str
    locked_jobs: int
    locked_queues: int
    oldest_lock: datetime
    last_heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedLock:
    """A job or queue that `release_expired_locks` freed; `job_id` is None for a queue locked for no such job."""

    job_id: int | None
    queue_name: str | None
    worker_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSummary:
    """A task, and its jobs by state; `capped` names the figures that are at least this, as counting stopped there."""

    task_identifier: str
    ready: int
    scheduled: int
    locked: int
    failed: int
    oldest_ready_age: timedelta | None
    paused_at: datetime | None
    pause_reason: str | None
    capped: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLength:
    """A named queue with jobs that are due; `capped`: there are more of them, in any queue, than were looked at."""

    queue_name: str
    ready: int
    oldest_ready_age: timedelta | None
    locked_at: datetime | None
    locked_by: str | None
    paused_at: datetime | None
    capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """A page of jobs, and how far the search for it went.

    `looked_at`: how many rows it looked at, None when an index led to them. When it is not `complete` there may be more
    jobs beyond `next_id`: the `before_id` (or `after_id`) of the next page.
    """

    jobs: list[JobSummary]
    looked_at: int | None
    complete: bool
    next_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """A chunk of a bulk change: how many jobs were changed, out of how many rows at most, and how far it went.

    Of a dry run, `changed` is how many would be. While there is `more`, call again with `after_id=last_id`. `skipped`
    jobs were held by somebody, or had just changed.
    """

    changed: int
    looked_at: int
    last_id: int
    more: bool
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupPreview:
    """What a task of `cleanup` would remove: how many rows, and the first 20 names where these have names."""

    task: str
    removed: int
    names: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashedJob:
    """A job that was taken back from dead workers, `crashes` times so far, and is not done."""

    job_id: int
    task_identifier: str
    crashes: int
    last_crashed_at: datetime
    last_worker_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedClaim:
    """A job that can't be claimed, as something on the jobs table refuses it; `refusals` is how often it was tried."""

    job_id: int
    task_identifier: str
    queue_name: str | None
    refused_since: datetime
    last_refused_at: datetime
    next_try_at: datetime
    refusals: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A queue or task of which nothing is claimed, or a schedule that adds none: since when, by which role, why, and
    `until` when; None: no end.
    """

    kind: Literal["queue", "task", "schedule"]
    name: str
    paused_at: datetime
    paused_by: str
    reason: str | None
    until: datetime | None
