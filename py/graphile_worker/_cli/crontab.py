"""The commands `crontab check`, `crontab next` and `crontab list`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import click

from .._basis.printable import shorten
from .._calls.crontab_rows import KnownCrontab
from .._crontab.crontab import Crontab
from .._crontab.problems import CrontabError, CrontabProblem
from . import output
from . import text as _text
from .app import Command
from .failure import Failure, Usage
from .schedule_names import complete, refuse_unknown
from .session import client
from .settings import Settings
from .table import Column
from .types import timestamp

_LONGEST_MESSAGE = 500
_PAGE = 500
_FILE = click.argument("path", metavar="FILE", type=click.Path(path_type=Path))


def read(path: Path) -> Crontab:
    """Reads the crontab in a file; raises Failure with everything that is wrong with it."""
    try:
        return Crontab.read(path)
    except CrontabError as error:
        mistakes = _text.count(len(error.problems), "mistake")
        raise Failure(f"{path} has {mistakes}", details="\n".join(map(str, error.problems))) from None
    except OSError as error:
        raise Usage(f"{path} can't be read: {error.strerror or error}") from None


@click.group(invoke_without_command=True)
@click.pass_context
def crontab(ctx: click.Context) -> None:
    """Check crontabs, and look at what they schedule.

    `run --crontab FILE` schedules one."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What `check` says of a crontab without mistakes."""

    entries: int


@crontab.command(
    cls=Command,
    examples=["graphile-worker crontab check crontab", "graphile-worker crontab check crontab --database"],
)
@_FILE
@click.option("--database", is_flag=True, help="Ask the database, too: a job of each entry is added, and that undone.")
@click.pass_obj
def check(settings: Settings, path: Path, database: bool) -> None:
    """Say what is wrong with a crontab, all of it.

    The exit code is 1 when there is something. Without --database no database is asked."""
    try:
        entries = read(path)
    except Failure as failure:
        if settings.as_json and isinstance(failure.__context__, CrontabError):
            problems = failure.__context__.problems
            output.document({"entries": None, "problems": problems})
        raise
    refused = _refused(settings, entries) if database else []
    found = len(entries)
    if settings.as_json:
        output.document({"entries": found, "problems": refused})
    elif not refused:
        output.record(settings, Checked(entries=found), [output.Line("entries", str(found))])
    if refused:
        raise Failure(
            f"the database refuses {len(refused)} of the {found} entries of {path}",
            details="\n".join(map(str, refused)),
        )


def _refused(settings: Settings, entries: Crontab) -> list[CrontabProblem]:
    with client(settings) as queue_client:
        refused = queue_client.check_crontabs(entries)
    problems = []
    for row in refused:
        assert row.identifier is not None  # It was read from a file, and is plain.
        source, _, line = (entries[row.identifier].source or ":0").rpartition(":")
        message = " ".join(shorten(row.error_message, _LONGEST_MESSAGE).split())
        problems.append(CrontabProblem(source, int(line), 1, message, row.error_hint or f"SQLSTATE {row.error_code}"))
    return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A tick of an entry or a schedule; `local` is what the clocks show in its time zone."""

    tick: datetime
    local: str
    identifier: str
    task: str


def _to_the_second(tick: datetime) -> str:
    return f"{tick:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


_UPCOMING_COLUMNS: list[Column[Upcoming]] = [
    Column("ENTRY", lambda row: row.identifier, narrowest=12),
    Column("TASK", lambda row: row.task, narrowest=12, rank=1),
    Column("DUE (UTC)", lambda row: _to_the_second(row.tick)),
    Column("IN ITS ZONE", lambda row: row.local, rank=2),
]


@crontab.command(
    "next",
    cls=Command,
    examples=[
        "graphile-worker crontab next crontab",
        "graphile-worker crontab next crontab --count 3 --after 2028-02-28T00:00:00Z",
        "graphile-worker crontab next --schedule nightly",
    ],
)
@click.argument("path", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@click.option(
    "--schedule",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=complete,
    help="Only this one; repeat for more.",
)
@click.option(
    "--count", type=click.IntRange(1, 1000), default=5, show_default=True, metavar="N", help="Ticks of each entry."
)
@click.option("--after", callback=timestamp, metavar="TIME", default="now", show_default=True, help="Where to begin.")
@click.pass_obj
def upcoming(
    settings: Settings, path: Path | None, names: tuple[str, ...], count: int, after: datetime | Literal["now"]
) -> None:
    """List when each entry of a crontab is due next; without FILE, each schedule that stands in the database.

    With FILE no database is asked."""
    if path is None:
        rows = _of_schedules(settings, names, count, None if after == "now" else after)
        output.rows(settings, rows, Upcoming, _UPCOMING_COLUMNS, "nothing is due")
        return
    if names:
        raise Usage("FILE and --schedule exclude each other")
    start = datetime.now(UTC) if after == "now" else after
    rows = []
    for entry in read(path):
        tick = start
        for _ in range(count):
            following = entry.next(tick)
            if following is None:
                break
            tick = following
            rows.append(_upcoming(tick, entry.schedule.tz, entry.id, entry.task))
    output.rows(settings, rows, Upcoming, _UPCOMING_COLUMNS)


def _of_schedules(settings: Settings, names: tuple[str, ...], count: int, after: datetime | None) -> list[Upcoming]:
    rows: list[Upcoming] = []
    last = None
    with client(settings, only_looks=True) as queue_client:
        there = {row.identifier for row in queue_client.list_schedules(identifiers=names, tick_count=0)}
        for name in names:
            if name not in there:
                refuse_unknown(queue_client, settings, name)
        while True:
            page = queue_client.list_schedules(
                identifiers=names or None, limit=_PAGE, after_identifier=last, tick_count=count, ticks_after=after
            )
            rows += [
                _upcoming(tick, row.time_zone, row.identifier, row.task)
                for row in page
                # One that has left its file is due no more.
                if row.is_in_file is not False
                for tick in row.next_ticks
            ]
            if len(page) < _PAGE:
                return rows
            last = page[-1].identifier


def _upcoming(tick: datetime, time_zone: str, identifier: str, task: str) -> Upcoming:
    try:
        zone = ZoneInfo(time_zone) if time_zone != "UTC" else UTC
    except (ValueError, OSError):
        # The database knows other zones than this machine.
        zone = UTC
    tick = tick.astimezone(UTC)
    local = tick.astimezone(zone).isoformat(timespec="seconds" if tick.second else "minutes")
    return Upcoming(tick=tick, local=local, identifier=identifier, task=task)


_KNOWN_COLUMNS: list[Column[KnownCrontab]] = [
    Column("ENTRY", lambda row: row.identifier, narrowest=16),
    Column("KNOWN SINCE", lambda row: _text.short_time(row.known_since)),
    Column("LAST SCHEDULED", lambda row: _text.short_time(row.last_execution) or "never"),
]


@crontab.command("list", cls=Command, examples=["graphile-worker crontab list"])
@click.pass_obj
def list_known(settings: Settings) -> None:
    """List the entries that workers have registered, and what was last scheduled.

    Entries that are in no crontab any more stay listed."""
    with client(settings, only_looks=True) as queue_client:
        found = queue_client.list_crontabs()
    output.rows(settings, found, KnownCrontab, _KNOWN_COLUMNS, "no worker has registered a crontab")
