"""The options of `run` about recovery."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import click

from .._recovery.options import Recovery
from .app import options
from .failure import Usage
from .types import duration, duration_or_zero

recovery_options = options(
    click.option(
        "--recovery/--no-recovery",
        default=True,
        show_default=True,
        help="Send heartbeats, and take back what dead workers hold; the same for all workers of a schema.",
    ),
    click.option(
        "--heartbeat-interval",
        callback=duration,
        metavar="DURATION",
        show_default="30s",
        help="How often to say that this worker lives.",
    ),
    click.option(
        "--sweep-interval",
        callback=duration,
        metavar="DURATION",
        show_default="1m",
        help="How often to look for workers that have not said so.",
    ),
    click.option(
        "--sweep-threshold",
        callback=duration,
        metavar="DURATION",
        show_default="5m",
        help="Who has not said so for this time is dead.",
    ),
    click.option(
        "--recovery-delay",
        callback=duration_or_zero,
        metavar="DURATION",
        show_default="30s",
        help="When the jobs of such a worker are due again.",
    ),
    click.option(
        "--connection-grace",
        callback=duration_or_zero,
        metavar="DURATION",
        show_default="5s",
        help="Who has lost its connection and is not back after this time is dead, too; 0 to go by heartbeats alone.",
    ),
    click.option(
        "--max-crashes",
        type=click.IntRange(min=0),
        metavar="N",
        show_default="5",
        help="Fail a job for good that was taken back from so many dead workers; 0 never does.",
    ),
    click.option(
        "--resilient-flag",
        "resilient_flags",
        multiple=True,
        metavar="FLAG",
        show_default="infrastructure_resilient",
        help="Judge who holds a job with this flag by heartbeats alone, and more patiently; may be repeated.",
    ),
    click.option(
        "--resilient-multiplier",
        type=click.FloatRange(1, 1000),
        metavar="X",
        show_default="3",
        help="So many times the --sweep-threshold.",
    ),
    click.option(
        "--orphans-like",
        metavar="PATTERN",
        show_default=r"graphile\_worker\_%",
        help="Who holds jobs and never registered is dead after the threshold if its id is LIKE this; none: nobody.",
    ),
)
_NAMES = tuple(field.name for field in fields(Recovery))


def recovery(options: dict[str, Any]) -> dict[str, Any]:
    """Removes the options about recovery from the options of a command; returns them as arguments of Worker."""
    is_on = options.pop("recovery")
    given = {name: value for name in _NAMES if (value := options.pop(name)) not in (None, ())}
    if not is_on:
        if given:
            raise Usage(f"--{next(iter(given)).replace('_', '-')} is of no use with --no-recovery")
        return {"recovery": None}
    for name, off in (("connection_grace", timedelta(0)), ("max_crashes", 0), ("orphans_like", "none")):
        if given.get(name) == off:
            given[name] = None
    return {"recovery": Recovery(**given)} if given else {}
