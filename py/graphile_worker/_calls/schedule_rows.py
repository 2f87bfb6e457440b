"""The rows that calls about schedules return, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSummary:
    """A recurring job. `words` says when it is due; `source` where in which crontab it stands, None for one that
    `set_schedule` has made; `is_in_file` is False when it no longer stands there.

    `last_tick` is the last that was scheduled, by whomever, `last_outcome` what came of it: its job is `waiting`,
    `running`, has `failed` for good or is `gone`, done or removed; it was `skipped`, or `refused` with an `error`. An
    `error` without that says why no next tick can be told.
    """

    identifier: str
    words: str
    cron: str | None
    every: timedelta | None
    time_zone: str
    task: str
    payload: Any
    queue_name: str | None
    priority: int | None
    max_attempts: int | None
    job_key: str | None
    job_key_mode: Literal["replace", "preserve_run_at"]
    backfill: timedelta
    starts_at: datetime | None
    ends_at: datetime | None
    jitter: timedelta
    skip_if_running: bool
    source: str | None
    is_in_file: bool | None
    published_at: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    paused_until: datetime | None
    pause_reason: str | None
    next_ticks: list[datetime]
    last_tick: datetime | None
    last_job_id: int | None
    last_outcome: Literal["waiting", "running", "failed", "gone", "skipped", "refused"] | None
    last_skipped_at: datetime | None
    error: str | None
    error_at: datetime | None
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledTick:
    """A tick that was scheduled: its job was `added`, it was `skipped`, or an `error` refused the job."""

    identifier: str
    tick: datetime
    job_id: int | None
    outcome: Literal["added", "skipped", "error"]
    backfilled: bool
    error: str | None
