"""The commands `pause` and `resume`."""

from __future__ import annotations

from datetime import datetime

import click
import psycopg

from .._basis.errors import UnknownName
from .._calls.operator_rows import Pause
from .._client.client import Client
from . import output
from . import text as _text
from .app import Command
from .failure import Failure, Usage
from .names import complete_paused, complete_queue, complete_task
from .session import client
from .settings import Settings
from .table import Column
from .types import instant_or_delay

_COLUMNS: list[Column[Pause]] = [
    Column("WHAT", lambda pause: pause.kind),
    Column("NAME", lambda pause: pause.name, narrowest=10),
    Column("SINCE", lambda pause: _text.short_time(pause.paused_at)),
    Column("UNTIL", lambda pause: _text.short_time(pause.until), rank=3),
    Column("BY", lambda pause: pause.paused_by, narrowest=6, rank=1),
    Column("REASON", lambda pause: pause.reason, narrowest=10, rank=2),
]


@click.command(
    cls=Command,
    examples=[
        "graphile-worker pause --queue imports --reason 'the supplier is down'",
        "graphile-worker pause --task send_email --until 2h",
        "graphile-worker pause",
    ],
)
@click.option("--queue", metavar="NAME", help="Pause this queue.", shell_complete=complete_queue)
@click.option("--task", metavar="NAME", help="Pause this task.", shell_complete=complete_task)
@click.option(
    "--until",
    callback=instant_or_delay,
    metavar="TIME",
    help="Goes on by itself then: a date, time and zone, or after so long: 30m, 2h.",
)
@click.option("--reason", metavar="TEXT", help="For whoever wonders.")
@click.pass_obj
def pause(settings: Settings, queue: str | None, task: str | None, until: datetime | None, reason: str | None) -> None:
    """Pause a queue or a task: what runs goes on to its end, nothing further is started.

    Without either, list what is paused, also schedules, which `schedules pause` pauses. Workers of other runtimes on
    the same tables do not look at pauses.
    """
    if queue is None and task is None:
        for option, value in (("--reason", reason), ("--until", until)):
            if value is not None:
                raise Usage(f"{option} needs --queue or --task")
        _list(settings)
        return
    kind, name = _which(queue, task)
    with client(settings) as queue_client:
        call = queue_client.pause_queue if kind == "queue" else queue_client.pause_task
        is_known = _is_known(queue_client, kind, name)
        changed = call(name, reason, until=until)
    if not is_known:
        click.echo(f"warning: there is no {kind} {_text.printable(name)} yet; is the name right?", err=True)
    _tell(settings, kind, name, paused=True, changed=changed, until=until)


@click.command(
    cls=Command, examples=["graphile-worker resume --queue imports", "graphile-worker resume --task send_email"]
)
@click.option("--queue", metavar="NAME", help="Go on with this queue.", shell_complete=complete_paused("queue"))
@click.option("--task", metavar="NAME", help="Go on with this task.", shell_complete=complete_paused("task"))
@click.pass_obj
def resume(settings: Settings, queue: str | None, task: str | None) -> None:
    """Go on with a queue or a task that was paused. Idle workers look at once."""
    kind, name = _which(queue, task)
    with client(settings) as queue_client:
        changed = queue_client.resume_queue(name) if kind == "queue" else queue_client.resume_task(name)
    _tell(settings, kind, name, paused=False, changed=changed)
    if not changed:
        raise Failure(f"{kind} {name!r} is not paused", hint=f"`{settings.command('pause')}` lists what is")


def _which(queue: str | None, task: str | None) -> tuple[str, str]:
    if (queue is None) == (task is None):
        raise Usage("one of --queue and --task", hint="A queue by its name, a task by its identifier")
    return ("queue", queue) if queue is not None else ("task", task or "")


def _is_known(queue_client: Client, kind: str, name: str) -> bool:
    try:
        # None of its jobs, only whether there is such a thing.
        queue_client.list_jobs_page(
            limit=0, max_rows=1, task=name if kind == "task" else None, queue=name if kind == "queue" else None
        )
    except UnknownName:
        return False
    except psycopg.Error:
        # Whoever may pause may not be allowed to look.
        return True
    return True


def _list(settings: Settings) -> None:
    with client(settings, only_looks=True) as queue_client:
        found = queue_client.list_paused()
    output.rows(settings, found, Pause, _COLUMNS, "nothing is paused")


def _tell(
    settings: Settings, kind: str, name: str, *, paused: bool, changed: bool, until: datetime | None = None
) -> None:
    if settings.as_json:
        found = {"kind": kind, "name": name, "paused": paused, "changed": changed}
        output.document({**found, "until": until} if paused else found)
    elif paused:
        end = f", from now on until {_text.short_time(until)}" if until and not changed else ""
        end = f" until {_text.short_time(until)}" if until and changed else end
        click.echo(f"{kind} {_text.printable(name)} {'is' if changed else 'was already'} paused{end}")
    elif changed:
        click.echo(f"{kind} {_text.printable(name)} is resumed")
