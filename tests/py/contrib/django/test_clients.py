"""Jobs in Django's transactions: they exist if and only if `atomic`, and the savepoint, commits."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import psycopg2
import pytest
from django.db import connection, connections, transaction

from graphile_worker import (
    Client,
    Hooks,
    InvalidArgument,
    InvalidJob,
    JobComplete,
    JobFail,
    SchemaNotInstalled,
    TaskRegistry,
    Worker,
)
from graphile_worker._tasks.context import ThreadContext
from graphile_worker.contrib.django import client_for, transaction_for
from graphile_worker.testing import jobs_of
from tests.py.contrib.django.databases import default_database, identifiers


def add_and_fail(identifier: str) -> None:
    with transaction.atomic():
        client_for().add_job(identifier)
        raise ZeroDivisionError


def test_outside_of_a_transaction_a_job_exists_at_once(django_database: str) -> None:
    job = client_for().add_job("now", {"n": 1}, flags=["f"])
    # As without Django, whose own loaders would leave jsonb a text.
    assert (job.payload, job.flags) == ({"n": 1}, {"f": True})
    assert job.run_at.tzinfo is not None
    assert identifiers(django_database) == ["now"]


def test_a_queue_that_is_not_installed_is_installed_by_manage_py(django_database: str) -> None:
    with pytest.raises(SchemaNotInstalled, match=r"Run `manage.py graphile_worker migrate`"):
        client_for(schema="elsewhere").add_job("never")


def test_atomic(django_database: str) -> None:
    client = client_for()
    with transaction.atomic():
        client.add_job("kept")
        assert identifiers(django_database) == []
    with pytest.raises(ZeroDivisionError):
        add_and_fail("lost")
    assert identifiers(django_database) == ["kept"]


def test_a_view_adds_by_the_task(django_database: str) -> None:
    tasks = TaskRegistry()
    tasks.use(client_for())

    @tasks.task(queue_name="mail")
    async def invoice(payload: dict[str, int]) -> None: ...

    def view(order: int) -> None:
        with transaction.atomic():
            invoice.add({"order": order}, delay=timedelta(hours=1))
            client_for().add_job(invoice, {"order": order})
            1 / order

    view(7)
    with pytest.raises(ZeroDivisionError):
        view(0)
    jobs = jobs_of(django_database, "invoice")
    assert [(job.payload, job.queue_name) for job in jobs] == [({"order": 7}, "mail")] * 2
    assert {job.run_at - job.created_at for job in jobs} == {timedelta(0), timedelta(hours=1)}


def test_savepoints(django_database: str) -> None:
    client = client_for(connection)
    with transaction.atomic():
        client.add_job("outer")
        with transaction.atomic():
            client.add_job("released")
        with pytest.raises(ZeroDivisionError):
            add_and_fail("rolled back")
        with pytest.raises(InvalidJob), transaction.atomic():
            client.add_job("bad", priority=10**6)
        client.add_job("after")
    assert identifiers(django_database) == ["after", "outer", "released"]


def test_a_broken_transaction_is_refused_as_django_does(django_database: str) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            client_for().add_job("x")
    assert identifiers(django_database) == []


def test_jobs_are_in_the_transaction_of_djangos_own_statements(django_database: str) -> None:
    with transaction.atomic():
        client_for(connections["default"]).add_job("x")
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from graphile_worker.jobs")
            assert cursor.fetchone() == (1,)
            # Its loaders are as they were.
            cursor.execute("""select '{"a": 1}'::jsonb""")
            assert cursor.fetchone() == ('{"a": 1}',)


def test_each_thread_has_its_own_connection(django_database: str) -> None:
    client = client_for()

    def add() -> None:
        client.add_job("thread")
        connections["default"].close()

    with transaction.atomic():
        client.add_job("main")
        thread = threading.Thread(target=add)
        thread.start()
        thread.join()
        assert identifiers(django_database) == ["thread"]
    assert identifiers(django_database) == ["main", "thread"]


def test_another_driver_is_named_with_the_remedy(database: str) -> None:
    raw = psycopg2.connect(database)
    wrapper = SimpleNamespace(
        vendor="postgresql",
        alias="old",
        connection=raw,
        ensure_connection=lambda: None,
        validate_no_broken_transaction=lambda: None,
    )
    with pytest.raises(InvalidArgument, match=r"'old' runs on psycopg2,.*pip install 'psycopg\[binary\]'"):
        client_for(wrapper).add_job("x")
    raw.close()


def test_another_kind_of_database_is_refused() -> None:
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    with default_database(sqlite), pytest.raises(InvalidArgument, match="'default' is SQLite"):
        client_for().add_job("x")


def run_in_worker(url: str, handler: Any) -> list[str]:
    """Runs a job of the handler; returns what the hooks heard of its end."""
    heard: list[str] = []
    hooks = Hooks()
    for event in (JobComplete, JobFail):
        hooks.on(event)(lambda event: heard.append(type(event).__name__))
    tasks = TaskRegistry()
    tasks.add(handler, "write")
    with Client(url) as client:
        client.add_job("write")
    asyncio.run(Worker(url, tasks, hooks=hooks).run_once())
    return heard


def write(job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into written values (%s)", [job_id])


@pytest.mark.parametrize("ending", ["commits", "raises", "loses", "after commit"])
def test_a_handlers_block_completes_its_job(
    django_database: str, ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(django_database, autocommit=True) as own:
        own.execute("create table written (job_id bigint)")

    def handler(context: ThreadContext) -> None:
        try:
            with transaction_for(context):
                write(context.job.id)
                if ending == "raises":
                    raise ZeroDivisionError
                if ending == "loses":
                    context.client.force_unlock_workers([context.worker_id])
                if ending == "after commit":
                    transaction.on_commit(fail)
        finally:
            connection.close()

    heard = run_in_worker(django_database, handler)
    is_done = ending in {"commits", "after commit"}
    with psycopg.connect(django_database) as own:
        assert own.execute("select count(*) from written").fetchone() == (int(is_done),)
    # What it lost is run again, and lost again, until somebody else is first; here it is out of the way for a while.
    assert identifiers(django_database) == ([] if is_done else ["write"])
    assert heard == {"commits": ["JobComplete"], "raises": ["JobFail"], "after commit": ["JobComplete"]}.get(ending, [])
    said = [record.message for record in caplog.records if "is done, its transaction was committed" in record.message]
    assert len(said) == (ending == "after commit")


def fail() -> None:
    raise ZeroDivisionError


def test_a_handlers_block_is_the_outermost(django_database: str) -> None:
    def handler(context: ThreadContext) -> None:
        try:
            with transaction.atomic(), transaction_for(context):
                pass
        finally:
            connection.close()

    assert run_in_worker(django_database, handler) == ["JobFail"]
    with Client(django_database) as client:
        [job] = client.list_jobs()
        details = client.show_job(job.id)
    assert details is not None
    assert "durable atomic block" in str(details.last_error)
