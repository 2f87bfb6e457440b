"""Limits of tasks and queues, and their pauses, for the asyncio client.

`limits.py` is generated from this file by tools/generate_client.py; change this one and run `make format`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from .async_reports import AsyncReports

if TYPE_CHECKING:
    from .._calls.limit_rows import LimitSummary, QueueLimit, TaskLimit


class AsyncLimits(AsyncReports):
    """The part of AsyncClient that says how many jobs run at once, how many start in a while, and what is paused."""

    async def limit_task(self, task_identifier: str, **limit: Unpack[TaskLimit]) -> bool:
        """Limits a task over all workers: so many jobs at once, so many started in a while. None leaves a value as it
        is. True when no operator had limited it before. See TaskLimit, and docs/limits.md.

        >>> await client.limit_task("ask_model", max_running=5, rate=100, per=timedelta(minutes=1))  # doctest: +SKIP
        """
        return await self._ask("limit_task", limit, task_identifier=task_identifier)

    async def limit_queue(self, queue_name: str, **limit: Unpack[QueueLimit]) -> bool:
        """Limits a queue, or with a name that ends in * each queue whose name begins so; as `limit_task`.

        >>> await client.limit_queue("tenant:*", width=3)  # doctest: +SKIP
        """
        return await self._ask("limit_queue", limit, queue_name=queue_name)

    async def unlimit_task(self, task_identifier: str) -> bool:
        """Takes back all that `limit_task` has set: what workers publish holds again. False when nothing was set."""
        return await self._ask("unlimit_task", task_identifier=task_identifier)

    async def unlimit_queue(self, queue_name: str) -> bool:
        """Takes back all that `limit_queue` has set for a queue or pattern. False when nothing was set."""
        return await self._ask("unlimit_queue", queue_name=queue_name)

    async def list_limits(
        self, *, limit: int = 100, after_kind: str | None = None, after_name: str | None = None
    ) -> list[LimitSummary]:
        """Returns the limits that hold, by kind and name, and what waits for them.

        The next page comes with `after_kind` and `after_name`, those of the last one.
        """
        return await self._ask("list_limits", limit=limit, after_kind=after_kind, after_name=after_name)

    async def pause_queue(self, queue_name: str, reason: str | None = None, *, until: datetime | None = None) -> bool:
        """Stops the claiming of the queue's jobs `until` then or `resume_queue`. False when it was paused already:
        then `until`, None for no end, holds from now on.
        """
        return await self._ask("pause_queue", queue_name=queue_name, reason=reason, until=until)

    async def pause_task(
        self, task_identifier: str, reason: str | None = None, *, until: datetime | None = None
    ) -> bool:
        """Stops the claiming of the task's jobs `until` then or `resume_task`. False when it was paused already: then
        `until`, None for no end, holds from now on.
        """
        return await self._ask("pause_task", task_identifier=task_identifier, reason=reason, until=until)

    async def resume_queue(self, queue_name: str) -> bool:
        """Ends what `pause_queue` began; idle workers look at once. False when the queue was not paused."""
        return await self._ask("resume_queue", queue_name=queue_name)

    async def resume_task(self, task_identifier: str) -> bool:
        """Ends what `pause_task` began; idle workers look at once. False when the task was not paused."""
        return await self._ask("resume_task", task_identifier=task_identifier)
