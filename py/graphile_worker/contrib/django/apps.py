"""The app for INSTALLED_APPS."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import mail
from django.db.models.signals import post_migrate

from .registry import tasks, use_django


class GraphileWorkerConfig(AppConfig):  # type: ignore[misc]
    """Brings `manage.py graphile_worker`, lets tasks be added on Django's connection, and puts the queue into the
    databases of tests. It has no models.
    """

    name = "graphile_worker.contrib.django"
    label = "graphile_worker"
    verbose_name = "Graphile Worker"

    def ready(self) -> None:
        """Checks the setting GRAPHILE_WORKER."""
        use_django(tasks)
        post_migrate.connect(_in_tests, sender=self)


def _in_tests(*, using: str, plan: object = None, **_others: Any) -> None:
    # What setup_test_environment makes, and nobody else. Elsewhere an operator installs the queue.
    if hasattr(mail, "outbox"):
        from .testing import set_up

        # A `flush` has no plan of migrations.
        set_up(using, is_flush=plan is None)
