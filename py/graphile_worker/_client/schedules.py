"""Recurring jobs that stand in the database, for the plain client.

Generated from async_schedules.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from .operations import Operations

if TYPE_CHECKING:
    from .._calls.schedule_rows import ScheduledTick, ScheduleSummary
    from .._tasks.task import Task


class Schedules(Operations):
    """The part of Client that is about schedules: each worker adds the jobs that are due."""

    def set_schedule(
        self,
        identifier: str,
        *,
        cron: str | None = None,
        every: timedelta | None = None,
        task: str | Task[Any] | None = None,
        payload: Any = None,
        time_zone: str = "UTC",
        queue_name: str | None = None,
        priority: int | None = None,
        max_attempts: int | None = None,
        job_key: str | None = None,
        job_key_mode: Literal["replace", "preserve_run_at"] = "replace",
        backfill: timedelta = timedelta(0),
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        jitter: timedelta = timedelta(0),
        skip_if_running: bool = False,
    ) -> bool:
        """Sets a schedule, the whole of it, in the place of what it was; True when it is new. A pause stays.

        `cron`: minute, hour, day of the month, month, day of the week, in `time_zone`; or `every`, from a second on,
        in time that passes. `task` is the identifier of the schedule by default. `payload` makes a JSON object; `_cron`
        is added to it. `backfill`: how far back ticks that nobody scheduled are made up for, 5 minutes if less.
        `jitter`: each job starts up to so much after its tick. `skip_if_running`: no job for a tick at which the last
        one is not done. The rest is as in `add_job`. Raises InvalidArgument, also when it stands in a crontab.

        >>> client.set_schedule("digest", cron="0 8 * * 1", time_zone="Europe/Vienna")  # doctest: +SKIP
        """
        given = {
            "cron": cron,
            "every": every,
            "task": task if task is None or isinstance(task, str) else task.identifier,
            "payload": payload,
            "time_zone": time_zone,
            "queue_name": queue_name,
            "priority": priority,
            "max_attempts": max_attempts,
            "job_key": job_key,
            "job_key_mode": job_key_mode,
            "backfill": backfill,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "jitter": jitter,
            "skip_if_running": skip_if_running,
        }
        only = {name: value for name, value in given.items() if value is not None}
        return self._ask("set_schedule", identifier=identifier, **only)

    def remove_schedule(self, identifier: str) -> bool:
        """Removes a schedule; what it has added stays. False when there is none. One that stands in a crontab is
        removed there: here it raises InvalidArgument.
        """
        return self._ask("remove_schedule", identifier=identifier)

    def pause_schedule(self, identifier: str, reason: str | None = None, *, until: datetime | None = None) -> bool:
        """Keeps a schedule, also one of a crontab, from adding jobs, `until` then or `resume_schedule`. False when it
        was paused: then these replace what was said. Raises UnknownName.
        """
        return self._ask("pause_schedule", identifier=identifier, reason=reason, until=until)

    def resume_schedule(self, identifier: str) -> bool:
        """Ends what `pause_schedule` began; what was missed is not made up for. False when it was not paused."""
        return self._ask("resume_schedule", identifier=identifier)

    def run_schedule_now(self, identifier: str) -> int:
        """Adds a job of a schedule at once and returns its id; the ticks to come stay as they are."""
        return self._ask("run_schedule_now", identifier=identifier)

    def list_schedules(
        self,
        *,
        identifiers: Sequence[str] | None = None,
        limit: int = 100,
        after_identifier: str | None = None,
        tick_count: int = 3,
        search: str | None = None,
        state: Literal["paused", "failing"] | None = None,
        ticks_after: datetime | None = None,
    ) -> list[ScheduleSummary]:
        """Returns schedules, those of crontabs, too, by identifier: when each is due, and what came of its last job.

        Only `identifiers`, those whose identifier or task has the text `search` in it, or those that are `paused` or
        `failing`: with an error, or a last job that has failed for good. The next page comes with `after_identifier`.
        `tick_count`: how many ticks to tell of each, `ticks_after` an instant, now by default.
        """
        only: dict[str, Any] = {} if identifiers is None else {"identifiers": identifiers}
        return self._ask(
            "list_schedules",
            **only,
            limit=limit,
            after_identifier=after_identifier,
            tick_count=tick_count,
            search=search,
            state=state,
            ticks_after=ticks_after,
        )

    def next_ticks(
        self, expression: str, *, after: datetime | None = None, time_zone: str = "UTC", count: int = 1
    ) -> list[datetime]:
        """Returns when a cron expression is due next after an instant, now by default. Raises InvalidArgument."""
        return self._ask("next_ticks", expression=expression, after=after, time_zone=time_zone, count=count)

    def schedule_due_jobs(self, *, max_ticks: int = 1000) -> list[ScheduledTick]:
        """Adds the jobs of all schedules that are due, and returns what it has scheduled. A worker does so by itself.

        Where so many are returned, more may be due.
        """
        return self._ask("schedule_due_jobs", max_ticks=max_ticks)
