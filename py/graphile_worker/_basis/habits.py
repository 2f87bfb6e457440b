"""What people type who come from another queue, and what it is here: hints of errors, loaded when one is raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_QUEUE = (
    "To choose who runs a job is a matter of workers here, not of queues; queue_name= names a queue whose jobs run one "
    "at a time"
)
_LOCK = "Jobs that must not run at the same time share a queue: queue_name="
_ADD = "Jobs are added by task.add(payload), awaited on an event loop"
_IS_CRON = "Recurring jobs are lines of a crontab, or entries of a Crontab: docs/cron.md"
_IS_CONTEXT = "A second parameter, `context: JobContext`, gets the context"
_IS_TESTING = "Tests have run_task, drain and RecordingClient of graphile_worker.testing: docs/testing.md"
_IS_TABLES = "The queue's tables come from `graphile-worker migrate`, or migrate(url)"
_IS_WORKER = "Workers are Worker(url, tasks), awaited as `await worker.run()`, or `graphile-worker run MODULE`"
_IS_CLIENT = "A program adds jobs by a client: tasks.use(Client(url)), or AsyncClient(url)"
_IS_RETRY = "Delays are retry=Exponential(...), Linear(...) or Fixed(...), their number is max_attempts="

_OF_ANY_JOB = {"queue": _QUEUE, "lock": _LOCK}

TASK_OPTIONS: Mapping[str, str] = {
    **_OF_ANY_JOB,
    "name": "The name comes first: @tasks.task('name')",
    "pass_context": _IS_CONTEXT,
    "queueing_lock": "One job at a time that waits is unique=Unique(until='started')",
}
"""Keyword arguments of registrations."""

ADD_OPTIONS: Mapping[str, str] = {
    **_OF_ANY_JOB,
    "queueing_lock": "At most one job that waits is unique=Unique(key=..., until='started')",
    "schedule_at": "Not before an instant is run_at=",
    "schedule_in": "Not before so long from now is delay=timedelta(...)",
}
"""Keyword arguments of what adds a job of a task."""

WORKER_OPTIONS: Mapping[str, str] = {
    "abort_job_polling_interval": "Cancels need no option: a worker hears of them",
    "delete_jobs": "What is done is deleted, always",
    "fetch_job_polling_interval": "It is poll_interval=, a timedelta",
    "install_signal_handlers": "It is an argument of run: worker.run(handle_signals=True)",
    "listen_notify": "It is use_notifications=",
    "queues": _QUEUE,
    "shutdown_graceful_timeout": "It is grace_period=, a timedelta",
    "wait": "What is due now, and no more, runs with `await worker.run_once()`",
}
"""Keyword arguments of workers."""

ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(("defer", "defer_async"), _ADD),
    **dict.fromkeys(
        ("batch_defer", "batch_defer_async"), "Many are added by client.add_jobs(task.spec(payload) for ...)"
    ),
    **dict.fromkeys(("configure", "configure_task"), f"{_ADD}; its options are arguments, as in priority=3"),
    **dict.fromkeys(("periodic", "crontab", "cron"), _IS_CRON),
    **dict.fromkeys(("App", "Blueprint"), "The tasks of an application are a TaskRegistry"),
    **dict.fromkeys(("open", "open_async", "connector", "with_connector", "replace_connector"), _IS_CLIENT),
    **dict.fromkeys(("PsycopgConnector", "SyncPsycopgConnector", "AiopgConnector", "Psycopg2Connector"), _IS_CLIENT),
    **dict.fromkeys(("InMemoryConnector",), _IS_TESTING),
    **dict.fromkeys(("run_worker", "run_worker_async"), _IS_WORKER),
    **dict.fromkeys(("RetryStrategy", "BaseRetryStrategy", "RetryDecision"), _IS_RETRY),
    "AlreadyEnqueued": "What is unique and there already is no error: job.is_new tells",
    "JobAborted": "It is JobCancelled",
    "abort_reason": "Whether the job was cancelled says context.is_cancelled",
    "add_tasks_from": "A registry may be imported by several modules: all tasks of a worker stand in one",
    "additional_context": "What the worker was given as state= is context.state",
    "app": "Jobs are added by context.client, or task.add(payload)",
    "job_manager": "Operators' calls are those of a client: client.list_jobs(), client.cancel_jobs([id])",
    "schema_manager": _IS_TABLES,
    "should_abort": "It is context.is_cancelled, without parentheses",
    "task": "The name of the task is context.job.task_identifier",
    "worker_name": "It is context.worker_id",
}
"""Attributes of tasks, registries, contexts and modules."""


def unknown_options(
    what: str, given: Iterable[str], known: Iterable[str], hints: Mapping[str, str], otherwise: str | None = None
) -> TypeError:
    """Returns the error for keyword arguments that `what` does not know; `otherwise`: the hint for any other.

    >>> unknown_options("task 'sum'", ["pririty"], ["priority"], {})
    TypeError("task 'sum' has no option 'pririty'. Did you mean priority?")
    """
    names = sorted(given)
    found = [hint for name in names if (hint := hints.get(name) or _close(name, known))]
    which = f"option {names[0]!r}" if len(names) == 1 else f"options {', '.join(map(repr, names))}"
    advice = ". ".join(dict.fromkeys(found)).replace("?.", "?") or otherwise or f"There are {', '.join(sorted(known))}"
    return TypeError(f"{what} has no {which}. {advice}")


def no_attribute(owner: object, name: str) -> AttributeError:
    """Returns the error for an attribute that `owner`, an object or the name of a module, does not have.

    >>> str(no_attribute("graphile_worker", "App"))
    "module 'graphile_worker' has no attribute 'App'. The tasks of an application are a TaskRegistry"
    """
    what = f"module {owner!r}" if isinstance(owner, str) else f"{type(owner).__name__!r} object"
    message = f"{what} has no attribute {name!r}"
    if hint := ATTRIBUTES.get(name):
        return AttributeError(f"{message}. {hint}")
    # Named, so that Python itself suggests what is written alike.
    return AttributeError(message, name=name, obj=None if isinstance(owner, str) else owner)


def _close(name: str, known: Iterable[str]) -> str | None:
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else None
