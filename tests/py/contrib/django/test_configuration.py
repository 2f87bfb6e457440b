"""The setting GRAPHILE_WORKER, and the address that follows from DATABASES."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict

from graphile_worker import InvalidArgument
from graphile_worker.contrib.django import client_for, database_address
from tests.py.contrib.django.databases import default_database, settings_for


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "GRAPHILE_WORKER is list"),
        ({"SCHMEA": "x"}, "no 'SCHMEA': its keys are DATABASE and SCHEMA"),
        ({"SCHEMA": ""}, r"GRAPHILE_WORKER\['SCHEMA'\] is ''"),
        ({"DATABASE": None}, r"GRAPHILE_WORKER\['DATABASE'\] is None"),
        ({"DATABASE": "queue"}, r"GRAPHILE_WORKER\['DATABASE'\] is 'queue', and DATABASES has default"),
    ],
)
def test_what_is_wrong_is_named(given: Any, said: str) -> None:
    with override_settings(GRAPHILE_WORKER=given), pytest.raises(ImproperlyConfigured, match=said):
        client_for()


def test_the_schema_is_that_of_the_setting(django_database: str) -> None:
    with override_settings(GRAPHILE_WORKER={"SCHEMA": "elsewhere"}):
        assert client_for().schema == "elsewhere"
        assert client_for(schema="here").schema == "here"


def test_the_address_leads_where_django_goes(django_database: str) -> None:
    options = {
        "application_name": "it's mine",
        "options": "-c work_mem=5MB",
        "assume_role": "pg_monitor",
        "server_side_binding": True,
        "isolation_level": psycopg.IsolationLevel.SERIALIZABLE,
        "pool": {"max_size": 2},
    }
    with default_database({**settings_for(django_database), "PASSWORD": "a b'c\\d", "OPTIONS": options}):
        address = database_address()
    assert conninfo_to_dict(address)["password"] == "a b'c\\d"
    # Where the server asks for none, any password will do.
    address = psycopg.conninfo.make_conninfo(address, password=conninfo_to_dict(django_database).get("password"))
    with psycopg.connect(address) as connection:
        row = connection.execute(
            """select current_database(), current_user, current_setting('work_mem'),
            current_setting('application_name')"""
        ).fetchone()
    assert row == (conninfo_to_dict(django_database)["dbname"], "pg_monitor", "5MB", "it's mine")
    connections["default"].close()


def test_an_address_that_there_is_not() -> None:
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    with default_database(sqlite):
        with pytest.raises(InvalidArgument, match="'default' is SQLite"):
            database_address()
        with pytest.raises(InvalidArgument, match=r"DATABASES has no 'other'\. It has default"):
            database_address("other")
