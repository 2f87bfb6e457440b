"""Tasks for a first look: `graphile-worker run examples.tasks`."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from graphile_worker import JobContext, TaskRegistry

logger = logging.getLogger(__name__)
tasks = TaskRegistry()


@dataclass
class Mail:
    """The payload of `send_email`."""

    to: str
    subject: str = "Hello"


@tasks.task
async def hello(payload: dict[str, Any], context: JobContext) -> None:
    context.logger.info("hello, %s", payload.get("name", "world"))


@tasks.task
async def send_email(payload: Mail) -> None:
    logger.info("mail to %s: %s", payload.to, payload.subject)


@tasks.task
def resize_image(payload: dict[str, Any]) -> None:
    """A plain function: it runs in a thread, and may block."""
    time.sleep(0.1)
    logger.info("resized %s", payload.get("path"))
