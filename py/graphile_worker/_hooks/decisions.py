"""The base of all events, the decisions that interceptors may return, and the one event that clients have."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self, dataclass_transform

from .._basis.errors import InvalidArgument
from .endings import Ending

_UNCHANGED: Any = object()
_MOST_ATTEMPTS = 32767


@dataclass(frozen=True, slots=True)
class Proceed:
    """The interceptor has no objection; at BeforeJobSchedule it may give another payload."""

    payload: Any = _UNCHANGED

    @property
    def changes_payload(self) -> bool:
        return self.payload is not _UNCHANGED


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


@dataclass_transform(frozen_default=True, kw_only_default=True)
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

    def with_payload(self, payload: Any) -> Self:
        """Returns this event with another payload; an event that has no payload stays as it is."""
        return dataclasses.replace(self, payload=payload) if hasattr(self, "payload") else self  # type: ignore[call-arg]


class BeforeJobSchedule(Event):
    """Interceptor: a job is about to be added from code; may give another payload, Skip or Fail.

    For a client that has them, besides the worker: `AsyncClient(url, hooks=hooks)`. One for the plain Client is a plain
    function.
    """

    worker_id: str = ""
    """Of the worker whose handler adds it; else empty."""
    identifier: str
    payload: Any
