"""A backend for Django's own tasks: `django.tasks` of Django 6.0, or the package django-tasks before it.

>>> TASKS = {  # doctest: +SKIP
...     "default": {"BACKEND": "graphile_worker.contrib.django.tasks_backend.GraphileWorkerBackend"}
... }
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypedDict

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from ..._basis.errors import InvalidArgument
from ..._hooks.endings import Discard, GiveUp
from ..._tasks.context import JobContext
from ..._tasks.registry import TaskRegistry
from .clients import client_for

if TYPE_CHECKING or find_spec("django.tasks") is not None:
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.base import DEFAULT_TASK_QUEUE_NAME, Task, TaskContext, TaskError, TaskResult, TaskResultStatus
    from django.tasks.signals import task_enqueued, task_finished, task_started
else:
    from django_tasks.backends.base import BaseTaskBackend
    from django_tasks.base import DEFAULT_TASK_QUEUE_NAME, Task, TaskContext, TaskError, TaskResult, TaskResultStatus
    from django_tasks.signals import task_enqueued, task_finished, task_started

__all__ = ["IDENTIFIER", "GraphileWorkerBackend", "register"]

IDENTIFIER = "django_task"
"""The task identifier of every job of this backend; which of Django's tasks it is stands in the payload."""

_OPTIONS = ("max_attempts",)


class _Payload(TypedDict):
    task: str
    backend: str
    args: list[Any]
    kwargs: dict[str, Any]


class GraphileWorkerBackend(BaseTaskBackend):  # type: ignore[misc]
    """Enqueues Django's tasks as jobs, on Django's connection and in its transaction; `manage.py graphile_worker run`
    runs them. `OPTIONS = {"max_attempts": 5}`: how often each is tried, 25 times by default.
    """

    supports_defer = True
    supports_async_task = True
    supports_priority = True
    # Of a job that is done the queue keeps no row: docs/django.md.
    supports_get_result = False

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        for option in self.options:
            if option not in _OPTIONS:
                raise InvalidArgument(
                    f"the OPTIONS of the task backend {alias!r} have no {option!r}",
                    hint=f"They have {', '.join(_OPTIONS)}; where the queue is says the setting GRAPHILE_WORKER",
                )

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Adds a job for a task; `id` of the result is the id of the job. Raises what `add_job` raises."""
        self.validate_task(task)
        result = _result(task, "", TaskResultStatus.READY, args, kwargs, self.alias)
        run_at = task.run_after
        if run_at is not None and timezone.is_naive(run_at):
            run_at = timezone.make_aware(run_at)
        payload = _Payload(task=task.module_path, backend=self.alias, args=result.args, kwargs=result.kwargs)
        job = client_for().add_job(
            IDENTIFIER,
            payload,
            # Here the least number is first.
            priority=-int(task.priority),
            # A queue of ours runs one job at a time.
            queue_name=None if task.queue_name == DEFAULT_TASK_QUEUE_NAME else task.queue_name,
            run_at=run_at,
            **self.options,
        )
        result = replace(result, id=str(job.id), enqueued_at=_as_of_django(job.created_at))
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> Any:
        """Raises NotImplementedError, with what to do instead."""
        raise NotImplementedError(
            f"the queue keeps no results, and no row of a job that is done. While it is there, "
            f"client_for().show_job({result_id}) has its state and its last error"
        )


def register(tasks: TaskRegistry) -> None:
    """Registers what runs the tasks of these backends."""
    if IDENTIFIER not in tasks:
        tasks.add(_run, IDENTIFIER)


def _run(payload: _Payload, context: JobContext) -> None:
    task = import_string(payload["task"])
    if not isinstance(task, Task):
        raise GiveUp(f"{payload['task']} is no task of Django's any more")
    task = task.using(backend=payload["backend"])
    job = context.job
    result = _result(task, str(job.id), TaskResultStatus.RUNNING, payload["args"], payload["kwargs"], task.backend)
    now = timezone.now()
    _set(result, enqueued_at=_as_of_django(job.created_at), started_at=now, last_attempted_at=now)
    # Its length is the number of the attempt; who made the others is not known.
    result.worker_ids.extend([*[""] * (job.attempts - 1), context.worker_id])
    sender = type(task.get_backend())
    task_started.send(sender, task_result=result)
    arguments = (TaskContext(task_result=result), *result.args) if task.takes_context else result.args
    try:
        task.call(*arguments, **result.kwargs)
    except BaseException as error:
        if job.attempts >= job.max_attempts or isinstance(error, (GiveUp, Discard)):
            _set(result, status=TaskResultStatus.FAILED, finished_at=timezone.now())
            path = f"{type(error).__module__}.{type(error).__qualname__}"
            result.errors.append(TaskError(exception_class_path=path, traceback=_traceback(error)))
            task_finished.send(sender, task_result=result)
        raise
    _set(result, status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now())
    task_finished.send(sender, task_result=result)


def _as_of_django(time: datetime) -> datetime:
    """Returns a time as `timezone.now()` has it: without USE_TZ naive, of the zone of this process."""
    return time if settings.USE_TZ else time.astimezone().replace(tzinfo=None)


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _result(task: Any, result_id: str, status: Any, args: Any, kwargs: Any, backend: str) -> Any:
    return TaskResult(
        task=task, id=result_id, status=status, enqueued_at=None, started_at=None, last_attempted_at=None,
        finished_at=None, args=args, kwargs=kwargs, backend=backend, errors=[], worker_ids=[],
    )  # fmt: skip


def _set(result: Any, **values: Any) -> None:
    # It is frozen, and Django's own backends do the same.
    for name, value in values.items():
        object.__setattr__(result, name, value)
