"""What a handler gets to know besides the payload."""

from __future__ import annotations

import asyncio
import logging
from asyncio import _get_running_loop as running_loop
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._basis.errors import JobCancelled
from .._calls.job import Job
from .._client.async_client import AsyncClient
from .home import client_here

if TYPE_CHECKING:
    from .._client.client import Client

logger = logging.getLogger("graphile_worker")


class JobContext:
    """What a handler gets when it takes a second argument.

    >>> @tasks.task  # doctest: +SKIP
    ... async def welcome(payload: dict, context: JobContext) -> None:
    ...     await context.client.add_job("send_email", {"to": payload["email"]})
    ...     context.logger.info("attempt %d", context.job.attempts)
    """

    __slots__ = ("_client", "_is_cancelled", "_loop", "job", "state", "worker_id")

    job: Job
    worker_id: str
    state: Mapping[str, Any]
    """What the worker was given as `state`."""

    def __init__(
        self,
        job: Job,
        worker_id: str,
        client: AsyncClient,
        state: Mapping[str, Any] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.job = job
        self.worker_id = worker_id
        self.state = {} if state is None else state
        self._client = client
        self._is_cancelled = is_cancelled
        self._loop: asyncio.AbstractEventLoop | None = running_loop()

    def __repr__(self) -> str:
        # State and client may hold secrets.
        return f"{type(self).__name__}(job={self.job!r}, worker_id={self.worker_id!r})"

    @property
    def client(self) -> AsyncClient:
        """Adds further jobs, on connections of the worker's own pool.

        On an event loop it is an AsyncClient. Where none runs, in a plain handler, it is a plain Client; annotate the
        parameter as ThreadContext to have that seen by a type checker. In a thread each of its calls raises
        JobCancelled once `is_cancelled`.
        """
        return client_here(self._client, self._loop, self.raise_if_cancelled)  # type: ignore[return-value]  # See ThreadContext.

    @property
    def is_cancelled(self) -> bool:
        """Tells whether the job was interrupted, cancelled, or taken from this worker, or its time is up: nobody wants
        its outcome.

        An async handler is cancelled; one in a thread looks here now and then, and returns early.
        """
        return self._is_cancelled is not None and self._is_cancelled()

    def raise_if_cancelled(self) -> None:
        """Raises JobCancelled once `is_cancelled`: for a thread that is deep in calls.

        >>> for row in rows:  # doctest: +SKIP
        ...     context.raise_if_cancelled()
        ...     load(row)
        """
        if self.is_cancelled:
            raise JobCancelled("the job was stopped: nobody wants its outcome any more")

    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose records carry the job's fields, unless the application gives its own to all records."""
        return _JobLogger(logger, {**self.job.log_fields(), "worker_id": self.worker_id})


class _JobLogger(logging.LoggerAdapter[logging.Logger]):
    def log(self, level: int, msg: object, *args: object, **keywords: Any) -> None:
        # Where it was logged is a call further up.
        keywords["stacklevel"] = keywords.get("stacklevel", 1) + 1
        try:
            super().log(level, msg, *args, **keywords)
        except KeyError:
            # A LogRecord factory of the application's has set fields of these names.
            self.logger.log(level, msg, *args, **keywords)


if TYPE_CHECKING:

    class ThreadContext(JobContext):
        """The JobContext of a plain handler, whose `client` is plain: an annotation for type checkers.

        >>> @tasks.task  # doctest: +SKIP
        ... def welcome(payload: dict, context: ThreadContext) -> None:
        ...     context.client.add_job("send_email", {"to": payload["email"]})
        """

        @property
        def client(self) -> Client:  # type: ignore[override]
            """Adds further jobs, on connections of the worker's own pool."""

else:
    ThreadContext = JobContext
