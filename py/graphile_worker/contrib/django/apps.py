"""The app for INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig

from .registry import tasks, use_django


class GraphileWorkerConfig(AppConfig):  # type: ignore[misc]
    """Brings `manage.py graphile_worker`, and lets tasks be added on Django's connection. It has no models."""

    name = "graphile_worker.contrib.django"
    label = "graphile_worker"
    verbose_name = "Graphile Worker"

    def ready(self) -> None:
        """Checks the setting GRAPHILE_WORKER."""
        use_django(tasks)
