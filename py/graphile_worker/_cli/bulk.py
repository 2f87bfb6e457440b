"""Changes of many jobs: the options that select them, and the loop that changes them chunk by chunk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click
import psycopg

from .._calls.operator_rows import BulkResult
from .._wire.cursors import Cursor
from . import output
from . import text as _text
from .failure import Failure, Usage
from .progress import Progress, confirm
from .session import client_on, confirm_database, connection
from .settings import Settings
from .types import instant_or_age

_Function = TypeVar("_Function", bound=Callable[..., Any])

_STATE = click.option(
    "--state",
    type=click.Choice(["ready", "scheduled", "waiting", "failed", "all"]),
    help="Only jobs in this state; waiting is ready or scheduled. Running jobs are never touched.",
)
_STATE_OR_LOCKED = click.option(
    "--state",
    type=click.Choice(["ready", "scheduled", "waiting", "locked", "unfinished", "failed", "all"]),
    help="Only jobs in this state; waiting is ready or scheduled, unfinished these or locked, the default.",
)
_OPTIONS = (
    click.option("--task", metavar="NAME", help="Only jobs of this task."),
    click.option("--queue", metavar="NAME", help="Only jobs of this queue."),
    click.option(
        "--error-like", metavar="TEXT", help="Only jobs whose last error has this in it; % and _ are wildcards."
    ),
    click.option(
        "--older-than",
        "changed_before",
        callback=instant_or_age,
        metavar="AGE|TIME",
        help="Only jobs added, failed or changed before: 2h ago, 7d ago, or a date and time.",
    ),
    click.option(
        "--newer-than",
        "changed_since",
        callback=instant_or_age,
        metavar="AGE|TIME",
        help="Only jobs added, failed or changed since then.",
    ),
    click.option("--dry-run", is_flag=True, help="Only count them."),
    click.option("--yes", is_flag=True, help="Don't ask before."),
    click.option(
        "--chunk",
        "chunk_size",
        type=click.IntRange(1, 100_000),
        default=1000,
        show_default=True,
        metavar="N",
        help="How many to change in one transaction.",
    ),
)
PARTICIPLES = {
    "complete": "completed",
    "fail": "failed",
    "retry": "retried",
    "reschedule": "rescheduled",
    "remove": "removed",
    "cancel": "cancelled",
}
_FILTERS = ("task", "queue", "state", "error_like", "changed_before", "changed_since")


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters that select jobs, and how to go through these."""

    filters: dict[str, Any]
    dry_run: bool
    yes: bool
    chunk_size: int

    @property
    def is_empty(self) -> bool:
        return not any(value is not None for value in self.filters.values())

    @property
    def is_allowed(self) -> bool:
        """Whether nobody needs to be asked: it was said so, or nothing is changed."""
        return self.yes or self.dry_run

    def by_clock(self, conn: psycopg.Connection[Any]) -> Selection:
        """Returns this selection with instants in the place of ages: those before now, by the server's clock."""
        if not any(isinstance(value, timedelta) for value in self.filters.values()):
            return self
        [now] = Cursor(conn).execute("select now()").fetchone()  # type: ignore[misc]
        filters = {
            name: _before(now, value) if isinstance(value, timedelta) else value for name, value in self.filters.items()
        }
        return replace(self, filters=filters)

    def with_ids(self, job_ids: tuple[int, ...]) -> Selection:
        return replace(self, filters={**self.filters, "job_ids": job_ids})


def selecting(function: _Function) -> _Function:
    """Gives a command the options that select jobs that do not run; it gets them as `selection`."""
    return _selecting(function, _STATE)


def selecting_running(function: _Function) -> _Function:
    """Gives a command the options that select jobs, those that run included; it gets them as `selection`."""
    return _selecting(function, _STATE_OR_LOCKED)


def _selecting(function: _Function, state: Callable[[Any], Any]) -> _Function:

    def command(*args: Any, **params: Any) -> Any:
        filters: dict[str, Any] = {name: params.pop(name) for name in _FILTERS}
        selection = Selection(filters, params.pop("dry_run"), params.pop("yes"), params.pop("chunk_size"))
        return function(*args, selection=selection, **params)

    wrapped = functools.update_wrapper(command, function)
    for option in reversed((*_OPTIONS[:2], state, *_OPTIONS[2:])):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]


def go_through(settings: Settings, selection: Selection, action: str, **values: Any) -> None:
    """Changes the jobs selected, chunk by chunk, or counts them; prints the outcome.

    `action` is that of a function *_matching_jobs.
    """
    verb = PARTICIPLES[action]
    confirm_database(settings, yes=selection.is_allowed, asks_later=True)
    with connection(settings) as conn, client_on(conn, settings) as queue_client:
        # Once: what was counted is what is changed, however long that takes.
        selection = selection.by_clock(conn)
        change = functools.partial(getattr(queue_client, f"{action}_matching_jobs"), **values)
        must_ask = not selection.yes and output.can_ask()
        changed = skipped = 0
        if selection.dry_run or must_ask:
            changed, skipped = _each_chunk(functools.partial(change, dry_run=True), selection, "counted")
        if not selection.dry_run and (changed or not must_ask):
            confirm(f"{_text.count(changed, 'job')} to be {verb}. Go on?", yes=selection.yes)
            changed, skipped = _each_chunk(change, selection, verb, changed or None)
    if settings.as_json:
        output.document({"action": action, "dry_run": selection.dry_run, "changed": changed, "skipped": skipped})
    elif changed:
        click.echo(f"{_text.count(changed, 'job')} {'would be ' if selection.dry_run else ''}{verb}")
    if skipped:
        in_use = f"{_text.count(skipped, 'job')} {'was' if skipped == 1 else 'were'} in use, or changed meanwhile"
        if not changed:
            raise Failure(in_use, hint="Give the command again")
        click.echo(f"{in_use}; give the command again", err=True)
    elif not changed:
        untouched = "" if action == "cancel" else "Running jobs are never touched; "
        raise Failure("no such jobs", hint=f"{untouched}`list` shows what there is")


def _before(now: datetime, age: timedelta) -> datetime:
    try:
        return now - age
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _each_chunk(
    call: Callable[..., BulkResult], selection: Selection, verb: str, total: int | None = None
) -> tuple[int, int]:
    """Changes the jobs chunk by chunk; returns how many were changed, and how many were skipped."""
    after_id = skipped = 0
    with Progress(verb, total) as progress:
        while True:
            chunk = call(**selection.filters, after_id=after_id, max_jobs=selection.chunk_size)
            progress.advance(chunk.changed)
            skipped += chunk.skipped
            if not chunk.more:
                return progress.count, skipped
            after_id = chunk.last_id


def refuse_both(job_ids: tuple[Any, ...], selection: Selection, what: str = "ids") -> None:
    """Raises Usage when jobs are selected in both ways: by id or key, and by filter."""
    if job_ids and not selection.is_empty:
        raise Usage(f"{what} and filters exclude each other")
    if not job_ids and selection.is_empty:
        raise Usage(
            "which jobs?", hint=f"Give {what}, or filters: --task, --queue, --state, --error-like, --older-than"
        )
