"""The command `schedules set`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, BinaryIO

import click
import msgspec

from .._calls.schedule_rows import ScheduleSummary
from . import output
from . import payload as _payload
from . import text as _text
from .app import Command
from .failure import Usage
from .schedule_names import complete, refuse_unknown
from .session import client
from .settings import Settings
from .types import duration, duration_or_zero, timestamp

_VALUES = {
    "cron": None,
    "every": None,
    "task": None,
    "payload": None,
    "time_zone": "UTC",
    "queue_name": None,
    "priority": None,
    "max_attempts": None,
    "job_key": None,
    "job_key_mode": "replace",
    "backfill": timedelta(0),
    "starts_at": None,
    "ends_at": None,
    "jitter": timedelta(0),
    "skip_if_running": False,
}
"""What a schedule is made of, and what each is when nothing is said."""
_LONGEST = 200
"""Characters of a value that is told."""


@click.command(
    cls=Command,
    examples=[
        "graphile-worker schedules set digest --cron '0 8 * * 1' --time-zone Asia/Tokyo",
        """graphile-worker schedules set poll --every 10s --skip-if-running""",
        "graphile-worker schedules set digest --keep --priority 5",
    ],
)
@click.argument("name", metavar="NAME", shell_complete=complete)
@click.option("--cron", metavar="EXPRESSION", help="Minute, hour, day of the month, month, day of the week.")
@click.option("--every", callback=duration, metavar="DURATION", help="From 1s on, in time that passes: 10s, 5m, 2h.")
@click.option("--task", metavar="NAME", show_default="NAME of the schedule", help="The task of its jobs.")
@click.option("--payload", metavar="JSON", help="An object; `_cron`, which says the tick, is added.")
@click.option("--payload-file", type=click.File("rb"), metavar="FILE", help="Read the payload from a file; - is stdin.")
@click.option("--time-zone", metavar="ZONE", show_default="UTC", help="Of --cron: Europe/Vienna.")
@click.option("--queue", "queue_name", metavar="NAME", help="Jobs of one queue run one at a time.")
@click.option(
    "--priority", type=click.IntRange(-32768, 32767), metavar="N", show_default="0", help="Lower runs sooner."
)
@click.option("--max-attempts", type=click.IntRange(1, 32767), metavar="N", show_default="25", help="Of each job.")
@click.option("--key", "job_key", metavar="KEY", help="A job replaces the last one while that waits.")
@click.option(
    "--job-key-mode",
    type=click.Choice(["replace", "preserve-run-at"]),
    show_default="replace",
    help="What happens to the job that has the key.",
)
@click.option("--backfill", callback=duration_or_zero, metavar="DURATION", help="Make up for ticks missed so long ago.")
@click.option("--starts-at", callback=timestamp, metavar="TIME", help="No tick before: now, or 2030-01-01T08:00:00Z.")
@click.option("--ends-at", callback=timestamp, metavar="TIME", help="No tick after.")
@click.option("--jitter", callback=duration_or_zero, metavar="DURATION", help="Each job starts up to so much later.")
@click.option(
    "--skip-if-running/--always", default=None, help="No job while the last one is not done; --always is usual."
)
@click.option("--keep", is_flag=True, help="What is not given stays as it is.")
@click.pass_obj
def set_schedule(
    settings: Settings, /, name: str, keep: bool, payload: str | None, payload_file: BinaryIO | None, **given: Any
) -> None:
    """Set the schedule NAME, the whole of it, in the place of what it was; or, with --keep, a part of it.

    It stays paused if it is."""
    wanted = _wanted(given, payload, payload_file)
    with client(settings) as queue_client:
        before = queue_client.list_schedules(identifiers=[name], tick_count=0)
        if keep:
            if not before:
                refuse_unknown(queue_client, settings, name)
            wanted = _kept(before[0], wanted)
        elif "cron" not in wanted and "every" not in wanted:
            more = " With --keep what is not given stays as it is." if before else ""
            raise Usage("nothing says when it is due", hint=f"Give --cron '0 8 * * 1' or --every 10s.{more}")
        is_new = queue_client.set_schedule(name, **wanted)
        [schedule] = queue_client.list_schedules(identifiers=[name])
    if settings.as_json:
        output.document({"is_new": is_new, **output.plain(schedule)})
        return
    shown = _text.printable(name)
    click.echo(f"the schedule {shown} is {'set' if is_new else 'changed'}: {_text.printable(schedule.words)}")
    if schedule.next_ticks:
        click.echo(f"next: {', '.join(_text.time(tick, 'seconds') for tick in schedule.next_ticks)}")
    if before:
        for line in _differences(before[0], schedule):
            click.echo(line)
    if schedule.paused_at is not None:
        click.echo(f"it is paused: `{settings.command('schedules', 'resume', name)}`", err=True)
    elif not schedule.next_ticks:
        click.echo("it is not due any more", err=True)


def _wanted(given: dict[str, Any], payload: str | None, payload_file: BinaryIO | None) -> dict[str, Any]:
    """Returns what was given, as the client takes it."""
    wanted = {name: value for name, value in given.items() if value is not None}
    if payload is not None and payload_file is not None:
        raise click.UsageError("--payload and --payload-file exclude each other")
    if given["cron"] is not None and given["every"] is not None:
        raise click.UsageError("--cron and --every exclude each other")
    if payload is not None:
        wanted["payload"] = _payload.from_option(payload)
    elif payload_file is not None:
        wanted["payload"] = _payload.from_file(payload_file)
    if "job_key_mode" in wanted:
        wanted["job_key_mode"] = wanted["job_key_mode"].replace("-", "_")
    for name in ("starts_at", "ends_at"):
        if wanted.get(name) == "now":
            wanted[name] = datetime.now().astimezone()
    return wanted


def _kept(before: ScheduleSummary, wanted: dict[str, Any]) -> dict[str, Any]:
    """Returns what a schedule is, with what is wanted in its place."""
    kept = {name: getattr(before, name) for name in _VALUES}
    if "cron" in wanted or "every" in wanted:
        kept |= {"cron": None, "every": None}
    return kept | wanted


def _differences(before: ScheduleSummary, now: ScheduleSummary) -> list[str]:
    """Returns a line for each value that was another one."""
    lines = []
    for name in _VALUES:
        old, new = getattr(before, name), getattr(now, name)
        if name == "payload":
            old, new = _document(old), _document(new)
        if old != new:
            told = [_text.shorten(_text.cell(value), _LONGEST) or "none" for value in (old, new)]
            lines.append(f"{name}: {told[0]} -> {told[1]}")
    return lines


def _document(payload: Any) -> str | None:
    return bytes(payload).decode() if isinstance(payload, msgspec.Raw) else None
