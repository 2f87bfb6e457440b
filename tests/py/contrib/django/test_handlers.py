"""What a worker puts around the handlers of a project."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, connections
from django.test import override_settings

from graphile_worker import AsyncClient, Client, Job, JobContext, JobSpec, TaskRegistry, ThreadContext, Worker
from graphile_worker.contrib.django import connections as module
from graphile_worker.contrib.django import worker_tasks
from graphile_worker.testing import drain
from tests.py.contrib.django.databases import default_database, identifiers, rolled_back, run_jobs, settings_for


@pytest.fixture
def tasks() -> TaskRegistry:
    """A registry that nobody has given a client."""
    return TaskRegistry()


def own_backends(url: str) -> int:
    with psycopg.connect(url) as looker:
        row = looker.execute(
            "select count(*) from pg_stat_activity where application_name = 'shop' and datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def test_what_a_plain_handler_adds_is_in_its_own_transaction(django_database: str, tasks: TaskRegistry) -> None:
    @tasks.task
    def later() -> None: ...

    @tasks.task
    def save(payload: dict[str, Any]) -> None:
        if payload:
            with rolled_back():
                later.add(run_at=datetime(2100, 1, 1, tzinfo=UTC))
        else:
            later.add(run_at=datetime(2100, 1, 1, tzinfo=UTC))

    with Client(django_database) as client:
        client.add_job("save", {"fails": True})
        run_jobs(django_database, tasks)
        assert identifiers(django_database) == []
        client.add_job("save")
        run_jobs(django_database, tasks)
    assert identifiers(django_database) == ["later"]


def test_a_client_of_the_projects_own_is_left_to_it(django_database: str, tasks: TaskRegistry) -> None:
    @tasks.task
    def later() -> None: ...

    @tasks.task
    def save() -> None:
        with rolled_back():
            later.add(run_at=datetime(2100, 1, 1, tzinfo=UTC))

    tasks.use(AsyncClient(django_database))
    with Client(django_database) as client:
        client.add_job("save")
    run_jobs(django_database, tasks)
    # By the worker's client, as without Django.
    assert identifiers(django_database) == ["later"]


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_no_connection_is_left_behind(database: str, tasks: TaskRegistry, kind: str) -> None:
    seen: list[int] = []

    def plain(context: ThreadContext) -> None:
        one()
        seen.append(own_backends(database))

    async def on_the_loop(context: JobContext) -> None:
        await sync_to_async(one)()
        seen.append(own_backends(database))

    tasks.add(plain if kind == "plain" else on_the_loop, "t")
    # Plain ones are closed as old ones, those of an async handler with its thread, however long they might live.
    values = {**settings_for(database), "OPTIONS": {"application_name": "shop"}}
    with default_database({**values, "CONN_MAX_AGE": 0 if kind == "plain" else None}):
        with Client(database) as client:
            client.add_jobs(JobSpec(identifier="t") for _ in range(3))
        run_jobs(database, tasks)
    assert len(seen) == 3
    assert max(seen) <= 2
    assert own_backends(database) == 0


def test_they_can_be_drained(database: str, tasks: TaskRegistry) -> None:
    @tasks.task
    async def on_the_loop() -> None:
        await sync_to_async(one)()

    tasks.add(one, "plain")
    with Client(database) as client:
        client.add_jobs(JobSpec(identifier=identifier) for identifier in tasks)
    with default_database(settings_for(database)):
        drained = asyncio.run(drain(database, worker_tasks(tasks)))
    assert len(drained.completed) == 2


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_middleware_has_the_connections_of_its_handler(database: str, tasks: TaskRegistry, kind: str) -> None:
    queried: list[str] = []

    @tasks.middleware
    def in_place(job: Job, call: Callable[[], Any]) -> Any:
        one()
        queried.append("in place")
        return call()

    if kind == "async":

        @tasks.middleware
        async def on_loop(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
            await sync_to_async(one)()
            queried.append("on loop")
            return await call()

    @tasks.task
    async def async_handler() -> None:
        await sync_to_async(one)()
        queried.append("async handler")

    @tasks.task
    def plain_handler() -> None:
        one()
        queried.append("plain handler")

    values = {**settings_for(database), "OPTIONS": {"application_name": "shop"}, "CONN_MAX_AGE": 0}
    with default_database(values):
        with Client(database) as client:
            client.add_jobs(JobSpec(identifier=identifier) for identifier in tasks)
        assert len(asyncio.run(drain(database, worker_tasks(tasks))).check()) == 2
    on_loop_too = ["on loop"] if kind == "async" else []
    assert queried == [*on_loop_too, "async handler", *on_loop_too, "in place", "plain handler"]
    # Closed after the job, not when the thread ends.
    assert own_backends(database) == 0


def test_the_tasks_themselves_stay_as_they_are(tasks: TaskRegistry) -> None:
    @tasks.task
    def plain() -> None: ...

    @tasks.task
    async def on_the_loop() -> None: ...

    tasks.executable("program", "/bin/true")
    wrapped = worker_tasks(tasks)
    assert [wrapped[name].handler is tasks[name].handler for name in wrapped] == [False, True, True]
    assert wrapped["on_the_loop"].call is not tasks["on_the_loop"].call
    assert list(wrapped) == list(tasks)


def test_a_handler_waits_for_a_server_that_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []
    found = object()

    def connect(params: object) -> object:
        tries.append(params)
        if len(tries) % 3:
            raise psycopg.OperationalError("the database system is starting up")
        return found

    monkeypatch.setattr(module, "_PAUSE", 0)
    monkeypatch.setattr(module, "_were_there", set())
    with pytest.raises(psycopg.OperationalError):
        module._patient(connect, "other")({})
    tries.append("one more")
    assert module._patient(connect, "other")({}) is found
    assert module._patient(connect, "other")({}) is found
    assert len(tries) == 6
    monkeypatch.setattr(module, "_PATIENCE", -1)
    with pytest.raises(psycopg.OperationalError):
        module._patient(connect, "other")({})


def test_with_debug_a_job_has_its_own_queries_only(django_database: str, tasks: TaskRegistry) -> None:
    counts: list[int] = []

    @tasks.task
    def note() -> None:
        one()
        counts.append(len(connection.queries))

    kept = {**settings_for(django_database), "CONN_MAX_AGE": None}
    with default_database(kept), override_settings(DEBUG=True), Client(django_database) as client:
        client.add_jobs(JobSpec(identifier="note") for _ in range(3))
        # In one thread.
        asyncio.run(Worker(django_database, worker_tasks(tasks), concurrency=1).run_once())
    assert counts == [1, 1, 1]


def test_what_was_lost_in_a_pool_costs_no_attempt(django_database: str, tasks: TaskRegistry) -> None:
    tasks.task("one")(lambda: one())
    pooled = {"pool": {"min_size": 1, "max_size": 1}, "application_name": "shop"}
    with default_database({**settings_for(django_database), "OPTIONS": pooled}):
        for _ in range(2):
            with Client(django_database) as client:
                client.add_job("one")
                run_jobs(django_database, tasks)
                assert client.list_jobs() == []
            # It lies in the pool, which does not look.
            with psycopg.connect(django_database, autocommit=True) as killer:
                [killed] = killer.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'shop' "
                    "and datname = current_database()"
                ).fetchall()
            assert killed == (True,)
        connections["default"].close_pool()


def test_where_nothing_answers_a_script_waits_for_nothing() -> None:
    # Whoever is no handler has Django's own connections.
    nowhere = {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "127.0.0.1", "PORT": "1"}
    with default_database(nowhere), pytest.raises(OperationalError):
        connections["default"].ensure_connection()
