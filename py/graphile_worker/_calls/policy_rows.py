"""The rows that calls about policies and cancelled jobs return, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledJob:
    """What became of a job that was to be cancelled.

    It has `failed`, was `removed`, or is `gone`; or `worker_id` runs it, and was `asked` to stop it.
    """

    id: int
    outcome: Literal["failed", "removed", "asked", "gone"]
    worker_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPolicy:
    """What becomes of a task's jobs; None is as without a policy. `from_operator`: the values an operator has set."""

    task_identifier: str
    timeout: timedelta | None
    retry: Any
    max_attempts: int | None
    priority: int | None
    expires_after: timedelta | None
    bad_payload: Literal["fail", "retry"] | None
    from_operator: list[str]
    set_at: datetime
    set_by: str
    reason: str | None
