"""The calls of those who look after a queue: what each sends, and what it makes of the rows.

Loaded with the first of them: who adds jobs, and a worker, need none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from psycopg.rows import class_row, dict_row, scalar_row, tuple_row

from .._basis.arguments import (
    Check,
    Refusal,
    boolean,
    duration,
    instant,
    instant_or_now,
    integer,
    number,
    refuse,
    several,
    smallint,
    text,
)
from .._basis.errors import InvalidArgument
from .._basis.json_text import encode
from . import crontab_rows, health_rows, schedule_rows
from . import operator_rows as rows
from .call import Call
from .limit_rows import LimitSummary, QueueLimit, TaskLimit
from .policy_rows import CancelledJob, TaskPolicy
from .retries import document_of
from .rows import JOB_COLUMNS, JobRow, SweptWorker

LISTS: dict[str, type] = {
    "complete_jobs": JobRow,
    "permanently_fail_jobs": JobRow,
    "reschedule_jobs": JobRow,
    "retry_jobs": JobRow,
    "force_unlock_workers": rows.LockedWorker,
    "release_expired_locks": rows.ReleasedLock,
    "sweep_stale_workers": SweptWorker,
    "preview_cleanup": rows.CleanupPreview,
    "task_stats": rows.TaskSummary,
    "table_health": health_rows.TableHealth,
    "list_xmin_holders": health_rows.XminHolder,
    "list_queues": rows.QueueSummary,
    "longest_queues": rows.QueueLength,
    "list_workers": rows.WorkerSummary,
    "list_locked_workers": rows.LockedWorker,
    "list_refused_claims": rows.RefusedClaim,
    "list_crashes": rows.CrashedJob,
    "list_paused": rows.Pause,
    "cancel_jobs": CancelledJob,
    "list_task_policies": TaskPolicy,
    "list_limits": LimitSummary,
    "register_crontabs": crontab_rows.KnownCrontab,
    "schedule_crontabs": crontab_rows.ScheduledCrontab,
    "check_crontabs": crontab_rows.RefusedCrontab,
    "list_crontabs": crontab_rows.KnownCrontab,
    "list_schedules": schedule_rows.ScheduleSummary,
    "schedule_due_jobs": schedule_rows.ScheduledTick,
}
"""Functions of which every row is returned, and as what."""
SINGLE: dict[str, type] = {
    "stats": rows.Stats,
    "show_job": rows.JobDetails,
    "find_job": rows.JobDetails,
    "remove_job": JobRow,
    **dict.fromkeys(
        (f"{action}_matching_jobs" for action in ("retry", "fail", "complete", "remove", "reschedule", "cancel")),
        rows.BulkResult,
    ),
}
"""Functions that return one row, or none."""
PAIRS = {"cleanup": "task, removed", "list_default_states": "action, state"}
"""Functions of which two columns make a dict."""
SCALARS = {
    *("renew_locks", "pause_queue", "pause_task", "resume_queue", "resume_task"),
    *("set_task_policy", "reset_task_policy", "finish_job", "show_finish"),
    *("limit_task", "limit_queue", "unlimit_task", "unlimit_queue"),
    *("set_schedule", "remove_schedule", "pause_schedule", "resume_schedule", "run_schedule_now"),
}
"""Functions that return one value, or nothing."""
VALUES = {"next_ticks"}
"""Functions that return values, and not rows."""


def _json(value: Any, _name: str, _error: Refusal = InvalidArgument) -> str | None:
    return encode(value)


def _bigint(value: Any, name: str, error: Refusal = InvalidArgument) -> int:
    if isinstance(own := getattr(value, "id", None), int):
        refuse(name, value, f"It is an integer: the `id` of that, {own}", error)
    return integer(value, name, error, bits=64)


_ARGUMENTS: dict[str, tuple[Check, str]] = {
    **dict.fromkeys(("after_id", "before_id", "job_id", "transaction_id"), (_bigint, "bigint")),
    **dict.fromkeys(("attempts", "max_attempts", "priority"), (smallint, "integer")),
    **dict.fromkeys(
        ("count_limit", "limit", "max_jobs", "max_rows", "offset", "count", "tick_count", "max_ticks"),
        (integer, "integer"),
    ),
    **dict.fromkeys(("changed_before", "changed_since", "seen_at", "tick", "after", "until"), (instant, "timestamptz")),
    **dict.fromkeys(("max_age", "recovery_delay", "stale_threshold", "sweep_threshold"), (duration, "interval")),
    **dict.fromkeys(("timeout", "expires_after", "every", "backfill", "jitter"), (duration, "interval")),
    **dict.fromkeys(("starts_at", "ends_at", "ticks_after"), (instant, "timestamptz")),
    **dict.fromkeys(("backfilled", "dry_run", "remove", "skip_if_running", "with_refused"), (boolean, "boolean")),
    **dict.fromkeys(("burst", "max_running", "width"), (integer, "integer")),
    **dict.fromkeys(("rate", "share"), (number, "double precision")),
    "per": (duration, "interval"),
    "unlimited": (boolean, "boolean"),
    **dict.fromkeys(("identifiers", "keep", "task_identifiers", "tasks", "worker_ids"), (several(text), "text[]")),
    "job_ids": (several(_bigint), "bigint[]"),
    "run_at": (instant_or_now, "timestamptz"),
    "entries": (text, "json"),
    "payload": (_json, "json"),
    "retry": (document_of, "json"),
}
"""What arguments are, by name: the check, and the type of the database. All others are texts."""
_TEXT = (text, "text")
_NEEDED = {
    *("identifier", "identifiers", "job_id", "job_ids", "job_key", "queue_name", "task_identifier", "tick"),
    *("transaction_id", "worker_id", "worker_ids"),
}
"""Never None, but where they are filters; of the rest the functions of the database say what null means."""
_LABELS = {"job_key": "job key", "queue_name": "name", "task_identifier": "name"}
_OPTIONS: dict[str, type] = {
    "list_jobs_page": rows.JobFilters,
    "cancel_matching_jobs": rows.CancelFilters,
    "limit_task": TaskLimit,
    "limit_queue": QueueLimit,
}
_IN_SQL = {"limit": "row_limit", "offset": "row_offset"}


def call(function: str, filters: Mapping[str, Any], arguments: dict[str, Any]) -> Call[Any]:
    """Returns the call of a function of the database; only the arguments given are sent. Raises InvalidArgument.

    `filters` are those of a TypedDict, which nobody has compared with it yet.
    """
    known = _OPTIONS.get(function, rows.BulkFilters).__annotations__
    if unknown := filters.keys() - known:
        raise TypeError(f"{function}() got an unexpected keyword argument {min(unknown)!r}")
    given = {**filters, **arguments}
    for name, value in given.items():
        if value is not None or (name in _NEEDED and name not in filters):
            check, _ = _ARGUMENTS.get(name, _TEXT)
            given[name] = check(value, _LABELS.get(name, name))
    named = ", ".join(f"{_IN_SQL.get(name, name)} => %({name})s::{_ARGUMENTS.get(name, _TEXT)[1]}" for name in given)
    columns, row_factory, result = _outcome(function)
    called = f"@extschema@.{function.removeprefix('preview_')}({named})"
    # Of names that stand in the code.
    statement = f"select {columns} from {called}" if columns else f"select {called}"  # noqa: S608
    return Call(statement, given, row_factory, result)


def _outcome(function: str) -> tuple[str, Any, Callable[[list[Any]], Any]]:
    """Returns the columns to be read, none for a function that returns one value, and what to make of them."""
    if function in LISTS:
        return _columns(LISTS[function]), class_row(LISTS[function]), list
    if function in SINGLE:
        return _columns(SINGLE[function]), class_row(SINGLE[function]), _single
    if function in PAIRS:
        return PAIRS[function], tuple_row, dict
    if function == "list_jobs_page":
        return f"looked_at, complete, next_id, {_columns(rows.JobSummary)}", dict_row, _page
    if function in VALUES:
        return "", scalar_row, list
    assert function in SCALARS, function
    # Nothing, in SQL void, comes as an empty text.
    return "", scalar_row, lambda found: None if found[0] == "" else found[0]


def _columns(cls: type) -> str:
    """Returns columns by name, not `*`: a newer schema may have more of them."""
    return ", ".join(JOB_COLUMNS if cls is JobRow else (field.name for field in fields(cls)))


def _single(found: list[Any]) -> Any:
    # A job that is not there comes as one row of nulls from a function that returns one.
    return found[0] if found and getattr(found[0], "id", 0) is not None else None


def _page(found: list[dict[str, Any]]) -> rows.JobPage:
    # One row at least: where nothing was found, without a job.
    *_, (looked_at, complete, next_id) = (
        (row.pop("looked_at"), row.pop("complete"), row.pop("next_id")) for row in found
    )
    jobs = [rows.JobSummary(**row) for row in found if row["id"] is not None]
    return rows.JobPage(jobs=jobs, looked_at=looked_at, complete=complete, next_id=next_id)
