"""The policies and limits of the worker's tasks: what its code says is published, what policies hold is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.errors import GraphileWorkerError, PayloadError
from .._basis.log import logger
from .._basis.printable import first_line
from .._calls import publishing
from .._calls.job import Job
from .._client.async_client import AsyncClient
from .._hooks.endings import Ending, GiveUp
from .._tasks.registry import TaskRegistry

if TYPE_CHECKING:
    from .._calls.publishing import HeldPolicy


class Policies:
    """What holds for the tasks of a worker, an operator's word included, as of the last look."""

    def __init__(self, client: AsyncClient, tasks: TaskRegistry, *, publishes: bool = False) -> None:
        """Makes ready to look; `publishes` the policies of the code before the first look, without `publish`."""
        self._client = client
        self._tasks = tasks
        self._held: dict[str, HeldPolicy] | None = None
        self.timeouts = {name: limit for name in tasks if (limit := tasks[name].policy.timeout) is not None}
        """How long jobs of a task may take; without an entry for as long as they do."""
        self._is_to_publish = publishes
        self._limits_too = False

    async def publish(self) -> None:
        """Publishes what the code says of its tasks, and of limits of queues, and looks what holds.

        Where that fails, on a standby that can't be written to perhaps, the log says so, jobs run as the code says, and
        the next look tries again.
        """
        self._is_to_publish = self._limits_too = True
        try:
            await self.look()
        except (psycopg.Error, PoolTimeout, GraphileWorkerError) as error:
            logger.warning("policies and limits of this worker's tasks are not published: %s", first_line(error))

    async def look(self) -> None:
        """Looks what holds; before, publishes what `publish` could not."""
        if self._is_to_publish:
            policies = {name: self._tasks[name].policy.document() for name in self._tasks}
            await self._client._run(publishing.publish_task_policies(policies))  # noqa: SLF001
            if self._limits_too:
                limits = {name: self._limit_of(name) for name in self._tasks}
                await self._client._run(publishing.publish_limits(limits, self._tasks.queue_limits))  # noqa: SLF001
            self._is_to_publish = False
        self._held = await self._client._run(publishing.held_policies(self._tasks.identifiers))  # noqa: SLF001
        self.timeouts = {name: policy.timeout for name, policy in self._held.items() if policy.timeout is not None}

    def _limit_of(self, task: str) -> dict[str, Any]:
        limit = self._tasks[task].policy.limit
        return {} if limit is None else limit.document()

    def decide(self, job: Job, error: BaseException) -> Ending | None:
        """Decides about a job that has failed; None leaves it to the database."""
        policy = self._tasks[job.task_identifier].policy
        if type(error) is PayloadError:
            # Before the first look, and where nobody looks: as the code says.
            held = (self._held or {}).get(job.task_identifier) or policy
            return GiveUp() if held.bad_payload == "fail" else None
        return policy.decide(job, error)
