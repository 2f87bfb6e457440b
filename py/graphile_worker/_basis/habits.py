"""What people write by habit who come from another queue, and what it is called here: said by the errors it ends in.

Loaded by nobody who makes no such error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_ADD = "A job is added by `{it}.add(payload)`, later with delay=timedelta(...) or run_at="
_CHAIN = "Jobs have no chains, groups or chords: a handler adds what follows, by `other.add(payload)`"
_OUTCOME = "What a handler returns is not kept: what it finds out it writes into a table"
_CONTEXT = "A second parameter `context: JobContext` has the job: context.job.id, .attempts, .max_attempts, .key"
_BEAT = "What recurs stands in a crontab: Worker(..., crontab=[Cron.hourly(5, task=it)]), or run --crontab FILE"
_QUEUE = "It is queue_name=; a named queue runs one job at a time, across all workers"
_LABEL = f"{_QUEUE}. To choose what a worker takes it has only_tasks="
_CLIENT = "A program adds jobs by a client: tasks.use(Client(url)), or AsyncClient(url)"
_TRIES = "It is max_attempts=, which counts the first one, too"
_DELAY = "It is delay=timedelta(...)"
_RETRIES = "It is retry=Exponential(...), Linear(...) or Fixed(...)"
_RESULT = "What a handler returns is not kept"
ONE_PAYLOAD = "A job has one payload, which is the first parameter of its handler: give that"
_UNIQUE = "It is unique=Unique(...), or job_key="
_ALWAYS_LATE = "A job is always kept until its handler has ended"

OF_TASKS: Mapping[str, str] = {
    **dict.fromkeys(("delay", "apply_async", "defer", "defer_async", "enqueue", "send", "send_with_options"), _ADD),
    **dict.fromkeys(("s", "si", "signature", "subtask", "chunks", "map", "starmap", "chain"), _CHAIN),
    **dict.fromkeys(("AsyncResult", "result", "get", "update_state"), _OUTCOME),
    "apply": "A test runs it by run_task({it}, payload) of graphile_worker.testing.plain",
    "bind": _CONTEXT,
    **dict.fromkeys(("batch_defer", "batch_defer_async"), "It is client.add_jobs({it}.spec(payload) for ...)"),
    "configure": _ADD,
    "name": "It is {it}.identifier",
    "request": _CONTEXT,
    "retry": "A handler asks for another attempt by `raise Retry(reason, delay=timedelta(...))`",
}
"""Attributes of a task; `{it}` is its name."""

OF_REGISTRIES: Mapping[str, str] = {
    **dict.fromkeys(("send_task", "configure_task", "enqueue"), "It is client.add_job(identifier, payload)"),
    **dict.fromkeys(("AsyncResult", "backend"), _OUTCOME),
    **dict.fromkeys(("periodic_task", "periodic", "add_periodic_task", "on_after_configure"), _BEAT),
    **dict.fromkeys(("shared_task", "actor", "job"), "It is @tasks.task"),
    **dict.fromkeys(("autodiscover_tasks", "import_paths"), "Modules register their tasks when they are imported"),
    **dict.fromkeys(("run_worker", "run_worker_async", "worker_main"), "It is `await Worker(url, tasks).run()`"),
    **dict.fromkeys(("open", "open_async", "connector", "with_connector", "replace_connector"), _CLIENT),
    "add_tasks_from": "Modules may register their tasks in one registry, which they import",
    "conf": "Options of a worker are those of Worker; tests run jobs by graphile_worker.testing, so nothing is eager",
    "config_from_object": "Options of a worker are those of Worker, or stand in pyproject.toml",
    "control": "Jobs are cancelled by client.cancel_jobs([id]), paused by client.pause_task(name)",
    "job_manager": "It is a client: client.list_jobs(), client.cancel_jobs([id]), client.retry_jobs([id])",
    "schema_manager": "The tables come from migrate(url), or from the command's migrate",
}
"""Attributes of a registry."""

OF_CONTEXTS: Mapping[str, str] = {
    "abort_reason": "Whether the job was cancelled says context.is_cancelled",
    "additional_context": "What the worker was given as state= is context.state",
    "app": "Jobs are added by context.client",
    "should_abort": "It is context.is_cancelled, without parentheses",
    "task": "The name of the task is context.job.task_identifier",
    "worker_name": "It is context.worker_id",
}
"""Attributes of a context."""

OF_MODULES: Mapping[str, str] = {
    **dict.fromkeys(("App", "Blueprint", "Celery"), "The tasks of an application are a TaskRegistry"),
    **dict.fromkeys(("PsycopgConnector", "SyncPsycopgConnector"), _CLIENT),
    **dict.fromkeys(("RetryStrategy", "BaseRetryStrategy", "RetryDecision"), f"{_RETRIES}, with max_attempts="),
    "AlreadyEnqueued": "That there is one like it already is no error: job.is_new of what add returns",
    "InMemoryConnector": "Tests have run_task and RecordingClient, without a database, and drain",
    "JobAborted": "It is JobCancelled",
}
"""What is not in our modules."""

REGISTERING: Mapping[str, str] = {
    **dict.fromkeys(("acks_late", "reject_on_worker_lost", "acks_on_failure_or_timeout"), _ALWAYS_LATE),
    **dict.fromkeys(("autoretry_for", "dont_autoretry_for", "throws"), "They are retry_on= and give_up_on="),
    **dict.fromkeys(("bind", "pass_context"), _CONTEXT),
    **dict.fromkeys(("default_retry_delay", "retry_delay"), "It is retry=Fixed(...)"),
    **dict.fromkeys(("ignore_result", "store_errors_even_if_ignored", "track_started"), _RESULT),
    "lock": _QUEUE,
    "queueing_lock": "It is unique=Unique(until='started'): one that waits, for each payload",
    **dict.fromkeys(("max_retries", "retries"), _TRIES),
    **dict.fromkeys(("queue", "queue_name_prefix"), _LABEL),
    **dict.fromkeys(
        ("retry_backoff", "retry_backoff_max", "retry_jitter", "retry_kwargs", "min_backoff", "max_backoff"), _RETRIES
    ),
    **dict.fromkeys(("time_limit", "soft_time_limit", "time_limits"), "It is timeout=timedelta(...)"),
    "base": "What is around every handler is @tasks.middleware",
    "expires": "It is expires_after=timedelta(...)",
    "name": "It is the first argument: @tasks.task('name')",
    "once": _UNIQUE,
    "rate_limit": "Limits are the database's: select graphile_worker.limit_task(name, rate => 100)",
    "serializer": "Payloads are JSON",
}
"""Options of a registration."""

ADDING: Mapping[str, str] = {
    **dict.fromkeys(("args", "kwargs"), ONE_PAYLOAD),
    **dict.fromkeys(("countdown", "schedule_in", "eta_in"), _DELAY),
    **dict.fromkeys(("eta", "schedule_at"), "It is run_at=, a datetime with a time zone"),
    **dict.fromkeys(("link", "link_error", "chain"), _CHAIN),
    **dict.fromkeys(("max_retries", "retries"), _TRIES),
    **dict.fromkeys(("queue", "routing_key", "exchange"), _LABEL),
    **dict.fromkeys(("retry", "retry_policy"), "The policy of the task says it: @tasks.task(retry=...)"),
    **dict.fromkeys(("soft_time_limit", "time_limit"), "The policy of the task says it: @tasks.task(timeout=...)"),
    "lock": _QUEUE,
    "queueing_lock": "It is unique=Unique(key=..., until='started')",
    "task_id": "The database gives ids; a name of your own is job_key=",
    "expires": "The policy of the task says it: @tasks.task(expires_after=...)",
    "headers": "What a handler is to know stands in its payload",
    "ignore_result": _RESULT,
    "once": _UNIQUE,
    "serializer": "Payloads are JSON",
}
"""Options of a job that is added."""

WORKING: Mapping[str, str] = {
    "abort_job_polling_interval": "A worker hears of cancels by itself",
    "delete_jobs": "A job that is done is deleted, always",
    "fetch_job_polling_interval": "It is poll_interval=timedelta(...)",
    "install_signal_handlers": "It is handle_signals=",
    "listen_notify": "It is use_notifications=",
    "queues": "It is only_queues=, or only_tasks=",
    "shutdown_graceful_timeout": "It is grace_period=timedelta(...)",
    "wait": "What is due now, and no more, is run by `await worker.run_once()`",
}
"""Options of a worker."""

COMMANDS: Mapping[str, str] = {
    "beat": "Every worker schedules what recurs, each tick once: {run} app.tasks --crontab FILE",
    "call": "A job is added by: {root} add NAME --payload '{{...}}'",
    "control": "See: {root} pause, resume, cancel",
    "defer": "A job is added by: {root} add NAME --payload '{{...}}'",
    "events": "See: {root} stats --watch",
    "flower": "The page is: {root} admin",
    "healthchecks": "See: {root} stats",
    "inspect": "See: {root} workers, {root} list --state locked, {root} policies",
    "monitor": "The page is: {root} admin",
    "multi": "Each worker is a process of its own: {run} app.tasks",
    "purge": "Jobs that wait are removed by: {root} remove --task NAME, or --queue NAME",
    "revoke": "A job is cancelled by: {root} cancel ID",
    "schema": "The tables come from: {root} migrate",
    "shell": "See: {root} list, {root} show ID",
    "status": "See: {root} workers, {root} stats",
    "worker": "A worker is: {run} app.tasks",
}
"""Commands, with `{root}` for how ours is called, and `{run}` for its `run`."""

_MODULE = "The module with the tasks is an argument: {run} app.tasks"
_POOL = "Where a task runs says its registration: an async function, a plain one in a thread, run_in='process'"
FLAGS: Mapping[str, str] = {
    **dict.fromkeys(("-A", "--app", "-a"), _MODULE),
    **dict.fromkeys(("-P", "--pool"), _POOL),
    **dict.fromkeys(("-B", "--beat", "--schedule"), "Every worker schedules what recurs: --crontab FILE"),
    "-l": "It is --log-level",
    **dict.fromkeys(("--time-limit", "--soft-time-limit"), "It is timeout=timedelta(...) of a task"),
    **dict.fromkeys(("-E", "--task-events"), "Hooks tell it: --hooks app.hooks:hooks"),
    **dict.fromkeys(
        ("-Q", "-q", "--queues"),
        "It is --only-queue, once for each; but a queue here runs one job at a time: by tasks it is --only-task",
    ),
    **dict.fromkeys(("-X", "--exclude-queues"), "It is --not-queue, once for each"),
    **dict.fromkeys(("-w", "--wait", "--one-shot"), "What is due now, and no more, runs with --once"),
    **dict.fromkeys(("--listen-notify", "--no-listen-notify"), "It is --notifications, or --no-notifications"),
    "--at": "It is --run-at TIME",
    "--autoscale": "A worker has as many places as --concurrency says, and claims for those that are free",
    "--delete-jobs": "A job that is done is deleted, always",
    "--fetch-job-polling-interval": "It is --poll-interval, with a unit: 1s",
    "--in": "It is --run-at TIME; `date -Is -d '1 hour'` writes one",
    "--lock": "It is --queue; a named queue runs one job at a time, across all workers",
    "--max-tasks-per-child": "Processes live as long as the worker does",
    "--prefetch-multiplier": "It is --read-ahead, and rarely worth a thought",
    "--queueing-lock": "It is --unique-key KEY --unique-until started",
    "--shutdown-graceful-timeout": "It is --grace-period, with a unit: 5s",
}
"""Options of the command."""


def attribute_error(kind: str, name: str, words: Mapping[str, str], it: str = "") -> AttributeError:
    """Makes the error for an attribute that a thing of ours, an object or a module, does not have.

    >>> print(attribute_error("Task", "delay", OF_TASKS, "send"))
    'Task' object has no attribute 'delay'. A job is added by `send.add(payload)`, later with delay=timedelta(...) or \
run_at=
    """
    remedy = words.get(name)
    what = f"module {kind!r}" if kind.startswith("graphile_worker") else f"{kind!r} object"
    return AttributeError(f"{what} has no attribute {name!r}" + (f". {remedy.format(it=it)}" if remedy else ""))


def check_options(
    given: Iterable[str], known: Iterable[str], words: Mapping[str, str], what: str, otherwise: str | None = None
) -> None:
    """Raises TypeError for options that there are not: all of them at once, with what is meant where that is known;
    `otherwise` is said of all others.

    >>> check_options(["countdown"], ["delay"], ADDING, "a job of 'send'")
    Traceback (most recent call last):
    TypeError: a job of 'send' has no option 'countdown'. It is delay=timedelta(...)
    """
    known = list(known)
    problems = []
    for name in given:
        if name not in known:
            remedy = words.get(name) or f"There are {', '.join(known)}{f'. {otherwise}' if otherwise else ''}"
            problems.append(f"{what} has no option {name!r}. {remedy}")
    if problems:
        raise TypeError("; ".join(problems))
