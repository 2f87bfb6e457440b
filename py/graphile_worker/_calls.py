"""Each call of the client as a value: statement, parameters and what to make of the rows. Both clients send these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from psycopg.rows import class_row, tuple_row

from . import _models as models
from ._cron._entry import Cron
from ._errors import InvalidJob
from ._events import BeforeJobSchedule, Decision, Fail, Proceed, Skip
from ._payload import encode

T = TypeVar("T")

_SMALLINT = range(-32768, 32768)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """`statement` is a name in _statements; `result` gets the rows that `row_factory` made."""

    statement: str
    params: dict[str, Any]
    row_factory: Any
    result: Callable[[list[Any]], T]


def intercepted(event: BeforeJobSchedule, decision: Decision) -> Proceed | Skip:
    """The decision about a job that is to be added; a Proceed that leaves the payload alone gets it from the event."""
    if isinstance(decision, Fail):
        raise InvalidJob(f"a hook has refused the {event.identifier!r} job: {decision.reason}")
    if isinstance(decision, Proceed) and not decision.changes_payload:
        return Proceed(event.payload)
    return decision


def _list_of(cls: type[T], statement: str, **params: Any) -> Call[list[T]]:
    return Call(statement, params, class_row(cls), lambda rows: rows)


def add_job(
    identifier: str,
    payload: Any,
    *,
    queue_name: str | None,
    run_at: datetime | None,
    max_attempts: int | None,
    job_key: str | None,
    priority: int | None,
    flags: Iterable[str] | None,
    job_key_mode: models.JobKeyMode,
) -> Call[models.JobRow]:
    params = {
        "identifier": identifier,
        "payload": encode(payload),
        "queue_name": queue_name,
        "run_at": run_at,
        "max_attempts": max_attempts,
        "job_key": job_key,
        "priority": priority,
        "flags": None if flags is None else list(flags),
        "job_key_mode": job_key_mode,
    }
    return Call("add_job", params, class_row(models.JobRow), lambda rows: rows[0])


def add_jobs(specs: Iterable[models.JobSpec], *, job_key_preserve_run_at: bool) -> Call[list[int]]:
    specs = list(specs)
    for spec in specs:
        for name, value in (("priority", spec.priority), ("max_attempts", spec.max_attempts)):
            if value is not None and value not in _SMALLINT:
                raise InvalidJob(f"bad {name} {value} of a {spec.identifier!r} job", hint="It is at most 32767")
    params = {
        "identifiers": [s.identifier for s in specs],
        "payloads": [encode(s.payload) for s in specs],
        "queue_names": [s.queue_name for s in specs],
        "run_ats": [s.run_at for s in specs],
        "max_attempts": [s.max_attempts for s in specs],
        "job_keys": [s.job_key for s in specs],
        "priorities": [s.priority for s in specs],
        "flags": [None if s.flags is None else encode(list(s.flags)) for s in specs],
        "job_key_preserve_run_at": job_key_preserve_run_at,
    }
    return Call("add_jobs", params, tuple_row, lambda rows: [row[0] for row in rows])


def remove_job(job_key: str) -> Call[models.JobRow | None]:
    # No such job comes as one row of nulls.
    return Call(
        "remove_job",
        {"job_key": job_key},
        class_row(models.JobRow),
        lambda rows: rows[0] if rows and rows[0].id is not None else None,
    )


def complete_jobs(job_ids: Sequence[int]) -> Call[list[models.JobRow]]:
    return _list_of(models.JobRow, "complete_jobs", job_ids=list(job_ids))


def permanently_fail_jobs(job_ids: Sequence[int], error_message: str | None) -> Call[list[models.JobRow]]:
    return _list_of(models.JobRow, "permanently_fail_jobs", job_ids=list(job_ids), error_message=error_message)


def reschedule_jobs(
    job_ids: Sequence[int],
    *,
    run_at: datetime | None,
    priority: int | None,
    attempts: int | None,
    max_attempts: int | None,
) -> Call[list[models.JobRow]]:
    return _list_of(
        models.JobRow,
        "reschedule_jobs",
        job_ids=list(job_ids),
        run_at=run_at,
        priority=priority,
        attempts=attempts,
        max_attempts=max_attempts,
    )


def force_unlock_workers(worker_ids: Sequence[str]) -> Call[None]:
    return Call("force_unlock_workers", {"worker_ids": list(worker_ids)}, tuple_row, lambda _rows: None)


def release_expired_locks(max_age: timedelta) -> Call[list[models.ReleasedLock]]:
    return _list_of(models.ReleasedLock, "release_expired_locks", max_age=max_age)


def cleanup(tasks: Sequence[str] | None, keep: Sequence[str] | None) -> Call[dict[str, int]]:
    params = {"tasks": None if tasks is None else list(tasks), "keep": None if keep is None else list(keep)}
    return Call("cleanup", params, tuple_row, dict)


def stats() -> Call[models.Stats]:
    return Call("stats", {}, class_row(models.Stats), lambda rows: rows[0])


def list_jobs(
    *,
    state: str,
    task: str | None,
    queue: str | None,
    search: str | None,
    limit: int,
    offset: int,
) -> Call[list[models.JobSummary]]:
    return _list_of(
        models.JobSummary,
        "list_jobs",
        state=state,
        task=task,
        queue=queue,
        search=search,
        row_limit=limit,
        row_offset=offset,
    )


def show_job(job_id: int) -> Call[models.JobDetails | None]:
    return Call("show_job", {"job_id": job_id}, class_row(models.JobDetails), lambda rows: rows[0] if rows else None)


def list_queues() -> Call[list[models.QueueSummary]]:
    return _list_of(models.QueueSummary, "list_queues")


def list_workers(stale_threshold: timedelta) -> Call[list[models.WorkerSummary]]:
    return _list_of(models.WorkerSummary, "list_workers", stale_threshold=stale_threshold)


def list_locked_workers() -> Call[list[models.LockedWorker]]:
    return _list_of(models.LockedWorker, "list_locked_workers")


def register_crontabs(identifiers: Iterable[str], seen_at: datetime | None) -> Call[list[models.KnownCrontab]]:
    return _list_of(models.KnownCrontab, "register_crontabs", identifiers=list(identifiers), seen_at=seen_at)


def schedule_crontabs(
    tick: datetime, entries: Iterable[Cron], *, backfilled: bool
) -> Call[list[models.ScheduledCrontab]]:
    return _list_of(
        models.ScheduledCrontab,
        "schedule_crontabs",
        tick=tick,
        entries=encode([entry.to_json() for entry in entries]),
        backfilled=backfilled,
    )


def list_crontabs() -> Call[list[models.KnownCrontab]]:
    return _list_of(models.KnownCrontab, "list_crontabs")
