"""What recovery returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashedJob:
    """A job that was taken back from dead workers, `crashes` times so far, and is not done."""

    job_id: int
    task_identifier: str
    crashes: int
    last_crashed_at: datetime
    last_worker_id: str
