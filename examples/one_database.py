"""psycopg, SQLAlchemy and Django in one process and one database: each adds jobs in its own transaction.

Run with DATABASE_URL set: python examples/one_database.py
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import django
import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from graphile_worker import Client, ThreadContext, Worker, migrate
from graphile_worker.contrib import sqlalchemy as with_sqlalchemy
from graphile_worker.contrib.django import client_for, database_address, tasks, transaction_for, worker_tasks

URL = os.environ["DATABASE_URL"]
ENGINE = create_engine(make_url(URL).set(drivername="postgresql+psycopg"))

parts = conninfo_to_dict(URL)
names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
settings.configure(
    INSTALLED_APPS=["graphile_worker.contrib.django"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            **{name: parts.get(part) or "" for name, part in names.items()},
        }
    },
)
django.setup()

INSERT = "insert into ledger values ('{}', {})"


# Each task does its work by another library, and commits it together with the completion of its job.
@tasks.task
def by_psycopg(payload: dict[str, Any], context: ThreadContext) -> None:
    with context.transaction() as own:
        own.execute(INSERT.format("psycopg", payload["n"]))


@tasks.task
def by_sqlalchemy(payload: dict[str, Any], context: ThreadContext) -> None:
    with Session(ENGINE) as session, with_sqlalchemy.transaction_for(context, session):
        session.execute(text(INSERT.format("SQLAlchemy", payload["n"])))


@tasks.task
def by_django(payload: dict[str, Any], context: ThreadContext) -> None:
    with transaction_for(context), connection.cursor() as cursor:
        cursor.execute(INSERT.format("Django", payload["n"]))


def add_all(n: int, *, bad: bool = False) -> None:
    """Add a job of each task with each library, one transaction within the other; a bad one rolls back all three."""
    payload = {"n": n}
    with psycopg.connect(URL) as own, Session(ENGINE) as session, session.begin(), transaction.atomic():
        for client in (Client(own), with_sqlalchemy.client_for(session), client_for()):
            for task in tasks:
                client.add_job(task, payload)
        if bad:
            raise ValueError("none of the three is committed")


def main() -> None:
    migrate(URL)
    with psycopg.connect(URL, autocommit=True) as own:
        own.execute("create table if not exists ledger (library text, n integer)")
        # Their names are known from here on, so that no open transaction waits for another that adds the first one.
        for task in tasks:
            Client(own).add_job(task, {"n": 0})
        add_all(1)
        try:
            add_all(2, bad=True)
        except ValueError as error:
            print(f"rolled back: {error}")
        asyncio.run(Worker(database_address(), worker_tasks(), concurrency=4).run_once())
        for library, n, count in own.execute("select library, n, count(*) from ledger group by 1, 2 order by 1, 2"):
            print(f"{library}: n = {n}, {count} times")
    connection.close()
    ENGINE.dispose()


if __name__ == "__main__":
    main()
