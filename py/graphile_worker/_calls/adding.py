"""The calls that add jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
from psycopg.rows import tuple_row

from .._basis import arguments
from .._basis.arguments import refuse
from .._basis.errors import InvalidJob
from .._basis.json_text import encode, encode_all
from .call import Call
from .rows import JobRow, JobSpec
from .statements import DELAYED, delayed_name

_MODES = ("replace", "preserve_run_at", "unsafe_dedupe")
ADDING_ONE = frozenset({"add_job", "add_job_of_defaults"})
ADDING = ADDING_ONE | {"add_jobs", "add_unkeyed_jobs", "add_unique_job", "add_unique_jobs"} | DELAYED
"""Statements that add a job each time they are repeated, unless it has a key of some kind."""

_LONGEST = timedelta(days=3650)


def add_job(identifier: str, payload: Any, **params: Any) -> Call[JobRow]:
    """Adds a job; `params` are all else that a client's `add_job` takes."""
    is_plain = params == _DEFAULTS
    params["payload"] = encode(payload)
    if type(identifier) is not str or "\0" in identifier or not identifier.isascii():
        identifier = _identifier(identifier)
    params["identifier"] = identifier
    if not is_plain:
        for name, check in _CHECKS.items():
            if (value := params[name]) is not None:
                params[name] = check(value, _LABELS.get(name, name), InvalidJob)
    statement = "add_job_of_defaults" if is_plain else "add_job"
    # class_row would look up the names of all columns each time.
    return Call(statement, params, tuple_row, _job_row)


def _job_row(rows: list[Any]) -> JobRow:
    return JobRow(*rows[0])


def _identifier(value: Any, name: str = "task identifier", error: arguments.Refusal = InvalidJob) -> str:
    if isinstance(identifier := getattr(value, "identifier", None), str) and hasattr(value, "handler"):
        refuse(name, value, f"That is a task: `task.spec(payload)`, or give its `identifier`, {identifier!r}", error)
    if callable(value) and not isinstance(value, str):
        refuse(
            name, value, "A function is a task once it is registered: @tasks.task; or give the task's identifier", error
        )
    if hasattr(value, "__await__"):
        refuse(name, value, "That is a call of a handler: give the task, then its payload", error)
    return arguments.text(value, name, error)


