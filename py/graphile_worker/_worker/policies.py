"""The policies of the worker's tasks: what its code says is published, what holds is looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .._basis.errors import PayloadError
from .._calls import publishing
from .._calls.job import Job
from .._client.async_client import AsyncClient
from .._hooks.endings import Ending, GiveUp
from .._tasks.registry import TaskRegistry

if TYPE_CHECKING:
    from .._calls.publishing import HeldPolicy


class Policies:
    """What holds for the tasks of a worker, an operator's word included, as of the last look."""

    def __init__(self, client: AsyncClient, tasks: TaskRegistry) -> None:
        self._client = client
        self._tasks = tasks
        self._held: dict[str, HeldPolicy] = {}

    async def publish(self) -> None:
        """Publishes what the code says of its tasks, and looks what holds."""
        policies = {name: self._tasks[name].policy.document() for name in self._tasks}
        await self._client._run(publishing.publish_task_policies(policies))  # noqa: SLF001
        await self.look()

    async def look(self) -> None:
        self._held = await self._client._run(publishing.held_policies(self._tasks.identifiers))  # noqa: SLF001

    def timeout_of(self, job: Job) -> timedelta | None:
        """Returns how long a job may take; None for as long as it does."""
        held = self._held.get(job.task_identifier)
        return None if held is None else held.timeout

    def decide(self, job: Job, error: BaseException) -> Ending | None:
        """Decides about a job that has failed; None leaves it to the database."""
        policy = self._tasks[job.task_identifier].policy
        if type(error) is PayloadError:
            # Before the first look, and where nobody looks: as the code says.
            held = self._held.get(job.task_identifier) or policy
            return GiveUp() if held.bad_payload == "fail" else None
        return policy.decide(job, error)
