"""The calls that add jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import tuple_row

from .._basis.errors import InvalidJob
from .._basis.json_text import encode, encode_all
from .call import Call
from .rows import JobKeyMode, JobRow, JobSpec

_SMALLINT = range(-32768, 32768)
ADDING_ONE = frozenset({"add_job", "add_job_of_defaults"})
ADDING = ADDING_ONE | {"add_jobs", "add_unkeyed_jobs"}
"""Statements that add a job each time they are repeated, unless it has a key."""


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
    job_key_mode: JobKeyMode,
) -> Call[JobRow]:
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
    return Call(statement, params, tuple_row, lambda rows: JobRow(*rows[0]))


def add_jobs(specs: Sequence[JobSpec], *, job_key_preserve_run_at: bool) -> Call[list[int]]:
    """Adds at least one job. When no spec has a key it is another statement, the quicker one."""
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


def _smallints(name: str, specs: Sequence[JobSpec]) -> str | None:
    values = [getattr(s, name) for s in specs]
    document = _document(values)
    if document is not None:
        for spec, value in zip(specs, values, strict=True):
            if value is not None and value not in _SMALLINT:
                raise InvalidJob(f"bad {name} {value} of a {spec.identifier!r} job", hint="It is at most 32767")
    return document


def _document(values: list[Any]) -> str | None:
    """Returns a JSON array of one attribute of many jobs; None when none of them has it."""
    return None if values.count(None) == len(values) else msgspec.json.encode(values).decode()


def analyze_jobs(added_jobs: int) -> Call[bool]:
    return Call("analyze_jobs", {"added_jobs": added_jobs}, tuple_row, lambda rows: bool(rows[0][0]))
