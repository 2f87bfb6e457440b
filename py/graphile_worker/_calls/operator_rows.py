"""The rows that calls for operators return, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .rows import JobSummary


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
class TableHealth:
    """A table of the queue as vacuum sees it: estimates of its rows, sizes in bytes, rows changed since the server's
    statistics began, and transactions since it was frozen."""

    table_name: str
    live_rows: int
    dead_rows: int
    table_bytes: int
    index_bytes: int
    last_vacuum: datetime | None
    last_autovacuum: datetime | None
    last_analyze: datetime | None
    last_autoanalyze: datetime | None
    inserted: int
    updated: int
    deleted: int
    xid_age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class XminHolder:
    """A session or slot that keeps vacuum from removing dead rows; `xmin_age` counts the transactions begun since."""

    kind: Literal["session", "prepared transaction", "replication slot", "standby"]
    name: str | None
    pid: int | None
    role_name: str | None
    state: str | None
    since: datetime | None
    xmin_age: int
    query: str | None


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
class SweptWorker:
    """A dead worker, and what became of the jobs that it held.

    `last_heartbeat_at` is None for one that is known only by its locks. `given_up_jobs` have crashed too many workers
    and are failed for good; `skipped_jobs` were in somebody's way and are met again by the next sweep.
    """

    worker_id: str
    last_heartbeat_at: datetime | None
    recovered_jobs: int
    given_up_jobs: int
    skipped_jobs: int


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
    """A queue or task of which nothing is claimed: since when, by which role, and why."""

    kind: Literal["queue", "task"]
    name: str
    paused_at: datetime
    paused_by: str
    reason: str | None
