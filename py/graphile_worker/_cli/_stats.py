"""`stats`: once, or again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import click
import msgspec

from .._client import Client
from .._models import Stats
from .._operator_models import QueueLength, TableHealth, TaskSummary, XminHolder
from . import _output as output
from . import _text
from ._app import Command
from ._config import duration_if_given
from ._output import Line
from ._session import client
from ._settings import Settings
from ._table import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Stats):
    """Stats, and what happened since the look before: jobs added and deleted per second, None at the first."""

    added_per_second: float | None
    deleted_per_second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What vacuum has to do, and who keeps it from doing it."""

    tables: list[TableHealth]
    xmin_holders: list[XminHolder]


_TASK_COLUMNS: list[Column[TaskSummary]] = [
    Column("TASK", lambda task: task.task_identifier, narrowest=12),
    *(
        Column(name.upper(), lambda task, name=name: _capped(task, name), right=True)  # type: ignore[misc]
        for name in ("ready", "scheduled", "locked", "failed")
    ),
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
@click.option("--health", is_flag=True, help="What vacuum has to do with the tables, and who keeps it from that.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, metavar="N", help="With --by, how many."
)
@click.option("--after", metavar="NAME", help="With --by task, those behind this one.")
@click.option(
    "--watch",
    is_flag=False,
    flag_value="2s",
    callback=duration_if_given,
    metavar="[EVERY]",
    help="Look again every 2s, or as said, with the jobs added and deleted per second.",
)
@click.pass_obj
def stats(
    settings: Settings, by: str | None, health: bool, limit: int, after: str | None, watch: timedelta | None
) -> None:
    """Count the jobs in each state, and how long the oldest waits.

    Cheap at any length: figures above 10,000 are estimates, marked ~ (with --by: at least so many, marked +).
    """
    if by and health:
        raise click.UsageError("--by and --health exclude each other")
    if after is not None and by != "task":
        raise click.UsageError("--after needs --by task")
    with client(settings) as queue_client:
        show = _shower(settings, queue_client, by, health, limit, after, once=watch is None)
        if watch is None:
            show()
        else:
            _again_and_again(show, watch, clear=output.on_terminal() and not settings.as_json)


def _shower(
    settings: Settings, queue_client: Client, by: str | None, health: bool, limit: int, after: str | None, *, once: bool
) -> Callable[[], None]:
    """What shows one look."""
    if by == "task":
        return lambda: output.rows(
            queue_client.task_stats(limit=limit, after_task=after),
            _TASK_COLUMNS,
            row_type=TaskSummary,
            as_json=settings.as_json,
        )
    if by == "queue":
        return lambda: output.rows(
            queue_client.longest_queues(limit=limit), _QUEUE_COLUMNS, row_type=QueueLength, as_json=settings.as_json
        )
    if health:
        return lambda: _show_health(settings, queue_client)
    looks = _looks(queue_client)
    if once:
        return lambda: _show_once(settings, queue_client.stats())
    header = not settings.as_json and not output.on_terminal()
    if header:
        click.echo("\t".join(field.name for field in fields(Look)))
    return lambda: _show_look(settings, next(looks))


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


def _again_and_again(show: Callable[[], None], every: timedelta, *, clear: bool) -> None:
    try:
        while True:
            if clear:
                click.clear()
            show()
            time.sleep(every.total_seconds())
    except KeyboardInterrupt:
        # The way to end it; behind the ^C that the terminal shows.
        if output.on_terminal():
            click.echo()


def _show_once(settings: Settings, found: Stats) -> None:
    output.record(found, _lines(found), as_json=settings.as_json)


def _show_look(settings: Settings, look: Look) -> None:
    if settings.as_json:
        # A line each, whether somebody watches or not.
        click.echo(msgspec.json.encode(output.plain(look)))
    elif output.on_terminal():
        output.record(look, _lines(look), as_json=False)
    else:
        click.echo("\t".join(_text.cell(getattr(look, field.name)) for field in fields(look)))


def _lines(found: Stats) -> list[Line]:
    counts: list[tuple[str, int, str]] = [
        ("ready", found.ready, f"the oldest due for {age}" if (age := _age(found.oldest_ready_age)) else ""),
        ("scheduled", found.scheduled, ""),
        ("locked", found.locked, ""),
        ("failed", found.failed, ""),
        ("total", found.total, ""),
        ("queues", found.queues, _and(found.locked_queues, "locked", found.paused_queues, "paused")),
        ("workers", found.workers, f"{_text.count(found.paused_tasks, 'task')} paused" if found.paused_tasks else ""),
    ]
    shown = [f"{'~' if name in found.estimated else ''}{count:,}" for name, count, _ in counts]
    width = max(map(len, shown))
    lines = [Line(name, f"{text:>{width}}", note=note) for (name, _, note), text in zip(counts, shown, strict=True)]
    if isinstance(found, Look) and found.added_per_second is not None:
        lines += [
            Line("added", f"{found.added_per_second:>{width},.1f}", note="per second"),
            Line("deleted", f"{found.deleted_per_second:>{width},.1f}", note="per second (done, or removed)"),
        ]
    return lines


def _show_health(settings: Settings, queue_client: Client) -> None:
    health = Health(tables=queue_client.table_health(), xmin_holders=queue_client.list_xmin_holders())
    if settings.as_json:
        output.document(health)
        return
    output.rows(health.tables, _TABLE_COLUMNS, row_type=TableHealth, as_json=False)
    click.echo()
    if health.xmin_holders or not output.on_terminal():
        output.rows(health.xmin_holders, _HOLDER_COLUMNS, row_type=XminHolder, as_json=False)
    else:
        click.echo("nothing keeps vacuum from removing dead rows")


def _and(*parts: Any) -> str:
    return ", ".join(f"{count:,} {what}" for count, what in zip(parts[::2], parts[1::2], strict=True) if count)


def _age(value: timedelta | None) -> str:
    return _text.duration(value) if value else ""


def _capped(row: TaskSummary, name: str) -> str:
    return f"{getattr(row, name)}{'+' if name in row.capped else ''}"
