"""The registry with the tasks of all installed apps: whoever imports this module has `tasks.py` of each imported."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from .registry import tasks

__all__ = ["tasks"]

autodiscover_modules("tasks")
if getattr(settings, "TASKS", None) and (find_spec("django.tasks") or find_spec("django_tasks")):
    # What was enqueued by Django's own tasks framework.
    from . import tasks_backend

    tasks_backend.register(tasks)
