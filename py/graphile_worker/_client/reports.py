"""What operators look at, for the plain client.

Generated from async_reports.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from .._calls.call import Call

if TYPE_CHECKING:
    from .._calls.crontab_rows import KnownCrontab
    from .._calls.health_rows import TableHealth, XminHolder
    from .._calls.operator_rows import (
        BulkState,
        CrashedJob,
        JobDetails,
        JobFilters,
        JobPage,
        JobSummary,
        LockedWorker,
        Pause,
        QueueLength,
        QueueSummary,
        RefusedClaim,
        Stats,
        TaskSummary,
        WorkerSummary,
    )
    from .._calls.policy_rows import TaskPolicy

T = TypeVar("T")
_NONE: Mapping[str, Any] = {}


class Reports(ABC):
    """The part of Client that reports on jobs, tasks, queues, workers and tables; cheap at any length.

    What these calls, and those that change something, send stands in `_calls.operating`, loaded with the first of them.
    """

    @abstractmethod
    def _run(self, call: Call[T]) -> T: ...

    def _ask(self, function: str, filters: Mapping[str, Any] = _NONE, **arguments: Any) -> Any:
        """Calls a function of the database, of this name and with these arguments."""
        from .._calls.operating import call

        return self._run(call(function, filters, arguments))

    def stats(self) -> Stats:
        """Returns the state of the queue: each figure counted up to 10,000, or estimated above, as `estimated` says."""
        return self._ask("stats")

    def task_stats(
        self, *, limit: int = 100, after_task: str | None = None, count_limit: int = 1000
    ) -> list[TaskSummary]:
        """Returns each task with its jobs by state, by identifier. Figures stop at `count_limit`, as `capped` says."""
        return self._ask("task_stats", limit=limit, after_task=after_task, count_limit=count_limit)

    def table_health(self) -> list[TableHealth]:
        """Returns what vacuum has to do with the tables of the queue, the jobs first."""
        return self._ask("table_health")

    def list_xmin_holders(self, *, limit: int = 10) -> list[XminHolder]:
        """Returns the sessions and slots that keep vacuum from removing dead rows, the oldest first."""
        return self._ask("list_xmin_holders", limit=limit)

    def list_jobs(self, **filters: Unpack[JobFilters]) -> list[JobSummary]:
        """Returns jobs, the newest first. Raises UnknownName for a task or queue that was never used.

        `state`: all, ready, scheduled, waiting (either of them), locked or failed; `task`, `queue`: only of these.
        `search` looks for a text in key, task, queue, error, worker and payload, or for an id. `limit` (50) and
        `offset`; the next page comes with `before_id`, the lowest id of this one, and the one before with `after_id`.
        Where no index leads to them it looks at `max_rows` rows (50,000); `list_jobs_page` says whether that was all.
        """
        page = self.list_jobs_page(**filters)
        return page.jobs

    def list_jobs_page(self, **filters: Unpack[JobFilters]) -> JobPage:
        """Returns what `list_jobs` returns, with how far it looked and where the next page begins."""
        return self._ask("list_jobs_page", filters)

    def show_job(self, job_id: int) -> JobDetails | None:
        """Returns everything about one job; None when there is no such job: it may be done."""
        return self._ask("show_job", job_id=job_id)

    def find_job(self, job_key: str) -> JobDetails | None:
        """Returns everything about the job with this key; None when no job has it."""
        return self._ask("find_job", job_key=job_key)

    def list_default_states(self) -> dict[str, BulkState]:
        """Returns the state each change by filter is about when none is given, by action: `retry`, `fail` and so on."""
        return self._ask("list_default_states")

    def list_queues(
        self,
        *,
        limit: int = 100,
        after_queue: str | None = None,
        search: str | None = None,
        count_limit: int = 1000,
    ) -> list[QueueSummary]:
        """Returns named queues with their jobs by state, by name; only queues whose name contains `search`.

        Figures stop at `count_limit`, as `capped` says.
        """
        return self._ask("list_queues", limit=limit, after_queue=after_queue, search=search, count_limit=count_limit)

    def longest_queues(self, *, limit: int = 20, max_rows: int = 20_000) -> list[QueueLength]:
        """Returns the queues with the most jobs that are due, among `max_rows` jobs."""
        return self._ask("longest_queues", limit=limit, max_rows=max_rows)

    def list_workers(
        self, stale_threshold: timedelta = timedelta(minutes=5), *, limit: int = 1000, offset: int = 0
    ) -> list[WorkerSummary]:
        """Returns the workers that send heartbeats, the last heard of first, then others that hold jobs or queues."""
        return self._ask("list_workers", stale_threshold=stale_threshold, limit=limit, offset=offset)

    def list_locked_workers(self) -> list[LockedWorker]:
        """Returns the workers that hold jobs or queues right now, the oldest lock first."""
        return self._ask("list_locked_workers")

    def list_refused_claims(self, *, limit: int = 100) -> list[RefusedClaim]:
        """Lists jobs that can't be claimed, as something on the jobs table refuses it, the longest refused first."""
        return self._ask("list_refused_claims", limit=limit)

    def list_crashes(self, *, limit: int = 100) -> list[CrashedJob]:
        """Returns jobs that were taken back from dead workers and are not done, the most often taken back first."""
        return self._ask("list_crashes", limit=limit)

    def list_paused(self) -> list[Pause]:
        """Returns the queues and tasks that are paused, the longest paused first."""
        return self._ask("list_paused")

    def list_task_policies(self, task_identifiers: Sequence[str] | None = None) -> list[TaskPolicy]:
        """Returns the policies of tasks that have one, by name; of these tasks, None for all."""
        return self._ask("list_task_policies", task_identifiers=task_identifiers)

    def list_crontabs(self) -> list[KnownCrontab]:
        """Returns every crontab entry that was ever registered, by identifier."""
        return self._ask("list_crontabs")

    def newer_breaking_migration(self) -> str | None:
        """Returns the name of a newer migration of this schema that breaks this release; None when there is none."""
        from .._calls.housekeeping import newer_breaking_migration

        return self._run(newer_breaking_migration())
