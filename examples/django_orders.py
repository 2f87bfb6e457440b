"""Jobs in Django's transactions, nested ones included.

Run with DATABASE_URL set: python examples/django_orders.py
"""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict

from graphile_worker import migrate
from graphile_worker.contrib.django import client_for
from graphile_worker.testing import jobs_of

URL = os.environ["DATABASE_URL"]

# What stands in the settings.py of a project.
parts = conninfo_to_dict(URL)
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts["dbname"],
            "USER": parts.get("user") or "",
            "PASSWORD": parts.get("password") or "",
            "HOST": parts.get("host") or "",
            "PORT": parts.get("port") or "",
        }
    }
)
django.setup()

jobs = client_for()


def place_order(number: int, *, bad: bool = False) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("insert into orders values (%s)", [number])
        jobs.add_job("send_invoice", {"order": number})
        if bad:
            raise ValueError("the card was refused")


def main() -> None:
    migrate(URL)
    with connection.cursor() as cursor:
        cursor.execute("create table if not exists orders (id integer)")
    with transaction.atomic():
        place_order(1)
        try:
            place_order(2, bad=True)
        except ValueError as error:
            print(f"no order and no job, by a savepoint: {error}")
        place_order(3)
    connection.close()
    print("jobs:", [job.payload for job in jobs_of(URL, "send_invoice")])


if __name__ == "__main__":
    main()
