"""Jobs to be added and the rows that calls return, as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

JobKeyMode = Literal["replace", "preserve_run_at", "unsafe_dedupe"]
JobState = Literal["ready", "scheduled", "locked", "failed"]
BulkState = Literal["ready", "scheduled", "waiting", "failed", "all"]


# Neither this nor JobRow is a dataclass: a frozen one takes many times as long to make.
class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One job of `add_jobs`; None takes the default that `add_job` has.

    `msgspec.structs.replace(spec, priority=1)` makes a changed copy.

    >>> JobSpec(identifier="send_email", payload={"to": "ada@example.com"}).priority is None
    True
    """

    identifier: str
    payload: Any = None
    queue_name: str | None = None
    run_at: datetime | None = None
    max_attempts: int | None = None
    job_key: str | None = None
    priority: int | None = None
    flags: Sequence[str] | None = None


class JobRow(msgspec.Struct, frozen=True):
    """A row of the jobs table, as the functions that add or change jobs return it."""

    id: int
    job_queue_id: int | None
    task_id: int
    payload: Any
    priority: int
    run_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None
    created_at: datetime
    updated_at: datetime
    key: str | None
    locked_at: datetime | None
    locked_by: str | None
    revision: int
    flags: dict[str, bool] | None
    is_available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """A job as `list_jobs` shows it: names instead of ids, and its state, but not its payload."""

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
class KnownCrontab:
    """A crontab entry as the database knows it; `last_execution` is the last tick that was scheduled, None for none."""

    identifier: str
    known_since: datetime
    last_execution: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCrontab:
    """What `schedule_crontabs` did for an entry: `job_id` is the job it added. None: the database refused that, and the
    entry is left out; the rest says why, `error_code` being an SQLSTATE."""

    identifier: str
    job_id: int | None
    error_code: str | None
    error_message: str | None
    error_hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCrontab:
    """A crontab entry of which the database would not add a job, and why; `error_code` is an SQLSTATE."""

    identifier: str | None
    error_code: str
    error_message: str
    error_hint: str | None
