"""Django: an app with `manage.py graphile_worker`, a registry for `tasks.py`, jobs in Django's transactions, and a
backend for Django's own tasks.

>>> INSTALLED_APPS = [..., "graphile_worker.contrib.django"]  # doctest: +SKIP
"""

from .clients import client_for, transaction_for
from .configuration import database_address
from .handlers import worker_tasks
from .registry import tasks

__all__ = ["client_for", "database_address", "tasks", "transaction_for", "worker_tasks"]
