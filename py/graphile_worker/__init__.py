"""A job queue that lives in PostgreSQL: SQL functions decide, this package calls them and runs the tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._basis.errors import (
    GraphileWorkerError,
    InvalidArgument,
    InvalidJob,
    JobNotAdded,
    MigrationError,
    OutcomeUnknown,
    PayloadError,
    SchemaNotInstalled,
    UnknownName,
)
from ._basis.version import __version__
from ._calls.job import Job, JobContext
from ._calls.operator_rows import (
    BulkResult,
    CrashedJob,
    JobPage,
    Pause,
    QueueLength,
    SweptWorker,
    TableHealth,
    TaskSummary,
    XminHolder,
)
from ._calls.rows import (
    BulkState,
    JobDetails,
    JobKeyMode,
    JobRow,
    JobSpec,
    JobState,
    JobSummary,
    KnownCrontab,
    LockedWorker,
    QueueSummary,
    ReleasedLock,
    ScheduledCrontab,
    Stats,
    WorkerSummary,
)
from ._client.async_client import AsyncClient
from ._client.client import Client
from ._crontab.crontab import Crontab
from ._crontab.entry import Cron
from ._crontab.problems import CrontabError, CrontabProblem
from ._hooks.events import (
    AfterJobRun,
    BeforeJobRun,
    BeforeJobSchedule,
    CronJobScheduled,
    CronTick,
    Event,
    Fail,
    JobComplete,
    JobFail,
    JobFetch,
    JobInterrupted,
    JobPermanentlyFail,
    JobRecovery,
    JobStart,
    LocalQueueGetJobsComplete,
    LocalQueueInit,
    LocalQueueRefetchDelayAbort,
    LocalQueueRefetchDelayExpired,
    LocalQueueRefetchDelayStart,
    LocalQueueReturnJobs,
    LocalQueueSetMode,
    Proceed,
    Reschedule,
    Skip,
    WorkerInit,
    WorkerRecovered,
    WorkerShutdown,
    WorkerStart,
    WorkerSwept,
)
from ._hooks.hooks import Hooks, Plugin
from ._schema import MigrationResult, migrate
from ._tasks.registry import Task, TaskRegistry
from ._worker.clock import Clock
from ._worker.cron_scheduler import CronScheduler
from ._worker.options import LocalQueue, Recovery, RefetchDelay, WorkerOptions
from ._worker.worker import Worker

if TYPE_CHECKING:
    from ._embedded import EmbeddedServer, EmbeddedServerError

__all__ = [
    "AfterJobRun",
    "AsyncClient",
    "BeforeJobRun",
    "BeforeJobSchedule",
    "BulkResult",
    "BulkState",
    "Client",
    "Clock",
    "CrashedJob",
    "Cron",
    "CronJobScheduled",
    "CronScheduler",
    "CronTick",
    "Crontab",
    "CrontabError",
    "CrontabProblem",
    "EmbeddedServer",
    "EmbeddedServerError",
    "Event",
    "Fail",
    "GraphileWorkerError",
    "Hooks",
    "InvalidArgument",
    "InvalidJob",
    "Job",
    "JobComplete",
    "JobContext",
    "JobDetails",
    "JobFail",
    "JobFetch",
    "JobInterrupted",
    "JobKeyMode",
    "JobNotAdded",
    "JobPage",
    "JobPermanentlyFail",
    "JobRecovery",
    "JobRow",
    "JobSpec",
    "JobStart",
    "JobState",
    "JobSummary",
    "KnownCrontab",
    "LocalQueue",
    "LocalQueueGetJobsComplete",
    "LocalQueueInit",
    "LocalQueueRefetchDelayAbort",
    "LocalQueueRefetchDelayExpired",
    "LocalQueueRefetchDelayStart",
    "LocalQueueReturnJobs",
    "LocalQueueSetMode",
    "LockedWorker",
    "MigrationError",
    "MigrationResult",
    "OutcomeUnknown",
    "Pause",
    "PayloadError",
    "Plugin",
    "Proceed",
    "QueueLength",
    "QueueSummary",
    "Recovery",
    "RefetchDelay",
    "ReleasedLock",
    "Reschedule",
    "ScheduledCrontab",
    "SchemaNotInstalled",
    "Skip",
    "Stats",
    "SweptWorker",
    "TableHealth",
    "Task",
    "TaskRegistry",
    "TaskSummary",
    "UnknownName",
    "Worker",
    "WorkerInit",
    "WorkerOptions",
    "WorkerRecovered",
    "WorkerShutdown",
    "WorkerStart",
    "WorkerSummary",
    "WorkerSwept",
    "XminHolder",
    "__version__",
    "migrate",
]


def __getattr__(name: str) -> Any:
    # What belongs to an extra is imported when it is asked for.
    if name in ("EmbeddedServer", "EmbeddedServerError"):
        from . import _embedded

        return getattr(_embedded, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
