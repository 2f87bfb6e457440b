"""The commands `cleanup`, `force-unlock` and `sweep-stale-workers`."""

from __future__ import annotations

from datetime import timedelta

import click

from .._calls.operator_rows import CleanupPreview, LockedWorker
from .._calls.rows import SweptWorker
from . import output
from . import text as _text
from .app import Command
from .failure import Failure
from .progress import Progress, confirm
from .session import client, confirm_database
from .settings import Settings
from .table import Column
from .types import duration, duration_or_zero

_TASKS = {
    "delete_permanently_failed_jobs": "failed job",
    "gc_task_identifiers": "unused task identifier",
    "gc_job_queues": "unused queue",
}
_ALSO = {"delete_permafailed_jobs": "delete_permanently_failed_jobs"}
"""What the Node.js runtime calls it."""


def cleanup_tasks(
    _ctx: click.Context, _param: click.Parameter, value: str | tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Reads tasks of `cleanup`, or a text that has commas between them, into the names of SQL: a callback.

    They are written gc-job-queues or, as the Node.js runtime has it, GC_JOB_QUEUES.
    """
    if value is None:
        return None
    return tuple(map(_cleanup_task, value.split(",") if isinstance(value, str) else value))


def _cleanup_task(written: str) -> str:
    name = written.strip().lower().replace("-", "_")
    name = _ALSO.get(name, name)
    if name not in _TASKS:
        raise click.BadParameter(f"{written!r} is not one of {', '.join(map(_typed, _TASKS))}")
    return name


def _typed(name: str) -> str:
    return name.replace("_", "-")


def _complete_task(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in map(_typed, _TASKS) if name.startswith(incomplete)]


@click.command(
    cls=Command,
    examples=[
        "graphile-worker cleanup",
        "graphile-worker cleanup delete-permanently-failed-jobs --yes",
        "graphile-worker cleanup gc-task-identifiers --keep send_email --keep ship",
    ],
)
@click.argument("tasks", metavar="[TASK...]", nargs=-1, callback=cleanup_tasks, shell_complete=_complete_task)
@click.option("--keep", metavar="NAME", multiple=True, help="Keep this task identifier; may be repeated.")
@click.option(
    "--chunk",
    "chunk_size",
    type=click.IntRange(1, 1_000_000),
    default=10_000,
    show_default=True,
    metavar="N",
    help="How many rows to remove in one transaction.",
)
@click.option("--dry-run", is_flag=True, help="Only say what that would be.")
@click.option("--yes", is_flag=True, help="Don't ask before.")
@click.pass_obj
def cleanup(
    settings: Settings, tasks: tuple[str, ...], keep: tuple[str, ...], chunk_size: int, dry_run: bool, yes: bool
) -> None:
    """Remove what is no longer needed. All of it, or:

    \b
    delete-permanently-failed-jobs  jobs that are out of attempts
    gc-task-identifiers             identifiers that no job refers to
    gc-job-queues                   unlocked queues that no job refers to

    GC_JOB_QUEUES and the like, as the Node.js runtime calls them, are as good.
    """
    # In the order of SQL: what the first of them removes, the others need not keep.
    chosen = [name for name in _TASKS if not tasks or name in tasks]
    outcomes = []
    confirm_database(settings, yes=yes or dry_run, asks_later=True)
    with client(settings) as queue_client:
        if dry_run or (not yes and output.can_ask()):
            preview = queue_client.preview_cleanup(chosen, keep=keep or None)
            if dry_run:
                _tell_preview(settings, preview)
                return
            what = [_text.count(found.removed, _TASKS[found.task]) for found in preview if found.removed]
            if what:
                confirm(f"{' and '.join(what)} will be removed. Go on?", yes=yes)
        for name in chosen:
            with Progress("removed", noun=_TASKS[name]) as progress:
                removed = chunk_size
                while removed >= chunk_size:
                    removed = queue_client.cleanup([name], keep=keep or None, max_rows=chunk_size)[name]
                    progress.advance(removed)
            outcomes.append({"task": name, "removed": progress.count})
            if not settings.as_json:
                click.echo(f"{_text.count(progress.count, _TASKS[name])} removed")
    if settings.as_json:
        output.document(outcomes)


def _tell_preview(settings: Settings, preview: list[CleanupPreview]) -> None:
    if settings.as_json:
        output.document(preview)
        return
    for found in preview:
        names = ", ".join(found.names or []) + (" ..." if found.removed > len(found.names or []) else "")
        which = f": {_text.printable(names)}" if found.names else ""
        click.echo(f"{_text.count(found.removed, _TASKS[found.task])} would be removed{which}")


@click.command("force-unlock", cls=Command, examples=["graphile-worker force-unlock graphile_worker_6f1c02"])
@click.argument("worker_ids", metavar="WORKER...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say how many they are.")
@click.option("--yes", is_flag=True, help="Don't ask before.")
@click.pass_obj
def force_unlock(settings: Settings, worker_ids: tuple[str, ...], dry_run: bool, yes: bool) -> None:
    """Free all jobs and queues that these workers hold.

    For workers that are dead for certain: what a living one is running will be run again. `workers` lists them.
    """
    confirm_database(settings, yes=yes or dry_run, asks_later=True)
    with client(settings) as queue_client:
        held = queue_client.force_unlock_workers(worker_ids, dry_run=True)
        if held and not dry_run:
            confirm(f"{_held(held)} will be unlocked. Are these workers dead?", yes=yes)
            held = queue_client.force_unlock_workers(worker_ids)
    if not held:
        raise Failure(
            f"{' and '.join(map(repr, worker_ids))} hold{'s' if len(worker_ids) == 1 else ''} nothing",
            hint=f"`{settings.command('workers')}` lists who does",
        )
    if settings.as_json:
        ids, (jobs, queues) = [worker.worker_id for worker in held], _numbers(held)
        output.document({"worker_ids": ids, "locked_jobs": jobs, "locked_queues": queues, "dry_run": dry_run})
    else:
        click.echo(f"{'would unlock' if dry_run else 'unlocked'} {_held(held)}")


def _numbers(held: list[LockedWorker]) -> tuple[int, int]:
    return sum(worker.locked_jobs for worker in held), sum(worker.locked_queues for worker in held)


def _held(held: list[LockedWorker]) -> str:
    jobs, queues = _numbers(held)
    return f"{_text.count(jobs, 'job')} and {_text.count(queues, 'queue')}"


_SWEPT_COLUMNS: list[Column[SweptWorker]] = [
    Column("WORKER", lambda worker: worker.worker_id, narrowest=20),
    Column("LAST HEARTBEAT", lambda worker: _text.short_time(worker.last_heartbeat_at), rank=1),
    Column("RECOVERED", lambda worker: worker.recovered_jobs, right=True),
    Column("GIVEN UP", lambda worker: worker.given_up_jobs, right=True),
    Column("SKIPPED", lambda worker: worker.skipped_jobs, right=True),
]


@click.command(
    "sweep-stale-workers",
    cls=Command,
    examples=[
        "graphile-worker sweep-stale-workers --dry-run",
        "graphile-worker sweep-stale-workers --sweep-threshold 10m --recovery-delay 1m",
    ],
)
@click.option(
    "--sweep-threshold",
    callback=duration,
    metavar="DURATION",
    default="5m",
    show_default=True,
    help="A worker is dead when it was not heard of for so long.",
)
@click.option(
    "--recovery-delay",
    callback=duration_or_zero,
    metavar="DURATION",
    default="30s",
    show_default=True,
    help="Its jobs are due again after that.",
)
@click.option("--dry-run", is_flag=True, help="Only say which workers, and how many jobs they hold.")
@click.option(
    "--yes", is_flag=True, help="Don't ask whether the database is right, where only PGHOST and the like say it."
)
@click.pass_obj
def sweep_stale_workers(
    settings: Settings, sweep_threshold: timedelta, recovery_delay: timedelta, dry_run: bool, yes: bool
) -> None:
    """Take back what dead workers hold: their jobs are run again, the attempt is not counted.

    Workers do so by themselves where recovery is switched on.
    """
    confirm_database(settings, yes=yes or dry_run)
    with client(settings) as queue_client:
        swept = queue_client.sweep_stale_workers(
            sweep_threshold=sweep_threshold, recovery_delay=recovery_delay, dry_run=dry_run
        )
        silent = [] if swept else [w for w in queue_client.list_locked_workers() if w.last_heartbeat_at is None]
    if silent:
        # Workers of the Node.js runtime send none, and are not dead for that.
        command = settings.command("force-unlock", *(str(worker.worker_id) for worker in silent[:3]))
        what = f"{_text.count(len(silent), 'worker')} without heartbeats hold{'s' if len(silent) == 1 else ''} jobs"
        hint = f"If dead for certain: {_text.printable(command)}{' ...' if len(silent) > 3 else ''}"
        click.echo(f"{what}\nhint: {hint}", err=True)
    output.rows(settings, swept, SweptWorker, _SWEPT_COLUMNS, "no stale workers")
