"""The events that the hooks of workers are told of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from .._calls.job import Job
from .decisions import BeforeJobSchedule as BeforeJobSchedule
from .decisions import Decision as Decision
from .decisions import Event as Event
from .decisions import Fail as Fail
from .decisions import Proceed as Proceed
from .decisions import Reschedule as Reschedule
from .decisions import Skip as Skip

if TYPE_CHECKING:
    from .._client.async_client import AsyncClient
    from .._crontab.entry import Cron

LocalQueueMode = Literal["starting", "polling", "waiting", "ttl_expired", "released"]


class WorkerInit(Event):
    """A worker is about to connect: its options are known, nothing has been claimed."""

    schema: str
    concurrency: int
    tasks: list[str]
    """The identifiers of what it runs."""


class WorkerStart(Event):
    """The worker is connected and begins to claim."""

    client: AsyncClient
    """The one that its handlers have, for what a hook has to add or to look up."""
    state: Mapping[str, Any] = field(repr=False)
    """What handlers find in their context."""


class WorkerGracefulShutdown(Event):
    """The worker was asked to stop: it claims nothing more, and the `jobs` that run have the `grace_period`, which is
    zero where it has to be at once. `reason` is that of WorkerShutdown, which follows; no run_once that has finished is
    asked.
    """

    reason: str
    grace_period: timedelta
    jobs: list[Job]


class WorkerFail(Event):
    """The worker ends by an error, which `run` raises; WorkerShutdown follows."""

    error: str
    exception: BaseException


class WorkerShutdown(Event):
    """The worker has stopped, and holds nothing any more: `reason` is signal, stop, shutdown (the host's), cancelled,
    error, migration (a newer, breaking one), or finished (run_once).
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


class ListenerLost(Event):
    """The connection that listens for notifications has ended, or can't be had: until ListenerRestored jobs wait for
    polls. Told once, however many tries follow.
    """

    error: str


class ListenerRestored(Event):
    """The worker listens again."""

    lost_for: timedelta


class JobEvent(Event):
    """The base of the events about one job."""

    job: Job


class JobFetch(Event):
    """Jobs were claimed; an empty list when none was due."""

    jobs: list[Job]


class JobFetchFail(Event):
    """A call that was to claim jobs, and to hand in what others came to, has failed, and is tried again; nothing of it
    is lost. An error at which nothing can be tried again is a WorkerFail.
    """

    error: str
    failures: int
    """How many in a row."""


class JobStart(JobEvent):
    """A handler is about to be called."""

    is_of_each_run = True


class JobComplete(JobEvent):
    """A handler came to its end; the job is completed next."""

    is_of_each_run = True

    duration: timedelta


class JobFail(JobEvent):
    """The database has recorded a failure."""

    error: str
    will_retry: bool
    timed_out: bool = False
    """Whether the handler was stopped since its time was up."""


class JobPermanentlyFail(JobEvent):
    """The database has recorded a failure, and there will be no retry; follows JobFail."""

    error: str
    timed_out: bool = False


class JobInterrupted(JobEvent):
    """A job was cut off, and will run again: `reason` is shutdown or lost (taken from this worker) for one that this
    worker was running, and worker_crashed for each that it has taken back from a dead one, before WorkerRecovered.
    """

    reason: str
    dead_worker_id: str | None = None
    """The one it was taken back from."""
    will_retry: bool = True
    """False when the attempts of one that was taken back are used up, or it has crashed too many workers."""


class JobCancel(JobEvent):
    """A job that this worker held has failed for good, or is removed, since somebody has cancelled it. Its handler has
    ended, however it did, if `was_started`; else it lay in the worker's buffer. JobFail does not follow.
    """

    reason: str | None
    """As it was given to `cancel_jobs`."""
    was_started: bool


class CronTick(Event):
    """An instant is reached, or made up for, at which schedules are due: entries of crontabs, or set_schedule's."""

    tick: datetime
    due: list[Cron]
    """The entries of this worker's crontab, by whichever worker their jobs were added."""
    backfilled: bool


class CronJobScheduled(Event):
    """The job of a schedule, or of an entry of a crontab, was added for a tick, by this worker."""

    tick: datetime
    identifier: str
    entry: Cron | None
    """None for a schedule that is no entry of this worker's crontab."""
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
    threshold: int
    """What counts as little: so many jobs, or fewer."""
    abort_threshold: int
    """So many jobs that are notified end the delay."""


class LocalQueueRefetchDelayAbort(Event):
    """Enough jobs were notified to end the refetch delay of a local queue."""

    job_count: int
    abort_threshold: int


class LocalQueueRefetchDelayExpired(Event):
    """The refetch delay of a local queue is over."""


class BeforeJobRun(JobEvent):
    """Interceptor: before the handler is called it may Skip the job, Fail it, or end it otherwise: Retry, Snooze,
    GiveUp, Discard."""

    may_be_ended = True
    is_of_each_run = True


class AfterJobRun(JobEvent):
    """Interceptor: the handler has ended, `error` is None or what it failed with; may Skip (done all the same), Fail,
    or end it otherwise: Retry, Snooze, GiveUp, Discard. `exception` is one of these where the handler said so.
    """

    may_be_ended = True
    is_of_each_run = True

    error: str | None
    duration: timedelta
    exception: BaseException | None = None


class JobRecovery(JobEvent):
    """Interceptor: this worker is about to take a job back from a dead one. It may Reschedule it, Fail it (the attempt
    counts, retried with the usual delay) or Skip it: it stays locked, and is asked about again at the next sweep. So
    does one about which nothing was decided within 10 s.
    """

    may_be_rescheduled = True

    dead_worker_id: str
    locked_at: datetime
    crashes: int
    """How often the job was taken back before."""
