"""The command `stats`: once, or at intervals."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import click
import msgspec

from .._calls.health_rows import TableHealth, XminHolder
from .._calls.operator_rows import QueueLength, RefusedClaim, Stats, TaskSummary
from .._client.client import Client
from . import output
from . import text as _text
from .app import Command
from .output import Line
from .session import client
from .settings import Settings
from .table import Column, columns_of_states
from .types import duration
from .watch import again_and_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Stats):
    """Stats, and jobs added and deleted per second since the previous query; None for both at the first."""

    added_per_second: float | None
    deleted_per_second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What vacuum has to do, which sessions keep it from doing it, and which jobs can't be claimed."""

    tables: list[TableHealth]
    xmin_holders: list[XminHolder]
    refused_claims: list[RefusedClaim]


_TASK_COLUMNS: list[Column[TaskSummary]] = [
    Column("TASK", lambda task: task.task_identifier, narrowest=12),
    *columns_of_states(),
    Column("OLDEST DUE FOR", lambda task: _age(task.oldest_ready_age), rank=1, right=True),
    Column("PAUSED SINCE", lambda task: _text.short_time(task.paused_at), rank=2),
]
_QUEUE_COLUMNS: list[Column[QueueLength]] = [
    Column("QUEUE", lambda queue: queue.queue_name, narrowest=12),
    Column("READY", lambda queue: f"{queue.ready}{'+' if queue.capped else ''}", right=True),
    Column("OLDEST DUE FOR", lambda queue: _age(queue.oldest_ready_age), right=True),
    Column("LOCKED BY", lambda queue: queue.locked_by, narrowest=12, rank=2),
    Column("PAUSED SINCE", lambda queue: _text.short_time(queue.paused_at), rank=1),
]
_TABLE_COLUMNS: list[Column[TableHealth]] = [
    Column("TABLE", lambda table: table.table_name),
    Column("ROWS", lambda table: table.live_rows, right=True),
    Column("DEAD", lambda table: table.dead_rows, right=True),
    Column("SIZE", lambda table: _text.size(table.table_bytes), rank=2, right=True),
    Column("INDEXES", lambda table: _text.size(table.index_bytes), rank=3, right=True),
    Column("AUTOVACUUM", lambda table: _text.short_time(table.last_autovacuum)),
    Column("VACUUM", lambda table: _text.short_time(table.last_vacuum), rank=4),
    Column("XID AGE", lambda table: table.xid_age, rank=5, right=True),
]
_HOLDER_COLUMNS: list[Column[XminHolder]] = [
    Column("XMIN AGE", lambda holder: holder.xmin_age, right=True),
    Column("HELD BY", lambda holder: holder.kind),
    Column("NAME", lambda holder: holder.name, narrowest=8, rank=2),
    Column("PID", lambda holder: holder.pid, right=True),
    Column("SINCE", lambda holder: _text.short_time(holder.since), rank=1),
    Column("STATE", lambda holder: holder.state, narrowest=8, rank=4),
    Column("ROLE", lambda holder: holder.role_name, narrowest=6, rank=3),
    Column("QUERY", lambda holder: holder.query, narrowest=12, rank=5),
]

_REFUSED_COLUMNS: list[Column[RefusedClaim]] = [
    Column("JOB THAT CAN'T BE CLAIMED", lambda refused: refused.job_id, right=True),
    Column("TASK", lambda refused: refused.task_identifier, narrowest=8, rank=1),
    Column("QUEUE", lambda refused: refused.queue_name, narrowest=8, rank=3),
    Column("SINCE", lambda refused: _text.short_time(refused.refused_since), rank=2),
    Column("TRIES", lambda refused: refused.refusals, right=True),
    Column("ERROR", lambda refused: refused.error, narrowest=12),
]


@click.command(
    cls=Command,
    examples=[
        "graphile-worker stats",
        "graphile-worker stats --watch 5s",
        "graphile-worker stats --by task",
        "graphile-worker stats --health",
        "graphile-worker stats --json | jq .oldest_ready_age",
    ],
)
@click.option("--by", type=click.Choice(["task", "queue"]), help="Each task, or the queues with the most to do.")
@click.option("--health", is_flag=True, help="What keeps vacuum from its work, and jobs from being claimed.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, metavar="N", help="With --by, how many."
)
@click.option("--after", metavar="NAME", help="With --by task, those behind this one.")
@click.option(
    "--watch",
    is_flag=False,
    flag_value="2s",
    callback=duration,
    metavar="[EVERY]",
    help="Look again every 2s, or as said, with the jobs added and deleted per second.",
)
@click.pass_obj
def stats(
    settings: Settings, by: str | None, health: bool, limit: int, after: str | None, watch: timedelta | None
) -> None:
    """Count the jobs in each state, and how long the oldest waits.

    Cheap at any length: figures above 10,000 are estimates, marked ~, or, where
    there is none, 10,000+ (with --by: at least so many, marked +).
    """
    if by and health:
        raise click.UsageError("--by and --health exclude each other")
    if after is not None and by != "task":
        raise click.UsageError("--after needs --by task")
    clear = output.on_terminal() and not settings.as_json
    if by == "task":
        shower: functools.partial[None] = functools.partial(_show_tasks, settings, limit=limit, after=after)
    elif by == "queue":
        shower = functools.partial(_show_queues, settings, limit=limit)
    elif health:
        shower = functools.partial(_show_health, settings)
    else:
        shower = functools.partial(_show_once, settings)
    if watch is None:
        with client(settings, only_looks=True) as queue_client:
            shower(queue_client)
    elif shower.func is _show_once:
        if not settings.as_json and not output.on_terminal():
            click.echo("\t".join(field.name for field in fields(Look)))
        again_and_again(settings, functools.partial(_watcher, settings), watch, clear=clear)
    else:
        again_and_again(settings, lambda client: lambda: shower(client), watch, clear=clear)


