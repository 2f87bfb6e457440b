"""The events that hooks are told of, and the decisions that interceptors may return."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self, dataclass_transform

from .._basis.errors import InvalidArgument
from .._calls.job import Job
from .endings import Ending

LocalQueueMode = Literal["starting", "polling", "waiting", "ttl_expired", "released"]
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

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    def with_payload(self, payload: Any) -> Self:
        """Returns this event with another payload; an event that has no payload stays as it is."""
        return dataclasses.replace(self, payload=payload) if hasattr(self, "payload") else self  # type: ignore[call-arg]


class WorkerInit(Event):
    """A worker was made ready: its options are known, nothing has been claimed."""


class WorkerStart(Event):
    """The worker is connected and begins to claim."""


class WorkerShutdown(Event):
    """The worker was asked to stop: `reason` is signal, stop, cancelled, error, migration (a newer, breaking one), or
    finished (run_once).
    """

    reason: str


class WorkerRecovered(Event):
    """This worker took back what dead workers held."""

    dead_worker_ids: list[str]
    job_count: int


class WorkerSwept(Event):
    """This worker was taken for dead, frozen or cut off from the database for too long: the `job_count` jobs that it
    held are free or with others, and it goes on as `worker_id`.
    """

    former_id: str
    job_count: int


class JobEvent(Event):
    """The base of the events about one job."""

    job: Job


class JobFetch(Event):
    """Jobs were claimed; an empty list when none was due."""

    jobs: list[Job]


class JobStart(JobEvent):
    """A handler is about to be called."""


class JobComplete(JobEvent):
    """A handler came to its end; the job is completed next."""

    duration: timedelta


class JobFail(JobEvent):
    """The database has recorded a failure."""

    error: str
    will_retry: bool


class JobPermanentlyFail(JobEvent):
    """The database has recorded a failure, and there will be no retry; follows JobFail."""

    error: str


class JobInterrupted(JobEvent):
    """A running job was cut off: `reason` is shutdown, lost (taken from this worker by somebody), or cancelled."""

    reason: str


class CronTick(Event):
    """The scheduler has reached a minute."""

    tick: datetime


class CronJobScheduled(Event):
    """A crontab entry's job was added for a tick."""

    tick: datetime
    identifier: str
    job_id: int
    backfilled: bool


class LocalQueueInit(Event):
    """A local queue begins; `worker_id` is the id its jobs are locked by."""

    size: int


class LocalQueueSetMode(Event):
    """A local queue changes its mode."""

    old: LocalQueueMode
    new: LocalQueueMode


class LocalQueueGetJobsComplete(Event):
    """A local queue's fetch came back."""

    job_count: int


class LocalQueueReturnJobs(Event):
    """A local queue returns jobs that were not started."""

    job_count: int


class LocalQueueRefetchDelayStart(Event):
    """A fetch brought little: the next one waits."""

    delay: timedelta
    abort_threshold: int


class LocalQueueRefetchDelayAbort(Event):
    """Enough jobs were notified to end the refetch delay of a local queue."""

    job_count: int


class LocalQueueRefetchDelayExpired(Event):
    """The refetch delay of a local queue is over."""


class BeforeJobRun(JobEvent):
    """Interceptor: before the handler is called it may Skip the job, Fail it, or end it otherwise: Retry, Snooze,
    GiveUp, Discard."""


class AfterJobRun(JobEvent):
    """Interceptor: the handler has ended, `error` is None or what it failed with; may Skip (done all the same), Fail,
    or end it otherwise: Retry, Snooze, GiveUp, Discard. `exception` is one of these where the handler said so.
    """

    error: str | None
    duration: timedelta
    exception: BaseException | None = None


class JobRecovery(JobEvent):
    """Interceptor: this worker is about to take a job back from a dead one. It may Reschedule it, Fail it (the attempt
    counts, retried with the usual delay) or Skip it: it stays locked, and is asked about again at the next sweep. So
    does one about which nothing was decided within 10 s.
    """

    dead_worker_id: str
    locked_at: datetime
    crashes: int
    """How often the job was taken back before."""


class BeforeJobSchedule(Event):
    """Interceptor: a job is about to be added from code; may give another payload, Skip or Fail.

    For a client that has them, besides the worker: `AsyncClient(url, hooks=hooks)`. One for the plain Client is a plain
    function.
    """

    worker_id: str = ""
    """Of the worker whose handler adds it; else empty."""
    identifier: str
    payload: Any
