"""What is known of a job that runs, to its context and to the transaction that is to complete it."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, Protocol

from .._calls.job import Job
from .._client.async_client import AsyncClient

Stage = Literal["batch", "open", "done"] | None
"""Where the transaction of a run is: refused, under way, committed."""


class Holder(Protocol):
    """Who holds the jobs that run, and is told of their transactions."""

    def is_cut_off(self, job: Job, *, is_done: bool = False) -> bool:
        """Tells whether this run of the job is to end, and its outcome is not wanted any more."""

    def begin_finish(self, job: Job) -> None:
        """Hears that the handler of a job has begun the transaction that is to complete it."""

    def end_finish(self, job: Job, *, is_done: bool) -> None:
        """Hears that such a transaction has ended: with `is_done` it was committed."""


class Stopper(Protocol):
    """Who stops handlers, and is told when there is none to stop any more."""

    def end_handler(self, runner: asyncio.Task[Any]) -> None:
        """Hears that the handler that a task was running has ended: only hooks are left, which nobody cuts off for its
        sake.
        """


class Run(Protocol):
    """One run of a job: its context."""

    job: Job
    worker_id: str
    _client: AsyncClient
    _holder: Holder | None
    """None for a job that is in no queue."""
    _loop: asyncio.AbstractEventLoop | None
    _stage: Stage

    @property
    def is_done(self) -> bool:
        """Tells whether its transaction was committed."""