def _looks(queue_client: Client) -> Iterator[Look]:
    before: Stats | None = None
    while True:
        now = queue_client.stats()
        added = deleted = None
        if before is not None and now.counted_at > before.counted_at:
            seconds = (now.counted_at - before.counted_at).total_seconds()
            # They begin again at zero when the server's statistics are reset.
            added = round(max(now.jobs_added - before.jobs_added, 0) / seconds, 1)
            deleted = round(max(now.jobs_deleted - before.jobs_deleted, 0) / seconds, 1)
        before = now
        figures: dict[str, Any] = {field.name: getattr(now, field.name) for field in fields(now)}
        yield Look(**figures, added_per_second=added, deleted_per_second=deleted)


def _show_once(settings: Settings, queue_client: Client) -> None:
    found = queue_client.stats()
    output.record(settings, found, _lines(found))


def _show_tasks(settings: Settings, queue_client: Client, *, limit: int, after: str | None) -> None:
    tasks = queue_client.task_stats(limit=limit, after_task=after)
    output.rows(settings, tasks, TaskSummary, _TASK_COLUMNS)
    output.more(settings, tasks, limit, "--after", lambda task: task.task_identifier)


def _show_queues(settings: Settings, queue_client: Client, *, limit: int) -> None:
    output.rows(settings, queue_client.longest_queues(limit=limit), QueueLength, _QUEUE_COLUMNS)


def _watcher(settings: Settings, queue_client: Client) -> Callable[[], None]:
    """Returns a function that shows the stats; rates are those since its previous call on the same connection."""
    looks = _looks(queue_client)
    return lambda: _show_look(settings, next(looks))


def _show_look(settings: Settings, look: Look) -> None:
    if settings.as_json:
        # A line each, whether somebody watches or not.
        click.echo(msgspec.json.encode(output.plain(look)))
    elif output.on_terminal():
        output.record(settings, look, _lines(look))
    else:
        click.echo("\t".join(_text.cell(getattr(look, field.name)) for field in fields(look)))


def _lines(found: Stats) -> list[Line]:
    stale = f"{found.stale_workers:,} stale" if found.stale_workers else ""
    paused = f"{_text.count(found.paused_tasks, 'task')} paused" if found.paused_tasks else ""
    counts: list[tuple[str, int, str]] = [
        ("ready", found.ready, f"the oldest due for {age}" if (age := _age(found.oldest_ready_age)) else ""),
        *([("held back", found.held_back, "ready, and waiting for a limit")] if found.held_back else []),
        ("scheduled", found.scheduled, ""),
        ("locked", found.locked, ""),
        ("failed", found.failed, ""),
        ("total", found.total, ""),
        ("queues", found.queues, _and(found.locked_queues, "locked", found.paused_queues, "paused")),
        ("workers", found.workers, ", ".join(filter(None, (stale, paused)))),
    ]
    shown = [_figure(found, name, count) for name, count, _ in counts]
    width = max(map(len, shown))
    lines = [Line(name, f"{text:>{width}}", note=note) for (name, _, note), text in zip(counts, shown, strict=True)]
    if isinstance(found, Look) and found.added_per_second is not None:
        lines += [
            Line("added", f"{found.added_per_second:>{width},.1f}", note="per second"),
            Line("deleted", f"{found.deleted_per_second:>{width},.1f}", note="per second (done, or removed)"),
        ]
    return lines


def _show_health(settings: Settings, queue_client: Client) -> None:
    health = Health(
        tables=queue_client.table_health(),
        xmin_holders=queue_client.list_xmin_holders(),
        refused_claims=queue_client.list_refused_claims(),
    )
    if settings.as_json:
        output.document(health)
        return
    output.rows(settings, health.tables, TableHealth, _TABLE_COLUMNS)
    click.echo()
    none = "nothing keeps vacuum from removing dead rows"
    output.rows(settings, health.xmin_holders, XminHolder, _HOLDER_COLUMNS, none)
    if health.refused_claims or not output.on_terminal():
        click.echo()
        output.rows(settings, health.refused_claims, RefusedClaim, _REFUSED_COLUMNS)


def _figure(found: Stats, name: str, count: int) -> str:
    if name in found.at_least:
        # Counting went one further, to know that there are more.
        return f"{count // 1000 * 1000:,}+"
    return f"{'~' if name in found.estimated else ''}{count:,}"


def _and(*parts: Any) -> str:
    return ", ".join(f"{count:,} {what}" for count, what in zip(parts[::2], parts[1::2], strict=True) if count)


def _age(value: timedelta | None) -> str:
    return _text.duration(value) if value else ""
