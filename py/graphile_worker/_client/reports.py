"""What operators look at, for the plain client.

Generated from async_reports.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TypeVar

from .._calls import looking
from .._calls.call import Call
from .._calls.operator_rows import (
    CrashedJob,
    JobPage,
    Pause,
    QueueLength,
    RefusedClaim,
    TableHealth,
    TaskSummary,
    XminHolder,
)
from .._calls.rows import BulkState, JobDetails, JobState, JobSummary, LockedWorker, QueueSummary, Stats, WorkerSummary

T = TypeVar("T")


class Reports(ABC):
    """The part of Client that reports on jobs, tasks, queues, workers and tables; cheap at any length."""

    @abstractmethod
    def _run(self, call: Call[T]) -> T: ...

    def stats(self) -> Stats:
        """Returns the state of the queue: each figure counted up to 10,000, or estimated above, as `estimated` says."""
        return self._run(looking.stats())

    def task_stats(
        self, *, limit: int = 100, after_task: str | None = None, count_limit: int = 1000
    ) -> list[TaskSummary]:
        """Returns each task with its jobs by state, by identifier. Figures stop at `count_limit`, as `capped` says."""
        return self._run(looking.task_stats(limit=limit, after_task=after_task, count_limit=count_limit))

    def table_health(self) -> list[TableHealth]:
        """Returns what vacuum has to do with the tables of the queue, the jobs first."""
        return self._run(looking.table_health())

    def list_xmin_holders(self, *, limit: int = 10) -> list[XminHolder]:
        """Returns the sessions and slots that keep vacuum from removing dead rows, the oldest first."""
        return self._run(looking.list_xmin_holders(limit))

    def list_jobs(
        self,
        *,
        state: JobState | str = "all",
        task: str | None = None,
        queue: str | None = None,
        search: str | None = None,
        limit: int = 50,
        offset: int = 0,
        before_id: int | None = None,
        after_id: int | None = None,
        max_rows: int = 50_000,
    ) -> list[JobSummary]:
        """Returns jobs, the newest first. Raises UnknownName for a task or queue that was never used.

        `state`: all, ready, scheduled, waiting (either of them), locked or failed. `search` looks for a text in key,
        task, queue, error, worker and payload, or for an id. The next page comes with `before_id`, the lowest id of
        this one. Where no index leads to them it looks at `max_rows` rows; `list_jobs_page` says whether that was all.
        """
        page = self.list_jobs_page(
            state=state,
            task=task,
            queue=queue,
            search=search,
            limit=limit,
            offset=offset,
            before_id=before_id,
            after_id=after_id,
            max_rows=max_rows,
        )
        return page.jobs

    def list_jobs_page(
        self,
        *,
        state: JobState | str = "all",
        task: str | None = None,
        queue: str | None = None,
        search: str | None = None,
        limit: int = 50,
        offset: int = 0,
        before_id: int | None = None,
        after_id: int | None = None,
        max_rows: int = 50_000,
    ) -> JobPage:
        """Returns what `list_jobs` returns, with how far it looked and where the next page begins."""
        return self._run(
            looking.list_jobs_page(
                state=state,
                task=task,
                queue=queue,
                search=search,
                limit=limit,
                offset=offset,
                before_id=before_id,
                after_id=after_id,
                max_rows=max_rows,
            )
        )

    def show_job(self, job_id: int) -> JobDetails | None:
        """Returns everything about one job; None when there is no such job: it may be done."""
        return self._run(looking.show_job(job_id))

    def find_job(self, job_key: str) -> JobDetails | None:
        """Returns everything about the job with this key; None when no job has it."""
        return self._run(looking.find_job(job_key))

    def list_default_states(self) -> dict[str, BulkState]:
        """Returns the state each change by filter is about when none is given, by action: `retry`, `fail` and so on."""
        return self._run(looking.list_default_states())

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
        return self._run(
            looking.list_queues(limit=limit, after_queue=after_queue, search=search, count_limit=count_limit)
        )

    def longest_queues(self, *, limit: int = 20, max_rows: int = 20_000) -> list[QueueLength]:
        """Returns the queues with the most jobs that are due, among `max_rows` jobs."""
        return self._run(looking.longest_queues(limit=limit, max_rows=max_rows))

    def list_workers(
        self, stale_threshold: timedelta = timedelta(minutes=5), *, limit: int = 1000, offset: int = 0
    ) -> list[WorkerSummary]:
        """Returns the workers that send heartbeats, the last heard of first, then others that hold jobs or queues."""
        return self._run(looking.list_workers(stale_threshold, limit=limit, offset=offset))

    def list_locked_workers(self) -> list[LockedWorker]:
        """Returns the workers that hold jobs or queues right now, the oldest lock first."""
        return self._run(looking.list_locked_workers())

    def list_refused_claims(self, *, limit: int = 100) -> list[RefusedClaim]:
        """Lists jobs that can't be claimed, as something on the jobs table refuses it, the longest refused first."""
        return self._run(looking.list_refused_claims(limit))

    def list_crashes(self, *, limit: int = 100) -> list[CrashedJob]:
        """Returns jobs that were taken back from dead workers and are not done, the most often taken back first."""
        return self._run(looking.list_crashes(limit))

    def list_paused(self) -> list[Pause]:
        """Returns the queues and tasks that are paused, the longest paused first."""
        return self._run(looking.list_paused())
