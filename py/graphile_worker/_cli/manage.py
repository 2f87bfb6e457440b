"""The commands `complete`, `fail`, `retry`, `reschedule` and `remove`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

import click

from .._calls.rows import JobRow
from .._client.client import Client
from . import output
from .app import Command
from .bulk import PARTICIPLES, Selection, go_through, refuse_both, selecting
from .failure import Failure, Usage
from .jobs import JOB_ID, as_shown
from .session import client, confirm_database
from .settings import Settings
from .types import timestamp

_ids = click.argument("job_ids", metavar="[ID...]", type=JOB_ID, nargs=-1)


@click.command(
    cls=Command,
    examples=["graphile-worker complete 42 43", "graphile-worker complete --task send_email --state failed --dry-run"],
)
@_ids
@selecting
@click.pass_obj
def complete(settings: Settings, job_ids: tuple[int, ...], selection: Selection) -> None:
    """Declare jobs done: they are deleted, those with these ids, or all that meet the filters.

    Those that run are not touched; by id, after 4 hours a job counts as left behind by a dead worker.
    """
    _change(settings, job_ids, selection, "complete", Client.complete_jobs)


@click.command(
    cls=Command,
    examples=[
        "graphile-worker fail 42 --reason 'The order was cancelled'",
        "graphile-worker fail --task send_email --older-than 2d --dry-run",
    ],
)
@_ids
@click.option(
    "-r",
    "--reason",
    metavar="TEXT",
    default="Manually marked as failed",
    show_default=True,
    help="Becomes the last error.",
)
@selecting
@click.pass_obj
def fail(settings: Settings, job_ids: tuple[int, ...], reason: str, selection: Selection) -> None:
    """Declare jobs failed for good: those with these ids, or all that meet the filters.

    By filter those that wait, unless --state says otherwise. Those that run are not touched; by id, after 4 hours a job
    counts as left behind by a dead worker.
    """
    _change(settings, job_ids, selection, "fail", Client.permanently_fail_jobs, error_message=reason)


@click.command(
    cls=Command,
    examples=[
        "graphile-worker retry 42",
        "graphile-worker retry --task send_email --newer-than 2030-01-01T12:00:00Z",
        "graphile-worker retry --error-like 'timed out' --dry-run",
    ],
)
@_ids
@selecting
@click.pass_obj
def retry(settings: Settings, job_ids: tuple[int, ...], selection: Selection) -> None:
    """Try jobs again now, with all their attempts: those with these ids, or all that meet the filters.

    By filter those that have failed, unless --state says otherwise. The last error stays until they have run.
    Those that run are not touched; by id, after 4 hours a job counts as left behind by a dead worker.
    """
    _change(settings, job_ids, selection, "retry", Client.retry_jobs)


@click.command(
    cls=Command,
    examples=[
        "graphile-worker reschedule 42 --now",
        "graphile-worker reschedule 42 43 --run-at 2030-01-01T08:00:00Z --priority 5",
        "graphile-worker reschedule --queue imports --run-at 2030-01-01T02:00:00Z",
    ],
)
@_ids
@click.option("--now", "run_now", is_flag=True, help="Due now.")
@click.option("--run-at", callback=timestamp, metavar="TIME", help="Due then: now, or 2030-01-01T08:00:00Z.")
@click.option("--priority", type=click.IntRange(-32768, 32767), metavar="N", help="Lower runs sooner.")
@click.option("--attempts", type=click.IntRange(0, 32767), metavar="N", help="How often they have been tried.")
@click.option("--max-attempts", type=click.IntRange(1, 32767), metavar="N", help="How often they are tried at most.")
@selecting
@click.pass_obj
def reschedule(
    settings: Settings,
    job_ids: tuple[int, ...],
    run_now: bool,
    run_at: datetime | Literal["now"] | None,
    priority: int | None,
    attempts: int | None,
    max_attempts: int | None,
    selection: Selection,
) -> None:
    """Change when jobs run, their priority or attempts: those with these ids, or all that meet the filters.

    Those that run are not touched; by id, after 4 hours a job counts as left behind by a dead worker.
    """
    if run_now and run_at is not None:
        raise Usage("--now and --run-at exclude each other")
    values: dict[str, Any] = {
        # The server's clock decides what now is.
        "run_at": "now" if run_now else run_at,
        "priority": priority,
        "attempts": attempts,
        "max_attempts": max_attempts,
    }
    if all(value is None for value in values.values()):
        raise Usage("nothing to change", hint="Give --now, --run-at, --priority, --attempts or --max-attempts")
    _change(settings, job_ids, selection, "reschedule", Client.reschedule_jobs, **values)


@click.command(
    cls=Command,
    examples=[
        "graphile-worker remove daily-report",
        "graphile-worker remove --id 42",
        "graphile-worker remove --state failed --older-than 30d --dry-run",
    ],
)
@click.argument("key", metavar="[KEY]", required=False)
@click.option("--id", "job_ids", metavar="ID", type=JOB_ID, multiple=True, help="The job ID; may be repeated.")
@selecting
@click.pass_obj
def remove(settings: Settings, key: str | None, job_ids: tuple[int, ...], selection: Selection) -> None:
    """Remove the job with KEY, those with these ids, or all that meet the filters.

    A job with KEY that runs goes on, but is not tried again; other ways to say which leave running jobs alone, however
    long they have been running.
    """
    if key is not None:
        if job_ids or not selection.is_empty:
            raise Usage("KEY goes with neither --id nor filters")
        if selection.dry_run:
            shown = settings.command("show", "--key", key)
            raise Usage("--dry-run is for filters and ids", hint=f"`{shown}` shows the job")
        confirm_database(settings, yes=selection.yes)
        _remove_by_key(settings, key)
        return
    refuse_both(job_ids, selection, "KEY, --id")
    selection = selection.with_ids(job_ids) if job_ids else selection
    go_through(settings, selection, "remove")


def _remove_by_key(settings: Settings, key: str) -> None:
    with client(settings) as queue_client:
        shown = queue_client.find_job(key) if settings.as_json else None
        job = queue_client.remove_job(key)
    if job is None:
        raise Failure(f"no job has the key {key!r}")
    if settings.as_json:
        names = ("task_identifier", "queue_name", "job_state")
        output.document(as_shown(job, **{name: getattr(shown, name) for name in names if shown}))
    elif job.locked_at is not None and job.key is None:
        click.echo(f"job {job.id} is running: it goes on, but is not tried again")
    else:
        click.echo(f"removed job {job.id}")


def _change(
    settings: Settings,
    job_ids: tuple[int, ...],
    selection: Selection,
    action: str,
    by_id: Callable[..., Sequence[JobRow]],
    **values: Any,
) -> None:
    """Changes jobs by id, by this method of a client, or by filter; prints the outcome."""
    refuse_both(job_ids, selection)
    if not job_ids:
        go_through(settings, selection, action, **values)
        return
    confirm_database(settings, yes=selection.is_allowed)
    with client(settings) as queue_client:
        ids = sorted(job.id for job in by_id(queue_client, job_ids, dry_run=selection.dry_run, **values))
    untouched = sorted(set(job_ids) - set(ids))
    if settings.as_json:
        outcome = {"action": action, "changed": len(ids), "ids": ids, "untouched_ids": untouched}
        output.document({**outcome, "dry_run": selection.dry_run})
    elif ids:
        click.echo(f"{'would have ' if selection.dry_run else ''}{PARTICIPLES[action]} {_jobs(ids)}")
    if not ids:
        raise Failure(
            f"{_jobs(untouched)}: gone, or running", hint="`show ID` says which; `force-unlock` frees a dead worker's"
        )
    if untouched and not settings.as_json:
        click.echo(f"not touched, gone or running: {_jobs(untouched)}", err=True)


def _jobs(ids: Sequence[int]) -> str:
    return f"job{'' if len(ids) == 1 else 's'} {', '.join(map(str, ids))}"