def of_task(task: Any, payload: Any, options: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    """Returns what adds a job of a task: its identifier, the payload as it is written, and the options, those that are
    None as the task says. Raises InvalidJob for what is no task, PayloadError for a payload that does not fit it.
    """
    if not hasattr(task, "prepare"):
        _identifier(task)
    given = {name: value for name, value in options.items() if value is not None}
    return task.identifier, *task.prepare(payload, given)


def delayed(call: Call[JobRow], delay: timedelta) -> Call[JobRow]:
    """Makes the call that adds a job add one that is due `delay` after the server's now. Raises InvalidJob for a delay
    that is none, and for a job that has a run_at.
    """
    params = {**call.params, "delay": _delay(delay, call.params["run_at"])}
    return call._replace(statement=delayed_name(call.statement.removesuffix("_of_defaults")), params=params)


def _delay(value: Any, run_at: Any, name: str = "delay") -> timedelta:
    if not timedelta(0) <= arguments.duration(value, name, InvalidJob) <= _LONGEST:
        refuse(name, value, "It is 0 to 10 years", InvalidJob)
    if run_at is not None:
        refuse(name, value, f"The job has a run_at, {arguments.shown(run_at)}: leave out one of the two", InvalidJob)
    return timedelta(value.days, value.seconds, value.microseconds)


def _due(value: tuple[Any, Any], _name: str, error: arguments.Refusal) -> Any:
    """Returns run_at or delay as a statement with delays takes them: an instant, or seconds after a plus."""
    run_at, delay = value
    if delay is not None:
        return f"+{_delay(delay, run_at).total_seconds():.6f} s"
    return None if run_at is None else arguments.instant(run_at, "run_at", error)


def _mode(value: Any, name: str, error: arguments.Refusal) -> str:
    if not isinstance(value, str) or value not in _MODES:
        refuse(name, value, f"It is {', '.join(_MODES[:-1])} or {_MODES[-1]}", error)
    return arguments.text(value, name, error)


_CHECKS: dict[str, arguments.Check] = {
    "identifier": _identifier,
    "queue_name": arguments.text,
    "run_at": arguments.instant,
    "max_attempts": arguments.smallint,
    "job_key": arguments.text,
    "priority": arguments.smallint,
    "flags": arguments.flags,
    "job_key_mode": _mode,
}
_CHECKS_OF_MANY = {**_CHECKS, "due": _due}
_DEFAULTS: dict[str, Any] = {**dict.fromkeys(_CHECKS.keys() - {"identifier"}), "job_key_mode": "replace"}
_LABELS = {"identifier": "task identifier", "queue_name": "queue name", "job_key": "job key"}


def batch(items: Any) -> list[Any]:
    """Returns the items of a batch, one at least: a task would refuse an empty batch at every attempt."""
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        refuse("items", items, f"It is a list of items: [{arguments.shown(items)}]", InvalidJob)
    found = list(items)
    if not found:
        refuse("items", items, "A batch has one item at least: add no job where there is nothing to do", InvalidJob)
    return found


def specs_of(specs: Any) -> list[JobSpec]:
    """Returns the specs as a list. Raises InvalidJob for what is none."""
    if isinstance(specs, (JobSpec, str, bytes, Mapping)) or not isinstance(specs, Iterable):
        refuse("specs", specs, "It is a list of JobSpec: [JobSpec(identifier=...)]", InvalidJob)
    found = list(specs)
    if list(map(type, found)).count(JobSpec) < len(found):
        for place, spec in enumerate(found):
            if not isinstance(spec, JobSpec):
                hint = "JobSpec(**that)" if isinstance(spec, Mapping) else "JobSpec(identifier=...)"
                refuse(f"specs[{place}]", spec, f"It is a JobSpec: {hint}", InvalidJob)
    return found


def add_jobs(specs: Sequence[JobSpec], *, job_key_preserve_run_at: bool) -> Call[list[int]]:
    """Adds at least one job. When no spec has a key it is another statement, the quicker one."""
    delays = [s.delay for s in specs]
    is_delayed = delays.count(None) < len(delays)
    run_ats: list[Any] = [s.run_at for s in specs]
    if is_delayed:
        run_ats = list(zip(run_ats, delays, strict=True))
    job_keys = _document(specs, "job_key", [s.job_key for s in specs])
    identifiers = [s.identifier for s in specs]
    if job_keys is None and identifiers.count(identifiers[0]) == len(identifiers):
        # One for all.
        del identifiers[1:]
    is_delayed = [s.delay for s in specs].count(None) < len(specs)
    params: dict[str, Any] = {
        "identifiers": _document(specs, "identifier", identifiers),
        "payloads": encode_all([s.payload for s in specs]),
        "queue_names": _document(specs, "queue_name", [s.queue_name for s in specs]),
        "run_ats": (
            _document(specs, "due", [(s.run_at, s.delay) for s in specs])
            if is_delayed
            else _document(specs, "run_at", [s.run_at for s in specs])
        ),
        "max_attempts": _document(specs, "max_attempts", [s.max_attempts for s in specs]),
        "priorities": _document(specs, "priority", [s.priority for s in specs]),
        "flags": _document(specs, "flags", [s.flags for s in specs]),
    }
    statement = "add_unkeyed_jobs"
    if job_keys is not None:
        statement = "add_jobs"
        preserves = arguments.boolean(job_key_preserve_run_at, "job_key_preserve_run_at")
        params |= {"job_keys": job_keys, "job_key_preserve_run_at": preserves}
    return Call(delayed_name(statement) if is_delayed else statement, params, tuple_row, lambda rows: rows[0][0])


def _document(specs: Sequence[JobSpec], name: str, values: list[Any]) -> str | None:
    """Returns a JSON array of one attribute of many jobs; None when none of them has it. Raises InvalidJob."""
    is_needed = name == "identifier"
    if not is_needed and values.count(None) == len(values):
        return None
    check = _CHECKS_OF_MANY[name]
    if not _are_plain(values, check, {str, int} if is_needed else {str, int, type(None)}):
        for place, value in enumerate(values):
            if value is not None or is_needed:
                try:
                    values[place] = check(value, _LABELS.get(name, name), InvalidJob)
                except InvalidJob as error:
                    of_job = f" of a {arguments.shown(specs[place].identifier)} job" if not is_needed else ""
                    raise InvalidJob(f"{error.args[0]}{of_job}", hint=error.hint) from None
    return msgspec.json.encode(values).decode()


def _are_plain(values: list[Any], check: arguments.Check, types: set[type]) -> bool:
    """Tells whether nothing is wrong with values of these types: texts are looked at as one, numbers once each."""
    if not set(map(type, values)) <= types:
        return False
    given = set(values) - {None}
    texts = [value for value in given if type(value) is str]
    with suppress(InvalidJob):
        for value in ["".join(texts)] if len(texts) == len(given) else given:
            check(value, "", InvalidJob)
        return True
    return False


def analyze_jobs(added_jobs: int) -> Call[bool]:
    params = {"added_jobs": arguments.integer(added_jobs, "added_jobs")}
    return Call("analyze_jobs", params, tuple_row, lambda rows: bool(rows[0][0]))
