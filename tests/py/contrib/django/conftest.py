"""Django in this process: set up once, with a database of the test's own as its default one."""

from __future__ import annotations

from collections.abc import Iterator

import django
import pytest
from django.conf import settings
from django.db.backends.postgresql.features import DatabaseFeatures

from tests import support
from tests.py.contrib.django.databases import default_database, settings_for

if not settings.configured:
    settings.configure(
        USE_TZ=True,
        TIME_ZONE="Europe/Paris",
        INSTALLED_APPS=["graphile_worker.contrib.django"],
        TASKS={
            "default": {
                "BACKEND": "graphile_worker.contrib.django.tasks_backend.GraphileWorkerBackend",
                "QUEUES": ["default", "invoices"],
                "OPTIONS": {"max_attempts": 2},
            }
        },
    )
    django.setup()


@pytest.fixture
def django_database(database: str) -> Iterator[str]:
    """The url of the database that is Django's default one."""
    support.skip_below(database, *DatabaseFeatures.minimum_database_version, what="this Django")
    with default_database(settings_for(database)):
        yield database
