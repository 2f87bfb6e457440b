"""Each call of the client as a value: statement, parameters and what to make of the rows. Both clients send these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec
from psycopg.rows import class_row, tuple_row

from .._basis.errors import InvalidJob
from .._basis.json_text import encode, encode_all
from .._crontab.entry import Cron
from .._hooks.events import BeforeJobSchedule, Decision, Fail, Proceed, Skip
from .._schema import SHARED_REVISION, sources
from . import rows as models

T = TypeVar("T")

_SMALLINT = range(-32768, 32768)
ADDING_ONE = frozenset({"add_job", "add_job_of_defaults"})
ADDING = ADDING_ONE | {"add_jobs", "add_unkeyed_jobs"}
"""Statements that add a job each time they are repeated, unless it has a key."""


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
    if isinstance(decision, Skip) or (isinstance(decision, Proceed) and decision.changes_payload):
        return decision
    return Proceed(event.payload)


def list_of(cls: type[T], statement: str, **params: Any) -> Call[list[T]]:
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
    options = (queue_name, run_at, max_attempts, job_key, priority, flags)
    has_defaults = job_key_mode == "replace" and options == (None,) * len(options)
    statement = "add_job_of_defaults" if has_defaults else "add_job"
    # class_row would look up the names of all columns each time.
    return Call(statement, params, tuple_row, lambda rows: models.JobRow(*rows[0]))


def add_jobs(specs: Sequence[models.JobSpec], *, job_key_preserve_run_at: bool) -> Call[list[int]]:
    """At least one spec. When none has a key it is another statement, the quicker one."""
    identifiers = [s.identifier for s in specs]
    job_keys = _document([s.job_key for s in specs])
    params: dict[str, Any] = {
        "payloads": encode_all([s.payload for s in specs]),
        "queue_names": _document([s.queue_name for s in specs]),
        "run_ats": _document([s.run_at for s in specs]),
        "max_attempts": _smallints("max_attempts", specs),
        "priorities": _smallints("priority", specs),
        "flags": _document([None if s.flags is None else list(s.flags) for s in specs]),
    }
    if job_keys is None:
        one_for_all = identifiers[:1] if identifiers.count(identifiers[0]) == len(identifiers) else identifiers
        params["identifiers"] = _document(one_for_all)
        return Call("add_unkeyed_jobs", params, tuple_row, lambda rows: rows[0][0])
    params |= {
        "identifiers": _document(identifiers),
        "job_keys": job_keys,
        "job_key_preserve_run_at": job_key_preserve_run_at,
    }
    return Call("add_jobs", params, tuple_row, lambda rows: rows[0][0])


def _smallints(name: str, specs: Sequence[models.JobSpec]) -> str | None:
    values = [getattr(s, name) for s in specs]
    document = _document(values)
    if document is not None:
        for spec, value in zip(specs, values, strict=True):
            if value is not None and value not in _SMALLINT:
                raise InvalidJob(f"bad {name} {value} of a {spec.identifier!r} job", hint="It is at most 32767")
    return document


def _document(values: list[Any]) -> str | None:
    """A JSON array of one attribute of many jobs; None when none of them has it."""
    return None if values.count(None) == len(values) else msgspec.json.encode(values).decode()


def analyze_jobs(added_jobs: int) -> Call[bool]:
    return Call("analyze_jobs", {"added_jobs": added_jobs}, tuple_row, lambda rows: bool(rows[0][0]))


def remove_job(job_key: str) -> Call[models.JobRow | None]:
    # No such job comes as one row of nulls.
    return Call(
        "remove_job",
        {"job_key": job_key},
        class_row(models.JobRow),
        lambda rows: rows[0] if rows and rows[0].id is not None else None,
    )


def complete_jobs(job_ids: Sequence[int]) -> Call[list[models.JobRow]]:
    return list_of(models.JobRow, "complete_jobs", job_ids=list(job_ids))


def permanently_fail_jobs(job_ids: Sequence[int], error_message: str | None) -> Call[list[models.JobRow]]:
    return list_of(models.JobRow, "permanently_fail_jobs", job_ids=list(job_ids), error_message=error_message)


def reschedule_jobs(
    job_ids: Sequence[int],
    *,
    run_at: datetime | None,
    priority: int | None,
    attempts: int | None,
    max_attempts: int | None,
) -> Call[list[models.JobRow]]:
    return list_of(
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
    return list_of(models.ReleasedLock, "release_expired_locks", max_age=max_age)


def register_crontabs(identifiers: Iterable[str], seen_at: datetime | None) -> Call[list[models.KnownCrontab]]:
    return list_of(models.KnownCrontab, "register_crontabs", identifiers=list(identifiers), seen_at=seen_at)


def schedule_crontabs(
    tick: datetime, entries: Iterable[Cron], *, backfilled: bool
) -> Call[list[models.ScheduledCrontab]]:
    return list_of(
        models.ScheduledCrontab,
        "schedule_crontabs",
        tick=tick,
        entries=encode([entry.to_json() for entry in entries]),
        backfilled=backfilled,
    )


def list_crontabs() -> Call[list[models.KnownCrontab]]:
    return list_of(models.KnownCrontab, "list_crontabs")


def newer_breaking_migration() -> Call[str | None]:
    params = {"revision": SHARED_REVISION, "migration": max(f.number for f in sources.of_kind("migration"))}
    return Call("newer_breaking_migration", params, tuple_row, lambda rows: rows[0][0])
