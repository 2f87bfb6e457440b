"""Jobs to be added, and the rows that programs and workers get, as typed values. Operators' are in operator_rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

JobKeyMode = Literal["replace", "preserve_run_at", "unsafe_dedupe"]


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
    delay: timedelta | None = None
    """After the server's now, instead of `run_at`."""


class JobRow(msgspec.Struct, frozen=True):
    """A row of the jobs table, as the functions that add or change jobs return it.

    `is_new` is False when a unique job was there already; of one that is done the row is made of what the call gave.
    """

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
    is_new: bool = True


JOB_COLUMNS = JobRow.__struct_fields__[:-1]
"""Those that the table has."""


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
