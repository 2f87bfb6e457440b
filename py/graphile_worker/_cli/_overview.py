"""`stats`, `queues` and `workers`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from .._models import LockedWorker, QueueSummary, Stats, WorkerSummary
from . import _output as output
from . import _text
from ._app import Command
from ._output import Line
from ._session import client
from ._settings import Settings
from ._table import Column
from ._types import duration


@click.command(cls=Command, examples=["graphile-worker stats", "graphile-worker stats --json | jq .oldest_ready_age"])
@click.pass_obj
def stats(settings: Settings) -> None:
    """Count the jobs in each state, and how long the oldest waits."""
    with client(settings) as queue_client:
        found = queue_client.stats()
    output.record(found, _stats_lines(found), as_json=settings.as_json)


def _stats_lines(found: Stats) -> list[Line]:
    waiting = f"the oldest due for {_text.duration(found.oldest_ready_age)}" if found.oldest_ready_age else ""
    counts = [
        ("ready", found.ready, waiting),
        ("scheduled", found.scheduled, ""),
        ("locked", found.locked, ""),
        ("failed", found.failed, ""),
        ("total", found.total, ""),
        ("queues", found.queues, f"{found.locked_queues} locked" if found.locked_queues else ""),
        ("workers", found.workers, ""),
    ]
    width = max(len(str(count)) for _, count, _ in counts)
    return [Line(name, f"{count:>{width}}", note=note) for name, count, note in counts]


_QUEUE_COLUMNS: list[Column[QueueSummary]] = [
    Column("QUEUE", lambda queue: queue.queue_name, narrowest=16),
    Column("READY", lambda queue: queue.ready, right=True),
    Column("SCHEDULED", lambda queue: queue.scheduled, right=True),
    Column("LOCKED", lambda queue: queue.locked, right=True),
    Column("FAILED", lambda queue: queue.failed, right=True),
    Column("LOCKED AT", lambda queue: _text.short_time(queue.locked_at), rank=2),
    Column("LOCKED BY", lambda queue: queue.locked_by, narrowest=12, rank=1),
]


@click.command(cls=Command, examples=["graphile-worker queues"])
@click.pass_obj
def queues(settings: Settings) -> None:
    """List the named queues, their jobs by state, who holds them.

    The longest comes first."""
    with client(settings) as queue_client:
        found = queue_client.list_queues()
    if not found and not settings.as_json and output.on_terminal():
        click.echo("no named queues", err=True)
        return
    output.rows(found, _QUEUE_COLUMNS, row_type=QueueSummary, as_json=settings.as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLine:
    """A worker that sends heartbeats, or one that is known only by what it holds: then the first three are None."""

    worker_id: str
    started_at: datetime | None = None
    last_heartbeat_at: datetime | None = None
    is_stale: bool | None = None
    locked_jobs: int = 0
    locked_queues: int = 0
    oldest_lock: datetime | None = None
    metadata: Any = None


_WORKER_COLUMNS: list[Column[WorkerLine]] = [
    Column("WORKER", lambda worker: worker.worker_id, narrowest=20),
    Column("STATE", lambda worker: {None: "no heartbeats", True: "stale", False: "alive"}[worker.is_stale]),
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
@click.pass_obj
def workers(settings: Settings, stale_threshold: timedelta) -> None:
    """List the workers, and what they hold.

    That is those that send heartbeats, and whoever else holds jobs or queues."""
    with client(settings) as queue_client:
        found = _merged(queue_client.list_workers(stale_threshold), queue_client.list_locked_workers())
    if not found and not settings.as_json and output.on_terminal():
        click.echo("no worker sends heartbeats, and nobody holds a job", err=True)
        return
    output.rows(found, _WORKER_COLUMNS, row_type=WorkerLine, as_json=settings.as_json)


def _merged(heard: list[WorkerSummary], holding: list[LockedWorker]) -> list[WorkerLine]:
    locks = {worker.worker_id: worker for worker in holding}
    lines = []
    for worker in heard:
        lock = locks.pop(worker.worker_id, None)
        lines.append(
            WorkerLine(
                worker_id=worker.worker_id,
                started_at=worker.started_at,
                last_heartbeat_at=worker.last_heartbeat_at,
                is_stale=worker.is_stale,
                locked_jobs=worker.locked_jobs,
                locked_queues=lock.locked_queues if lock else 0,
                oldest_lock=lock.oldest_lock if lock else None,
                metadata=worker.metadata,
            )
        )
    lines += [
        WorkerLine(
            worker_id=worker.worker_id,
            last_heartbeat_at=worker.last_heartbeat_at,
            locked_jobs=worker.locked_jobs,
            locked_queues=worker.locked_queues,
            oldest_lock=worker.oldest_lock,
        )
        for worker in locks.values()
    ]
    return lines
