"""Django's default database, changed for a test; what a worker makes of jobs in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connections, transaction
from psycopg.conninfo import conninfo_to_dict

from graphile_worker import Client, TaskRegistry, Worker
from graphile_worker.contrib.django import worker_tasks


def settings_for(url: str) -> dict[str, object]:
    """What stands in DATABASES for a url."""
    parts = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {"ENGINE": "django.db.backends.postgresql"} | {name: parts.get(part) or "" for name, part in names.items()}


@contextmanager
def default_database(values: dict[str, object]) -> Iterator[None]:
    """A block in which Django's default database is this one."""
    with suppress(AttributeError):  # not asked for yet in this thread
        del connections["default"]
    connections.settings = connections.configure_settings({"default": values})
    yield
    connections["default"].close()


@contextmanager
def rolled_back() -> Iterator[None]:
    """An atomic block that somebody's error rolls back."""
    with suppress(ZeroDivisionError), transaction.atomic():
        yield
        raise ZeroDivisionError


def identifiers(database: str) -> list[str]:
    """The tasks of all jobs that there are."""
    with Client(database) as client:
        return sorted(job.task_identifier for job in client.list_jobs())


def run_jobs(url: str, tasks: TaskRegistry) -> None:
    """Run what is due, as `manage.py graphile_worker run --once` does."""
    asyncio.run(Worker(url, worker_tasks(tasks), concurrency=2).run_once())
