"""A claimed job."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from .._basis.json_text import decode


class Job(NamedTuple):
    """A job that this worker holds, as `get_jobs` returned it.

    `payload_json` and `flags_json` are JSON text as it came, so that nothing is decoded that nobody looks at.
    `attempts` counts this run: 1 is the first.
    """

    id: int
    task_identifier: str
    payload_json: bytes
    queue_name: str | None
    priority: int
    run_at: datetime
    attempts: int
    max_attempts: int
    created_at: datetime
    key: str | None
    flags_json: bytes | None

    @property
    def payload(self) -> Any:
        """The payload as plain Python values."""
        return decode(self.payload_json)

    @property
    def flags(self) -> frozenset[str]:
        """The names of the job's flags."""
        return frozenset(msgspec.json.decode(self.flags_json)) if self.flags_json else frozenset()

    def log_fields(self) -> dict[str, Any]:
        """Returns the fields that every log record about this job carries."""
        return {
            "job_id": self.id,
            "task_identifier": self.task_identifier,
            "attempts": self.attempts,
            "max_attempts": self.max_attempts,
            "queue_name": self.queue_name,
            "job_key": self.key,
        }
