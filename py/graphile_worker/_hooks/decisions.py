"""The base of all events, the decisions that interceptors may return, and the one event that clients have."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

from msgspec.structs import replace

from .._basis.errors import InvalidArgument
from .._calls.rows import JobKeyMode, JobSpec
from .endings import Ending

if TYPE_CHECKING:
    from .._calls.unique import Unique


class _Unchanged:
    def __repr__(self) -> str:
        return "..."


_UNCHANGED: Any = _Unchanged()
_MOST_ATTEMPTS = 32767


@dataclass(frozen=True, slots=True)
class Proceed:
    """The interceptor has no objection; at BeforeJobSchedule it may give another payload, and change whatever else the
    job is to be added with. None is a value: the default that `add_job` has.

    >>> Proceed({"to": "ada@example.com"}, queue_name="mail", priority=-1).changes()
    {'payload': {'to': 'ada@example.com'}, 'queue_name': 'mail', 'priority': -1}
    """

    payload: Any = _UNCHANGED
    identifier: str = dataclasses.field(default=_UNCHANGED, kw_only=True)
    queue_name: str | None = dataclasses.field(default=_UNCHANGED, kw_only=True)
    run_at: datetime | None = dataclasses.field(default=_UNCHANGED, kw_only=True)
    """Takes the place of a `delay`, and the other way round."""
    delay: timedelta | None = dataclasses.field(default=_UNCHANGED, kw_only=True)
    max_attempts: int | None = dataclasses.field(default=_UNCHANGED, kw_only=True)
    job_key: str | None = dataclasses.field(default=_UNCHANGED, kw_only=True)
    priority: int | None = dataclasses.field(default=_UNCHANGED, kw_only=True)
    flags: Sequence[str] | None = dataclasses.field(default=_UNCHANGED, kw_only=True)

    def changes(self) -> dict[str, Any]:
        """Returns what is given, by name."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in given.items() if value is not _UNCHANGED}


@dataclass(frozen=True, slots=True)
class Skip:
    """The job counts as done without being run; at BeforeJobSchedule it is not added (`add_job` raises JobNotAdded,
    `add_jobs` leaves it out); at AfterJobRun a failure is forgiven."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The job fails, and is retried like any other; at BeforeJobSchedule adding it raises InvalidJob."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reschedule:
    """At JobRecovery only: the job is due at `run_at`, with `attempts` made; None for what it would be otherwise.

    Raises InvalidArgument when attempts are not 0 to 32767, or `run_at` is no datetime.
    """

    run_at: datetime | None = None
    attempts: int | None = None

    def __post_init__(self) -> None:
        if self.attempts is not None and (type(self.attempts) is not int or not 0 <= self.attempts <= _MOST_ATTEMPTS):
            raise InvalidArgument(f"bad attempts {self.attempts!r}", hint=f"They are 0 to {_MOST_ATTEMPTS}")
        if self.run_at is not None and not isinstance(self.run_at, datetime):
            raise InvalidArgument(f"bad run_at {self.run_at!r}", hint="It is a datetime")


Decision = Proceed | Skip | Fail | Reschedule | Ending


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
@dataclass(frozen=True, kw_only=True)
class Event:
    """The base of all events: something that happened, or is about to. Each class of them is a frozen dataclass."""

    worker_id: str
    may_be_rescheduled: ClassVar[bool] = False
    """Whether Reschedule is a decision about it, besides Proceed, Skip and Fail."""
    may_be_ended: ClassVar[bool] = False
    """Whether Retry, Snooze, GiveUp and Discard are decisions about it, too."""
    is_of_each_run: ClassVar[bool] = False
    """Whether it comes with every job that is run."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    def changed_by(self, decision: Proceed) -> Self:  # noqa: ARG002  # Of most events nothing can be changed.
        """Returns this event as the next interceptor sees it."""
        return self


class BeforeJobSchedule(Event):
    """Interceptor: a job is about to be added from code; may change it, Skip it or Fail.

    For a client that has them, besides the worker: `AsyncClient(url, hooks=hooks)`. One for the plain Client is a plain
    function. Of `add_job` and `add_jobs`, `add_batch_job` and `add_unique_jobs` alike.
    """

    worker_id: str = ""
    """Of the worker whose handler adds it; else empty."""
    spec: JobSpec
    """All that the job is to be added with, as the interceptors before have left it."""
    job_key_mode: JobKeyMode = "replace"
    unique: Unique | None = None

    @property
    def identifier(self) -> str:
        return self.spec.identifier

    @property
    def payload(self) -> Any:
        return self.spec.payload

    def changed_by(self, decision: Proceed) -> Self:
        changes = decision.changes()
        # Whoever says when has no need to know how it was said before.
        for given, other in (("run_at", "delay"), ("delay", "run_at")):
            if changes.get(given) is not None:
                changes.setdefault(other, None)
        return dataclasses.replace(self, spec=replace(self.spec, **changes)) if changes else self
