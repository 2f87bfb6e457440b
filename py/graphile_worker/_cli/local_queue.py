"""The options of `run` about local queues."""

from __future__ import annotations

from typing import Any

import click

from .._worker.options import LocalQueue, RefetchDelay
from .app import options
from .failure import Usage
from .types import duration

local_queue_options = options(
    click.option(
        "--local-queue-size",
        type=click.IntRange(min=1),
        metavar="N",
        help="Keep so many claimed jobs waiting in memory, besides those that start within --read-ahead.",
    ),
    click.option(
        "--local-queue-ttl",
        callback=duration,
        metavar="DURATION",
        show_default="5m",
        help="Give back what has not started after this time.",
    ),
    click.option(
        "--queue-count",
        type=click.IntRange(min=1),
        metavar="N",
        show_default="1",
        help="Local queues, each with a connection of its own.",
    ),
    click.option(
        "--refetch-delay",
        callback=duration,
        metavar="DURATION",
        show_default="none",
        help="Wait for half of it to all of it after a fetch that brought next to nothing.",
    ),
    click.option(
        "--refetch-delay-threshold",
        type=click.IntRange(min=0),
        metavar="N",
        show_default="0",
        help="That is, so many jobs or fewer.",
    ),
    click.option(
        "--refetch-delay-max-abort-threshold",
        type=click.IntRange(min=1),
        metavar="N",
        show_default="5 times the size",
        help="End the wait early when as many jobs are notified as a random number up to this one.",
    ),
)
_OF_THE_QUEUE = {"local_queue_ttl": "ttl", "queue_count": "queue_count", "refetch_delay": "refetch_delay"}
_OF_THE_DELAY = {
    "refetch_delay_threshold": "threshold",
    "refetch_delay_max_abort_threshold": "max_abort_threshold",
}


def local_queue(options: dict[str, Any]) -> LocalQueue | None:
    """Removes the options about local queues from the options of a command; returns what a Worker is told."""
    size = options.pop("local_queue_size")
    queue = {name: value for name in _OF_THE_QUEUE if (value := options.pop(name)) is not None}
    delay = {name: value for name in _OF_THE_DELAY if (value := options.pop(name)) is not None}
    if delay and "refetch_delay" not in queue:
        raise Usage(f"{_typed(delay)} is of no use without a refetch delay", hint="Say how long: --refetch-delay 100ms")
    if queue and size is None:
        hint = "Say how many jobs it holds: --local-queue-size 100"
        raise Usage(f"{_typed(queue)} is of no use without a local queue", hint=hint)
    if size is None:
        return None
    given = {_OF_THE_QUEUE[name]: value for name, value in queue.items()}
    if "refetch_delay" in given:
        more = {_OF_THE_DELAY[name]: value for name, value in delay.items()}
        given["refetch_delay"] = RefetchDelay(duration=given["refetch_delay"], **more)
    return LocalQueue(size=size, **given)


def _typed(given: dict[str, Any]) -> str:
    return f"--{next(iter(given)).replace('_', '-')}"
