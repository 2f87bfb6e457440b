"""The commands `cleanup`, `force-unlock` and `sweep-stale-workers`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import click

from .._calls.rows import SweptWorker
from . import output
from . import text as _text
from .app import Command
from .failure import Failure
from .progress import Progress, confirm
from .session import client
from .settings import Settings
from .table import Column
from .types import duration, duration_or_zero

_TASKS = {
    "delete-permanently-failed-jobs": "failed job",
    "gc-task-identifiers": "unused task identifier",
    "gc-job-queues": "unused queue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupOutcome:
    """The number of rows that a task of `cleanup` removed."""

    task: str
    removed: int


@click.command(
    cls=Command,
    examples=[
        "graphile-worker cleanup",
        "graphile-worker cleanup delete-permanently-failed-jobs --yes",
        "graphile-worker cleanup gc-task-identifiers --keep send_email --keep ship",
    ],
)
@click.argument("tasks", metavar="[TASK...]", type=click.Choice(list(_TASKS)), nargs=-1)
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
@click.option("--yes", is_flag=True, help="Don't ask before.")
@click.pass_obj
def cleanup(settings: Settings, tasks: tuple[str, ...], keep: tuple[str, ...], chunk_size: int, yes: bool) -> None:
    """Remove what is no longer needed. All of it, or:

    \b
    delete-permanently-failed-jobs  jobs that are out of attempts
    gc-task-identifiers             identifiers that no job refers to
    gc-job-queues                   unlocked queues that no job refers to
    """
    chosen = tasks or tuple(_TASKS)
    confirm(f"{' and '.join(f'{_TASKS[task]}s' for task in chosen)} will be removed. Go on?", yes=yes)
    outcomes = []
    with client(settings) as queue_client:
        for task in chosen:
            name = task.replace("-", "_")
            with Progress("removed", noun=f"{_TASKS[task]}s") as progress:
                removed = chunk_size
                while removed >= chunk_size:
                    removed = queue_client.cleanup([name], keep=keep or None, max_rows=chunk_size)[name]
                    progress.advance(removed)
            outcomes.append(CleanupOutcome(task=name, removed=progress.count))
            if not settings.as_json:
                click.echo(f"{_text.count(progress.count, _TASKS[task])} removed")
    if settings.as_json:
        output.document(outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOutcome:
    """The numbers of jobs and queues that `force-unlock` freed, and the workers that held any of them."""

    worker_ids: list[str]
    locked_jobs: int
    locked_queues: int


@click.command(
    "force-unlock",
    cls=Command,
    examples=["graphile-worker force-unlock graphile_worker_6f1c02"],
)
@click.argument("worker_ids", metavar="WORKER...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Don't ask before.")
@click.pass_obj
def force_unlock(settings: Settings, worker_ids: tuple[str, ...], yes: bool) -> None:
    """Free all jobs and queues that these workers hold.

    For workers that are dead for certain: what a living one is running will be run again. `workers` lists them.
    """
    with client(settings) as queue_client:
        held = [worker for worker in queue_client.list_locked_workers() if worker.worker_id in worker_ids]
        if not held:
            raise Failure(
                f"{' and '.join(map(repr, worker_ids))} hold{'s' if len(worker_ids) == 1 else ''} nothing",
                hint=f"`{settings.command('workers')}` lists who does",
            )
        ids = [worker.worker_id for worker in held]
        jobs, queues = sum(w.locked_jobs for w in held), sum(w.locked_queues for w in held)
        what = f"{_text.count(jobs, 'job')} and {_text.count(queues, 'queue')}"
        confirm(f"{what} will be unlocked. Are these workers dead?", yes=yes)
        queue_client.force_unlock_workers(ids)
    if settings.as_json:
        output.document(UnlockOutcome(worker_ids=ids, locked_jobs=jobs, locked_queues=queues))
    else:
        click.echo(f"unlocked {what}")


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
@click.pass_obj
def sweep_stale_workers(
    settings: Settings, sweep_threshold: timedelta, recovery_delay: timedelta, dry_run: bool
) -> None:
    """Take back what dead workers hold: their jobs are run again, the attempt is not counted.

    Workers do so by themselves where recovery is switched on.
    """
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
