"""Django in a process of a worker's: set up when this is imported, which is before the module of a handler is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django
from django.apps import apps
from django.db import close_old_connections

from ..._calls.job import Job
from .connections import prepare

__all__ = ["around"]

if not apps.ready:
    django.setup()


def around(_job: Job, call: Callable[[], Any]) -> Any:
    """Gives a handler in a process Django's connections as one in a thread has them."""
    close_old_connections()
    prepare()
    try:
        return call()
    finally:
        close_old_connections()
