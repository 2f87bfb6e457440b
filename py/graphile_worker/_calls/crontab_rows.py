"""The rows that calls about crontabs return, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
