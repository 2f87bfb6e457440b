"""The options of what adds jobs, for type checkers: a name that is misspelt is an error there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from .rows import JobKeyMode
from .unique import Unique


class AddOptions(TypedDict, total=False):
    """The options of a client's `add_job`, which says what they are."""

    queue_name: str | None
    run_at: datetime | None
    delay: timedelta | None
    max_attempts: int | None
    job_key: str | None
    priority: int | None
    flags: Iterable[str] | None
    job_key_mode: JobKeyMode
    unique: Unique | None


class SpecOptions(TypedDict, total=False):
    """The options of one job of many: what a JobSpec has besides task and payload."""

    queue_name: str | None
    run_at: datetime | None
    delay: timedelta | None
    max_attempts: int | None
    job_key: str | None
    priority: int | None
    flags: Sequence[str] | None
