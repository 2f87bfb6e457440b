"""The changes that operators make, for the asyncio client.

`operations.py` is generated from this file by tools/generate_client.py; change this one and run `make format`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, Unpack

from .async_limits import AsyncLimits

if TYPE_CHECKING:
    from .._calls.crontab_rows import KnownCrontab, RefusedCrontab, ScheduledCrontab
    from .._calls.operator_rows import (
        BulkFilters,
        BulkResult,
        CancelFilters,
        CleanupPreview,
        LockedWorker,
        ReleasedLock,
    )
    from .._calls.policy_rows import CancelledJob
    from .._calls.retries import Retries
    from .._calls.rows import JobRow, SweptWorker
    from .._crontab.entry import Cron


class AsyncOperations(AsyncLimits):
    """The part of AsyncClient that changes jobs, locks and crontabs."""

    async def remove_job(self, job_key: str) -> JobRow | None:
        """Removes and returns the job with this key; None without one. A running job goes on, but is never retried."""
        return await self._ask("remove_job", job_key=job_key)

    async def complete_jobs(self, job_ids: Sequence[int], *, dry_run: bool = False) -> list[JobRow]:
        """Declares jobs done: deletes and returns those that are not running; `dry_run` only returns them."""
        return await self._ask("complete_jobs", dry_run=dry_run, job_ids=job_ids)

    async def permanently_fail_jobs(
        self, job_ids: Sequence[int], error_message: str | None = None, *, dry_run: bool = False
    ) -> list[JobRow]:
        """Declares jobs failed for good, and returns those that are not running; `dry_run` only returns them."""
        return await self._ask("permanently_fail_jobs", job_ids=job_ids, error_message=error_message, dry_run=dry_run)

    async def reschedule_jobs(
        self,
        job_ids: Sequence[int],
        *,
        run_at: datetime | Literal["now"] | None = None,
        priority: int | None = None,
        attempts: int | None = None,
        max_attempts: int | None = None,
        dry_run: bool = False,
    ) -> list[JobRow]:
        """Changes jobs that are not running, and returns them; None leaves a value as it is, "now" is the server's.

        `dry_run` only returns them, as they are.
        """
        return await self._ask(
            "reschedule_jobs",
            job_ids=job_ids,
            run_at=run_at,
            priority=priority,
            attempts=attempts,
            max_attempts=max_attempts,
            dry_run=dry_run,
        )

    async def force_unlock_workers(self, worker_ids: Sequence[str], *, dry_run: bool = False) -> list[LockedWorker]:
        """Frees every job and queue these workers hold, and returns how many; for workers known to be dead."""
        return await self._ask("force_unlock_workers", worker_ids=worker_ids, dry_run=dry_run)

    async def release_expired_locks(
        self, max_age: timedelta | None = None, *, dry_run: bool = False
    ) -> list[ReleasedLock]:
        """Frees what was locked for over `max_age` (None: 4 hours), but by living workers; `dry_run` lists it."""
        return await self._ask("release_expired_locks", max_age=max_age, dry_run=dry_run)

    async def renew_locks(self, worker_ids: Sequence[str]) -> int:
        """Renews what these workers have held for over an hour, as heartbeats do: no lock expires. Returns how many."""
        return await self._ask("renew_locks", worker_ids=worker_ids)

    async def sweep_stale_workers(
        self,
        *,
        sweep_threshold: timedelta = timedelta(minutes=5),
        recovery_delay: timedelta = timedelta(seconds=30),
        dry_run: bool = False,
    ) -> list[SweptWorker]:
        """Takes back what workers hold that were not heard of for `sweep_threshold`, and returns them.

        Their jobs are due again after `recovery_delay`. `dry_run` changes nothing; `recovered_jobs` is what each holds.
        """
        return await self._ask(
            "sweep_stale_workers", sweep_threshold=sweep_threshold, recovery_delay=recovery_delay, dry_run=dry_run
        )

    async def retry_jobs(self, job_ids: Sequence[int], *, dry_run: bool = False) -> list[JobRow]:
        """Tries jobs again that are not running, and returns them: due now, with all attempts; `last_error` stays.

        `dry_run` only returns them, as they are.
        """
        return await self._ask("retry_jobs", job_ids=job_ids, dry_run=dry_run)

    async def retry_matching_jobs(self, **filters: Unpack[BulkFilters]) -> BulkResult:
        """Tries jobs again, failed ones unless `state` says otherwise: due now, with all their attempts.

        Jobs that meet all filters given, of which there is at least one, and are not running: of this `task`, `queue`,
        `state` (ready, scheduled, waiting: either of them, failed, all), whose last error contains `error_like` (in
        either case; % and _ are wildcards), whose last change (added, failed, rescheduled) came before
        `changed_before`, or not before `changed_since`, with one of these `job_ids`.

        A call is a chunk: at most `max_jobs` jobs (1000) out of `max_rows` rows (50,000). While the result says `more`,
        call again with `after_id=result.last_id`, each time in a transaction of its own. `dry_run` only counts them.
        Raises UnknownName for a task or queue that was never used, InvalidArgument without a filter.

        >>> await client.retry_matching_jobs(task="send_email", changed_since=noon)  # doctest: +SKIP
        """
        return await self._ask("retry_matching_jobs", filters)

    async def fail_matching_jobs(
        self, *, error_message: str | None = None, **filters: Unpack[BulkFilters]
    ) -> BulkResult:
        """Declares jobs failed for good, waiting ones unless `state` says otherwise; see `retry_matching_jobs`."""
        return await self._ask("fail_matching_jobs", filters, error_message=error_message)

    async def complete_matching_jobs(self, **filters: Unpack[BulkFilters]) -> BulkResult:
        """Declares jobs done: deletes them, in any state unless one is given; see `retry_matching_jobs`."""
        return await self._ask("complete_matching_jobs", filters)

    async def remove_matching_jobs(self, **filters: Unpack[BulkFilters]) -> BulkResult:
        """Removes jobs, in any state unless one is given; see `retry_matching_jobs`."""
        return await self._ask("remove_matching_jobs", filters)

    async def reschedule_matching_jobs(
        self,
        *,
        run_at: datetime | Literal["now"] | None = None,
        priority: int | None = None,
        attempts: int | None = None,
        max_attempts: int | None = None,
        **filters: Unpack[BulkFilters],
    ) -> BulkResult:
        """Changes jobs as `reschedule_jobs` does, in any state unless one is given; see `retry_matching_jobs`."""
        return await self._ask(
            "reschedule_matching_jobs",
            filters,
            run_at=run_at,
            priority=priority,
            attempts=attempts,
            max_attempts=max_attempts,
        )

    async def cancel_jobs(
        self, job_ids: Sequence[int], reason: str | None = None, *, remove: bool = False, dry_run: bool = False
    ) -> list[CancelledJob]:
        """Cancels jobs, those that run included, and returns what became of each.

        What waits has failed for good, with last_error `Cancelled: reason`, or is removed with `remove`. What runs is
        told to stop, and ends in the same way, unless it is done first; see docs/policies.md. `dry_run` only tells.
        """
        return await self._ask("cancel_jobs", job_ids=job_ids, reason=reason, remove=remove, dry_run=dry_run)

    async def cancel_matching_jobs(
        self, *, reason: str | None = None, remove: bool = False, **filters: Unpack[CancelFilters]
    ) -> BulkResult:
        """Cancels jobs as `cancel_jobs` does, unfinished ones unless `state` says otherwise; see `retry_matching_jobs`.

        `state` can be locked and unfinished, too. `changed` counts those whose worker was asked.
        """
        return await self._ask("cancel_matching_jobs", filters, reason=reason, remove=remove)

    async def set_task_policy(
        self,
        task_identifier: str,
        *,
        timeout: timedelta | None = None,
        retry: Retries | None = None,
        max_attempts: int | None = None,
        priority: int | None = None,
        expires_after: timedelta | None = None,
        bad_payload: Literal["fail", "retry"] | None = None,
        reason: str | None = None,
    ) -> bool:
        """Sets what becomes of the jobs of a task, whatever its workers say; None leaves a value as it is.

        True when nothing was set before. See docs/policies.md.

        >>> await client.set_task_policy("charge", retry=Exponential("2s", cap="1h"))  # doctest: +SKIP
        """
        return await self._ask(
            "set_task_policy",
            task_identifier=task_identifier,
            timeout=timeout,
            retry=retry,
            max_attempts=max_attempts,
            priority=priority,
            expires_after=expires_after,
            bad_payload=bad_payload,
            reason=reason,
        )

    async def reset_task_policy(self, task_identifier: str) -> bool:
        """Takes back all that `set_task_policy` has set for a task. False when nothing was."""
        return await self._ask("reset_task_policy", task_identifier=task_identifier)

    async def finish_job(self, worker_id: str, job_id: int) -> int:
        """Completes a job within the transaction of its handler, as the last thing in it; returns the transaction's id.

        In a handler of this package's workers take `context.transaction()`, of which the worker knows. Raises JobLost
        when the worker does not hold the job any more: then the transaction has to be rolled back.
        """
        return await self._ask("finish_job", worker_id=worker_id, job_id=job_id)

    async def show_finish(self, worker_id: str, job_id: int, transaction_id: int) -> str:
        """Returns what became of the transaction of a `finish_job` to whose commit no answer came: done, held (it was
        not committed), lost (nor is the job held any more), or open: the server has not ended it yet, ask again.
        """
        return await self._ask("show_finish", worker_id=worker_id, job_id=job_id, transaction_id=transaction_id)

    async def cleanup(
        self,
        tasks: Sequence[str] | None = None,
        *,
        keep: Sequence[str] | None = None,
        max_rows: int | None = None,
    ) -> dict[str, int]:
        """Runs cleanup tasks, all of them by default, and returns how many rows each removed.

        They are `delete_permanently_failed_jobs`, `gc_task_identifiers` (except those in `keep`), `gc_job_queues`. Each
        removes at most `max_rows`: call again while one has removed that many. None: all at once.
        """
        return await self._ask("cleanup", tasks=tasks, keep=keep, max_rows=max_rows)

    async def preview_cleanup(
        self,
        tasks: Sequence[str] | None = None,
        *,
        keep: Sequence[str] | None = None,
        max_rows: int | None = None,
    ) -> list[CleanupPreview]:
        """Returns what `cleanup` would remove with the same arguments, and removes nothing."""
        return await self._ask("preview_cleanup", tasks=tasks, keep=keep, max_rows=max_rows, dry_run=True)

    async def register_crontabs(
        self, identifiers: Iterable[str], *, seen_at: datetime | None = None
    ) -> list[KnownCrontab]:
        """Makes crontab entries known, and returns what the database knows of each. A worker does so by itself.

        `seen_at`, now by default, is what `known_since` becomes for those that are new.
        """
        return await self._ask("register_crontabs", identifiers=identifiers, seen_at=seen_at)

    async def schedule_crontabs(
        self, tick: datetime, entries: Iterable[Cron], *, backfilled: bool = False, escaped: bool = False
    ) -> list[ScheduledCrontab]:
        """Adds the jobs of entries that are due at `tick`, but for entries that have had that tick, or a later one.

        A worker does this by itself. `tick` is at most 5 minutes ahead of the server's clock. An entry whose job the
        database refuses is left out by itself: then `job_id` is None. `escaped` writes characters beyond ASCII as
        escapes, which payloads can have in a database whose encoding lacks the characters.
        """
        from .._calls.crontabs import document

        text = document(entries, escaped=escaped)
        return await self._ask("schedule_crontabs", tick=tick, entries=text, backfilled=backfilled, with_refused=True)

    async def check_crontabs(self, entries: Iterable[Cron]) -> list[RefusedCrontab]:
        """Tells which entries a worker would leave out: adds a job of each, and undoes that at once."""
        from .._calls.crontabs import timed_document

        return await self._ask("check_crontabs", entries=f"[{','.join(timed_document(entry) for entry in entries)}]")
