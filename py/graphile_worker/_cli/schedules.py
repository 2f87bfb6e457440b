"""The commands `schedules list`, `remove`, `pause`, `resume` and `run-now`; `schedules set` has a file of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import click

from .._basis.errors import UnknownName
from .._calls.schedule_rows import ScheduleSummary
from . import output
from . import text as _text
from .app import Command
from .failure import Failure
from .schedule_names import complete, refuse_unknown
from .schedule_set import set_schedule
from .session import client
from .settings import Settings
from .table import Column
from .types import instant_or_delay


def _next(schedule: ScheduleSummary) -> str:
    if schedule.is_in_file is False:
        return "not in its file"
    if schedule.next_ticks:
        return _text.short_time(schedule.next_ticks[0])
    if schedule.paused_at is not None:
        return "paused"
    return "unknown" if schedule.error else "none"


def _source(schedule: ScheduleSummary) -> str:
    """Returns file and line of an entry of a crontab, without its folder: there is little room."""
    return (schedule.source or "").rpartition("/")[2]


_COLUMNS: list[Column[ScheduleSummary]] = [
    Column("SCHEDULE", lambda schedule: schedule.identifier, narrowest=10),
    Column("WHEN", lambda schedule: schedule.words, narrowest=12),
    Column("NEXT", _next),
    Column("LAST TICK", lambda schedule: _text.short_time(schedule.last_tick), rank=4),
    Column("LAST JOB", lambda schedule: schedule.last_outcome, rank=3),
    Column("PAUSED", lambda schedule: "yes" if schedule.paused_at else "", rank=2),
    Column("TASK", lambda schedule: schedule.task, narrowest=8, rank=6),
    Column("FROM", _source, narrowest=8, rank=5),
    Column("ERROR", lambda schedule: schedule.error, narrowest=16, rank=1),
]
_NAME = click.argument("name", metavar="NAME", shell_complete=complete)


@click.group(invoke_without_command=True)
@click.pass_context
def schedules(ctx: click.Context) -> None:
    """Recurring jobs that stand in the database: look at them, set them, pause them.

    Every worker adds the jobs that are due."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


@schedules.command(
    "list",
    cls=Command,
    examples=[
        "graphile-worker schedules list",
        "graphile-worker schedules list --state failing",
        "graphile-worker schedules list nightly --ticks 10 --json | jq '.[].next_ticks'",
    ],
)
@click.argument("names", metavar="[NAME...]", nargs=-1, shell_complete=complete)
@click.option("--search", metavar="TEXT", help="Only those whose name or task has this in it.")
@click.option(
    "--state",
    type=click.Choice(["paused", "failing"]),
    help="Only those that are paused; or that have an error, or a last job that failed for good.",
)
@click.option("--ticks", type=click.IntRange(0, 1000), default=3, show_default=True, metavar="N", help="Of each.")
@click.option("--limit", type=click.IntRange(0, 100_000), default=100, show_default=True, metavar="N", help="How many.")
@click.option("--after", metavar="NAME", help="Those behind this one.")
@click.pass_obj
def list_schedules(
    settings: Settings,
    names: tuple[str, ...],
    search: str | None,
    state: Literal["paused", "failing"] | None,
    ticks: int,
    limit: int,
    after: str | None,
) -> None:
    """List schedules by name, those of crontabs, too: when they are due, and what came of the last tick.

    Its job is waiting, running, failed (for good) or gone (done, or removed); or it was skipped, or refused."""
    with client(settings, only_looks=True) as queue_client:
        found = queue_client.list_schedules(
            identifiers=names or None,
            search=search,
            state=state,
            tick_count=ticks,
            limit=limit,
            after_identifier=after,
        )
        there = {schedule.identifier for schedule in found}
        if len(names) == 1 and not there and search is state is after is None:
            refuse_unknown(queue_client, settings, names[0])
    none = "no such schedules" if names or search or state or after else "no schedules"
    output.rows(settings, found, ScheduleSummary, _COLUMNS, none)
    output.more(settings, found, limit, "--after", lambda schedule: schedule.identifier)


schedules.add_command(set_schedule, "set")


@schedules.command("remove", cls=Command, examples=["graphile-worker schedules remove nightly"])
@_NAME
@click.pass_obj
def remove_schedule(settings: Settings, name: str) -> None:
    """Remove the schedule NAME; the jobs it has added stay. One of a crontab is removed there."""
    with client(settings) as queue_client:
        if not queue_client.remove_schedule(name):
            refuse_unknown(queue_client, settings, name)
    if settings.as_json:
        output.document({"identifier": name, "changed": True})
    else:
        click.echo(f"the schedule {_text.printable(name)} is removed")


@schedules.command(
    "pause",
    cls=Command,
    examples=[
        "graphile-worker schedules pause nightly --until 2030-01-02T00:00:00Z",
        "graphile-worker schedules pause poll --until 2h",
    ],
)
@_NAME
@click.option("--reason", metavar="TEXT", help="For whoever wonders.")
@click.option(
    "--until", callback=instant_or_delay, metavar="TIME", help="Go on by itself: 2h from now, or 2030-01-01T08:00:00Z."
)
@click.pass_obj
def pause_schedule(settings: Settings, name: str, reason: str | None, until: datetime | None) -> None:
    """Pause the schedule NAME, also one of a crontab: it adds no jobs, and does not make up for them later."""
    with client(settings) as queue_client:
        try:
            changed = queue_client.pause_schedule(name, reason, until=until)
        except UnknownName:
            refuse_unknown(queue_client, settings, name)
    if settings.as_json:
        output.document({"identifier": name, "paused": True, "until": until, "changed": changed})
    else:
        ends = f", until {_text.time(until, 'seconds')}" if until else ""
        click.echo(f"the schedule {_text.printable(name)} {'is' if changed else 'was already'} paused{ends}")


@schedules.command("resume", cls=Command, examples=["graphile-worker schedules resume nightly"])
@_NAME
@click.pass_obj
def resume_schedule(settings: Settings, name: str) -> None:
    """Go on with the schedule NAME: it adds the job of its next tick. Also after its error is mended."""
    with client(settings) as queue_client:
        before = queue_client.list_schedules(identifiers=[name], tick_count=1)
        try:
            changed = queue_client.resume_schedule(name)
        except UnknownName:
            refuse_unknown(queue_client, settings, name)
        [now] = queue_client.list_schedules(identifiers=[name], tick_count=1)
    is_mended = bool(before and not before[0].next_ticks and now.next_ticks)
    if settings.as_json:
        output.document({"identifier": name, "paused": False, "changed": changed or is_mended})
    elif changed or is_mended:
        due = f": {_text.time(now.next_ticks[0], 'seconds')} is its next tick" if now.next_ticks else ""
        click.echo(f"the schedule {_text.printable(name)} is resumed{due}")
    if not changed and not is_mended:
        shown = settings.command("schedules", "list", "--state", "paused")
        raise Failure(f"the schedule {name!r} is not paused", hint=f"`{shown}` lists those that are")


@schedules.command("run-now", cls=Command, examples=["graphile-worker schedules run-now nightly"])
@_NAME
@click.pass_obj
def run_now(settings: Settings, name: str) -> None:
    """Add a job of the schedule NAME at once, paused or not. When it is due next stays as it is."""
    with client(settings) as queue_client:
        try:
            job_id = queue_client.run_schedule_now(name)
        except UnknownName:
            refuse_unknown(queue_client, settings, name)
    if settings.as_json:
        output.document({"identifier": name, "job_id": job_id})
    else:
        click.echo(f"job {job_id} added")
