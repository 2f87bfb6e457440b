"""A claimed job, and what its handler gets to know besides the payload."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .._basis.json_text import decode

if TYPE_CHECKING:
    from .._client.async_client import AsyncClient

logger = logging.getLogger("graphile_worker")


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
        """The fields that every log record about this job carries."""
        return {
            "job_id": self.id,
            "task_identifier": self.task_identifier,
            "attempts": self.attempts,
            "max_attempts": self.max_attempts,
            "queue_name": self.queue_name,
            "job_key": self.key,
        }


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler gets when it takes a second argument.

    >>> @tasks.task  # doctest: +SKIP
    ... async def welcome(payload: dict, context: JobContext) -> None:
    ...     await context.client.add_job("send_email", {"to": payload["email"]})
    ...     context.logger.info("attempt %d", context.job.attempts)
    """

    job: Job
    worker_id: str
    client: AsyncClient
    """Adds further jobs, on connections of the worker's own pool."""
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the worker was given as `state`."""
    _is_cancelled: Callable[[], bool] = lambda: False

    @property
    def is_cancelled(self) -> bool:
        """Whether the job was interrupted, or taken from this worker: its outcome is not wanted any more.

        An async handler is cancelled; one in a thread can only look here now and then, and return early.
        """
        return self._is_cancelled()

    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose records carry the job's fields."""
        return logging.LoggerAdapter(logger, {**self.job.log_fields(), "worker_id": self.worker_id})
