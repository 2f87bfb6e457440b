"""Django's own tasks, on this queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings
from django.utils import timezone

from graphile_worker import Client, InvalidArgument, TaskRegistry
from graphile_worker.contrib.django import tasks_backend
from tests.py.contrib.django.databases import identifiers, rolled_back, run_jobs

try:
    from django.tasks import TaskResultStatus, task, task_backends
    from django.tasks.exceptions import TaskException
except ImportError:
    from django_tasks import TaskResultStatus, task, task_backends
    from django_tasks.exceptions import TaskException

heard: list[Any] = []


@task
def note(*args: Any, **kwargs: Any) -> None:
    heard.append((args, kwargs))


@task
async def note_async(n: int) -> None:
    heard.append(n)


@task(takes_context=True)
def fail(context: Any) -> None:
    heard.append(context.attempt)
    raise ZeroDivisionError


@task(takes_context=True)
def wait_for(context: Any) -> None:
    result = context.task_result
    heard.append((result.enqueued_at <= result.started_at, timezone.is_naive(result.enqueued_at)))


@pytest.fixture(autouse=True)
def empty() -> None:
    heard.clear()


def run(url: str) -> None:
    registry = TaskRegistry()
    tasks_backend.register(registry)
    run_jobs(url, registry)


def test_the_interface_that_is_met() -> None:
    backend = task_backends["default"]
    met = ("supports_defer", "supports_async_task", "supports_priority", "supports_get_result")
    assert [getattr(backend, name) for name in met] == [True, True, True, False]


@pytest.mark.parametrize("use_tz", [True, False])
def test_times_are_as_djangos_own(django_database: str, use_tz: bool) -> None:
    with override_settings(USE_TZ=use_tz):
        # Aware as all others are, or naive as they are.
        assert timezone.is_naive(wait_for.enqueue().enqueued_at) is not use_tz
        run(django_database)
    assert heard == [(True, not use_tz)]


def test_options_of_a_task_are_those_of_its_job(django_database: str) -> None:
    due = datetime(2100, 1, 2, tzinfo=UTC)
    result = note.using(priority=7, queue_name="invoices", run_after=due).enqueue(1, when="now")
    with Client(django_database) as client:
        [job] = client.list_jobs()
        details = client.show_job(int(result.id))
    assert details is not None
    # Django's higher priorities come first, here the lower ones do.
    assert (job.id, job.priority, job.queue_name, job.run_at) == (int(result.id), -7, "invoices", due)
    assert job.max_attempts == 2
    assert details.payload == {
        "task": f"{__name__}.note",
        "backend": "default",
        "args": [1],
        "kwargs": {"when": "now"},
    }
    assert result.status == TaskResultStatus.READY
    assert abs(result.enqueued_at - timezone.now()) < timedelta(minutes=5)
    assert note.enqueue().id != result.id
    with Client(django_database) as client:
        assert client.list_jobs()[0].queue_name is None


def test_a_queue_that_is_not_named_in_the_settings_is_refused() -> None:
    with pytest.raises(TaskException, match="Queue 'other' is not valid"):
        note.using(queue_name="other")


def test_enqueued_in_the_transaction(django_database: str) -> None:
    with rolled_back():
        note.enqueue()
    assert identifiers(django_database) == []


def test_they_run(django_database: str) -> None:
    note.enqueue(1, b=[2])
    async_to_sync(note_async.aenqueue)(3)
    run(django_database)
    assert sorted(heard, key=str) == [((1,), {"b": [2]}), 3]
    assert identifiers(django_database) == []


def test_signals_and_attempts(django_database: str) -> None:
    said: list[tuple[str, str, int]] = []
    receivers = []
    for name in ("enqueued", "started", "finished"):

        def receive(task_result: Any, name: str = name, **_: Any) -> None:
            said.append((name, str(task_result.status), len(task_result.errors)))

        getattr(tasks_backend, f"task_{name}").connect(receive)
        receivers.append((name, receive))
    try:
        result = fail.enqueue()
        for _ in range(2):
            run(django_database)
            with Client(django_database) as client:
                client.reschedule_jobs([int(result.id)], run_at=datetime.now(UTC))
    finally:
        for name, receive in receivers:
            getattr(tasks_backend, f"task_{name}").disconnect(receive)
    assert heard == [1, 2]
    assert [(name, status) for name, status, _ in said] == [
        ("enqueued", "READY"),
        ("started", "RUNNING"),
        ("started", "RUNNING"),
        ("finished", "FAILED"),
    ]
    assert said[-1][2] == 1


def test_results_are_not_kept_and_it_says_so(django_database: str) -> None:
    result = note.enqueue()
    with pytest.raises(NotImplementedError, match=rf"show_job\({result.id}\)"):
        result.refresh()


def test_a_task_that_is_gone_fails_for_good(django_database: str) -> None:
    with Client(django_database) as client:
        payload = {"task": "datetime.datetime", "backend": "default", "args": [], "kwargs": {}}
        client.add_job(tasks_backend.IDENTIFIER, payload)
        run(django_database)
        [job] = client.list_jobs(state="failed")
        details = client.show_job(job.id)
    assert details is not None
    assert "datetime.datetime is no task of Django's any more" in str(details.last_error)


def test_options_that_there_are_not() -> None:
    with pytest.raises(InvalidArgument, match="'other' have no 'retries'"):
        tasks_backend.GraphileWorkerBackend("other", {"OPTIONS": {"retries": 3}})
