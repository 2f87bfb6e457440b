"""A job queue that lives in PostgreSQL: SQL functions decide, this package calls them and runs the tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._async_client import AsyncClient
from ._client import Client
from ._errors import (
    GraphileWorkerError,
    InvalidArgument,
    InvalidJob,
    JobNotAdded,
    MigrationError,
    PayloadError,
    SchemaNotInstalled,
    UnknownName,
)
from ._job import Job, JobContext
from ._migrate import MigrationResult, migrate
from ._models import (
    JobDetails,
    JobKeyMode,
    JobRow,
    JobSpec,
    JobState,
    JobSummary,
    LockedWorker,
    QueueSummary,
    ReleasedLock,
    Stats,
    WorkerSummary,
)
from ._tasks import Task, TaskRegistry
from ._version import __version__
from ._worker import Worker

if TYPE_CHECKING:
    from ._embedded import EmbeddedServer, EmbeddedServerError

__all__ = [
    "AsyncClient",
    "Client",
    "EmbeddedServer",
    "EmbeddedServerError",
    "GraphileWorkerError",
    "InvalidArgument",
    "InvalidJob",
    "Job",
    "JobContext",
    "JobDetails",
    "JobKeyMode",
    "JobNotAdded",
    "JobRow",
    "JobSpec",
    "JobState",
    "JobSummary",
    "LockedWorker",
    "MigrationError",
    "MigrationResult",
    "PayloadError",
    "QueueSummary",
    "ReleasedLock",
    "SchemaNotInstalled",
    "Stats",
    "Task",
    "TaskRegistry",
    "UnknownName",
    "Worker",
    "WorkerSummary",
    "__version__",
    "migrate",
]


def __getattr__(name: str) -> Any:
    # What belongs to an extra is imported when it is asked for.
    if name in ("EmbeddedServer", "EmbeddedServerError"):
        from . import _embedded

        return getattr(_embedded, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
