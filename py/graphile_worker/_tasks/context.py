"""What a handler gets to know besides the payload."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._calls.job import Job
from .._client.async_client import AsyncClient

logger = logging.getLogger("graphile_worker")


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
