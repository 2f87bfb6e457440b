"""A job queue that lives in PostgreSQL: SQL functions decide, this package calls them and runs the tasks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._basis.errors import (
    GraphileWorkerError,
    InvalidArgument,
    InvalidJob,
    JobCancelled,
    JobLost,
    JobNotAdded,
    MigrationError,
    OutcomeUnknown,
    PayloadError,
    SchemaNotInstalled,
    TimedOut,
    UnknownName,
    WorkersRemain,
)
from ._basis.version import __version__
from ._calls.job import Job
from ._calls.rows import JobKeyMode, JobRow, JobSpec, SweptWorker
from ._client.async_client import AsyncClient
from ._client.client import Client
from ._hooks.endings import Discard, GiveUp, Retry, Snooze
from ._hooks.events import (
    AfterJobRun,
    BeforeJobRun,
    BeforeJobSchedule,
    CronJobScheduled,
    CronTick,
    Event,
    Fail,
    JobCancel,
    JobComplete,
    JobFail,
    JobFetch,
    JobFetchFail,
    JobInterrupted,
    JobPermanentlyFail,
    JobRecovery,
    JobStart,
    ListenerLost,
    ListenerRestored,
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
    WorkerFail,
    WorkerGracefulShutdown,
    WorkerInit,
    WorkerRecovered,
    WorkerShutdown,
    WorkerStart,
    WorkerSwept,
)
from ._hooks.hooks import Hooks, Plugin
from ._tasks.context import JobContext, ThreadContext
from ._tasks.registry import TaskRegistry
from ._tasks.task import Task

if TYPE_CHECKING:
    from ._calls.crontab_rows import KnownCrontab, RefusedCrontab, ScheduledCrontab
    from ._calls.health_rows import TableHealth, XminHolder
    from ._calls.limit_rows import LimitSummary
    from ._calls.operator_rows import (
        BulkResult,
        BulkState,
        CancelState,
        CleanupPreview,
        CrashedJob,
        JobDetails,
        JobPage,
        JobState,
        JobSummary,
        LockedWorker,
        Pause,
        QueueLength,
        QueueSummary,
        RefusedClaim,
        ReleasedLock,
        Stats,
        TaskSummary,
        WorkerSummary,
    )
    from ._calls.policy_rows import CancelledJob, TaskPolicy
    from ._calls.retries import Exponential, Fixed, Linear
    from ._calls.schedule_rows import ScheduledTick, ScheduleSummary
    from ._calls.unique import Unique, UniqueJob
    from ._crontab.crontab import Crontab
    from ._crontab.entry import Cron
    from ._crontab.problems import CrontabError, CrontabProblem
    from ._embedded import EmbeddedServer, EmbeddedServerError
    from ._recovery.options import Recovery
    from ._schema import MigrationResult, migrate
    from ._tasks.limit import Limit
    from ._worker.clock import Clock
    from ._worker.cron_scheduler import CronScheduler
    from ._worker.options import LocalQueue, RefetchDelay, WorkerOptions
    from ._worker.worker import Worker

__all__ = [
    "AfterJobRun",
    "AsyncClient",
    "BeforeJobRun",
    "BeforeJobSchedule",
    "BulkResult",
    "BulkState",
    "CancelState",
    "CancelledJob",
    "CleanupPreview",
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
    "Discard",
    "EmbeddedServer",
    "EmbeddedServerError",
    "Event",
    "Exponential",
    "Fail",
    "Fixed",
    "GiveUp",
    "GraphileWorkerError",
    "Hooks",
    "InvalidArgument",
    "InvalidJob",
    "Job",
    "JobCancel",
    "JobCancelled",
    "JobComplete",
    "JobContext",
    "JobDetails",
    "JobFail",
    "JobFetch",
    "JobFetchFail",
    "JobInterrupted",
    "JobKeyMode",
    "JobLost",
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
    "Limit",
    "LimitSummary",
    "Linear",
    "ListenerLost",
    "ListenerRestored",
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
    "RefusedClaim",
    "RefusedCrontab",
    "ReleasedLock",
    "Reschedule",
    "Retry",
    "ScheduleSummary",
    "ScheduledCrontab",
    "ScheduledTick",
    "SchemaNotInstalled",
    "Skip",
    "Snooze",
    "Stats",
    "SweptWorker",
    "TableHealth",
    "Task",
    "TaskPolicy",
    "TaskRegistry",
    "TaskSummary",
    "ThreadContext",
    "TimedOut",
    "Unique",
    "UniqueJob",
    "UnknownName",
    "Worker",
    "WorkerFail",
    "WorkerGracefulShutdown",
    "WorkerInit",
    "WorkerOptions",
    "WorkerRecovered",
    "WorkerShutdown",
    "WorkerStart",
    "WorkerSummary",
    "WorkerSwept",
    "WorkersRemain",
    "XminHolder",
    "__version__",
    "migrate",
]

# Whoever adds a job loads neither the worker nor the crontab parser nor the migrations, nor what operators get: these
# names are looked up when they are asked for.
_ON_DEMAND = {
    **dict.fromkeys(
        (
            "BulkResult",
            "BulkState",
            "CancelState",
            "CleanupPreview",
            "CrashedJob",
            "JobDetails",
            "JobPage",
            "JobState",
            "JobSummary",
            "LockedWorker",
            "Pause",
            "QueueLength",
            "QueueSummary",
            "RefusedClaim",
            "ReleasedLock",
            "Stats",
            "TaskSummary",
            "WorkerSummary",
        ),
        "_calls.operator_rows",
    ),
    **dict.fromkeys(("TableHealth", "XminHolder"), "_calls.health_rows"),
    **dict.fromkeys(("KnownCrontab", "RefusedCrontab", "ScheduledCrontab"), "_calls.crontab_rows"),
    **dict.fromkeys(("CancelledJob", "TaskPolicy"), "_calls.policy_rows"),
    **dict.fromkeys(("Exponential", "Fixed", "Linear"), "_calls.retries"),
    **dict.fromkeys(("ScheduleSummary", "ScheduledTick"), "_calls.schedule_rows"),
    **dict.fromkeys(("Unique", "UniqueJob"), "_calls.unique"),
    "Crontab": "_crontab.crontab",
    "Cron": "_crontab.entry",
    "CrontabError": "_crontab.problems",
    "CrontabProblem": "_crontab.problems",
    "EmbeddedServer": "_embedded",
    "EmbeddedServerError": "_embedded",
    "Recovery": "_recovery.options",
    "Limit": "_tasks.limit",
    "LimitSummary": "_calls.limit_rows",
    "MigrationResult": "_schema",
    "migrate": "_schema",
    "Clock": "_worker.clock",
    "CronScheduler": "_worker.cron_scheduler",
    "LocalQueue": "_worker.options",
    "RefetchDelay": "_worker.options",
    "WorkerOptions": "_worker.options",
    "Worker": "_worker.worker",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        from ._basis.habits import OF_MODULES, attribute_error

        raise attribute_error(__name__, name, OF_MODULES)
    found = getattr(import_module(f".{_ON_DEMAND[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
