"""Jobs in Django's transactions: they exist if and only if `atomic`, and the savepoint, commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import django
import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.backends.postgresql.features import DatabaseFeatures
from psycopg.conninfo import conninfo_to_dict

from graphile_worker import Client, InvalidArgument, InvalidJob
from graphile_worker.contrib.django import client_for
from tests import support

settings.configure(USE_TZ=True, TIME_ZONE="Europe/Paris")
django.setup()


def settings_for(url: str) -> dict[str, object]:
    parts = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {"ENGINE": "django.db.backends.postgresql"} | {name: parts.get(part) or "" for name, part in names.items()}


@contextmanager
def default_database(values: dict[str, object]) -> Iterator[None]:
    with suppress(AttributeError):  # not asked for yet in this thread
        del connections["default"]
    connections.settings = connections.configure_settings({"default": values})
    yield
    connections["default"].close()


def add_and_fail(identifier: str) -> None:
    with transaction.atomic():
        client_for().add_job(identifier)
        raise ZeroDivisionError


@pytest.fixture
def django_database(database: str) -> Iterator[str]:
    """The url of the database that is Django's default one."""
    support.skip_below(database, *DatabaseFeatures.minimum_database_version, what="this Django")
    with default_database(settings_for(database)):
        yield database


def identifiers(database: str) -> list[str]:
    with Client(database) as client:
        return sorted(job.task_identifier for job in client.list_jobs())


def test_outside_of_a_transaction_a_job_exists_at_once(django_database: str) -> None:
    job = client_for().add_job("now", {"n": 1}, flags=["f"])
    # As without Django, whose own loaders would leave jsonb a text.
    assert (job.payload, job.flags) == ({"n": 1}, {"f": True})
    assert job.run_at.tzinfo is not None
    assert identifiers(django_database) == ["now"]


def test_atomic(django_database: str) -> None:
    client = client_for()
    with transaction.atomic():
        client.add_job("kept")
        assert identifiers(django_database) == []
    with pytest.raises(ZeroDivisionError):
        add_and_fail("lost")
    assert identifiers(django_database) == ["kept"]


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
