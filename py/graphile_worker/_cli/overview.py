"""The commands `queues` and `workers`."""

from __future__ import annotations

from datetime import timedelta

import click

from .._calls.operator_rows import QueueSummary, WorkerSummary
from . import output
from . import text as _text
from .app import Command
from .session import client
from .settings import Settings
from .table import Column, columns_of_states
from .types import duration

_QUEUE_COLUMNS: list[Column[QueueSummary]] = [
    Column("QUEUE", lambda queue: queue.queue_name, narrowest=16),
    *columns_of_states(),
    Column("LOCKED AT", lambda queue: _text.short_time(queue.locked_at), rank=2),
    Column("LOCKED BY", lambda queue: queue.locked_by, narrowest=12, rank=1),
    Column("PAUSED SINCE", lambda queue: _text.short_time(queue.paused_at), rank=3),
]


@click.command(
    cls=Command,
    examples=[
        "graphile-worker queues",
        "graphile-worker queues --search customer",
    ],
)
@click.option("--search", metavar="TEXT", help="Only queues whose name has this in it.")
@click.option("--limit", type=click.IntRange(0, 100_000), default=100, show_default=True, metavar="N", help="How many.")
@click.option("--after", metavar="NAME", help="Those behind this one.")
@click.pass_obj
def queues(settings: Settings, search: str | None, limit: int, after: str | None) -> None:
    """List the named queues, by name, their jobs by state, who holds them.

    Cheap at any length: counting stops at 1000 (marked +), and failed jobs are only counted while they are few.
    `stats --by queue` shows those with the most to do."""
    with client(settings, only_looks=True) as queue_client:
        found = queue_client.list_queues(limit=limit, after_queue=after, search=search)
    none = "no named queues" if search is None and after is None else "no such queues"
    output.rows(settings, found, QueueSummary, _QUEUE_COLUMNS, none)
    output.more(settings, found, limit, "--after", lambda queue: queue.queue_name)


def _state(worker: WorkerSummary) -> str:
    state = {None: "no heartbeats", True: "stale", False: "alive"}[worker.is_stale]
    lost = worker.metadata.get("lost_slots") if isinstance(worker.metadata, dict) else None
    return f"{state}, {_text.count(lost, 'slot')} lost" if isinstance(lost, int) else state


_WORKER_COLUMNS: list[Column[WorkerSummary]] = [
    Column("WORKER", lambda worker: worker.worker_id, narrowest=20),
    Column("STATE", lambda worker: _state(worker)),
    Column("JOBS", lambda worker: worker.locked_jobs, right=True),
    Column("QUEUES", lambda worker: worker.locked_queues, right=True),
    Column("LAST HEARTBEAT", lambda worker: _text.short_time(worker.last_heartbeat_at), rank=1),
    Column("OLDEST LOCK", lambda worker: _text.short_time(worker.oldest_lock), rank=2),
    Column("STARTED", lambda worker: _text.short_time(worker.started_at), rank=3),
]


@click.command(cls=Command, examples=["graphile-worker workers", "graphile-worker workers --stale-threshold 1m"])
@click.option(
    "--stale-threshold",
    callback=duration,
    metavar="DURATION",
    default="5m",
    show_default=True,
    help="A worker is stale when it was not heard for so long.",
)
@click.option(
    "--limit", type=click.IntRange(0, 100_000), default=1000, show_default=True, metavar="N", help="How many."
)
@click.option("--offset", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Skip so many first.")
@click.pass_obj
def workers(settings: Settings, stale_threshold: timedelta, limit: int, offset: int) -> None:
    """List the workers, and what they hold.

    That is those that send heartbeats, and whoever else holds jobs or queues. A slot is lost while a thread goes on
    though its job was cancelled, or has timed out."""
    with client(settings, only_looks=True) as queue_client:
        found = queue_client.list_workers(stale_threshold, limit=limit, offset=offset)
    none = "no more workers" if offset else "no worker sends heartbeats, and nobody holds a job"
    output.rows(settings, found, WorkerSummary, _WORKER_COLUMNS, none)
    output.more(settings, found, limit, "--offset", lambda _: offset + limit)
