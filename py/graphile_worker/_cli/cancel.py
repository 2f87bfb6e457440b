"""The command `cancel`."""

from __future__ import annotations

import click

from .._calls.policy_rows import CancelledJob
from .._client.client import Client
from . import output
from . import text as _text
from .app import Command
from .bulk import Selection, go_through, refuse_both, selecting_running
from .failure import Failure
from .jobs import JOB_ID
from .session import client, confirm_database
from .settings import Settings


@click.command(
    cls=Command,
    examples=[
        "graphile-worker cancel 42 --reason 'wrong file'",
        "graphile-worker cancel --task render --newer-than 1h --dry-run",
    ],
)
@click.argument("job_ids", metavar="[ID...]", type=JOB_ID, nargs=-1)
@click.option("--reason", metavar="TEXT", help="For whoever wonders: the last error is 'Cancelled: TEXT'.")
@click.option("--remove", is_flag=True, help="Remove them, in place of letting them count as failed.")
@selecting_running
@click.pass_obj
def cancel(
    settings: Settings, job_ids: tuple[int, ...], reason: str | None, remove: bool, selection: Selection
) -> None:
    """Cancel jobs, running ones too: those with these ids, or all that meet the filters.

    What waits has failed for good. What runs is told to stop by its worker, and is not tried again, unless it is done
    first. Workers of other runtimes on the same tables run it to its end.
    """
    refuse_both(job_ids, selection)
    if not job_ids:
        go_through(settings, selection, "cancel", reason=reason, remove=remove)
        return
    confirm_database(settings, yes=selection.is_allowed)
    with client(settings) as queue_client:
        jobs = queue_client.cancel_jobs(job_ids, reason, remove=remove, dry_run=selection.dry_run)
        hearing = _hearing(queue_client, jobs)
    gone = [job for job in jobs if job.outcome == "gone"]
    if settings.as_json:
        output.document({"action": "cancel", "dry_run": selection.dry_run, "jobs": jobs})
    else:
        for job in jobs:
            if job.outcome != "gone":
                click.echo(_told(job, dry_run=selection.dry_run, hears=job.worker_id in hearing))
    if len(gone) == len(jobs):
        raise Failure(f"{_named(gone)}: gone, done perhaps")
    if gone and not settings.as_json:
        click.echo(f"gone, done perhaps: {_named(gone)}", err=True)


def _hearing(queue_client: Client, jobs: list[CancelledJob]) -> set[str]:
    """Returns the workers that send heartbeats, unlike those of Node.js, which hear nothing; none if none is asked."""
    if all(job.outcome != "asked" for job in jobs):
        return set()
    return {worker.worker_id for worker in queue_client.list_locked_workers() if worker.last_heartbeat_at is not None}


def _told(job: CancelledJob, *, dry_run: bool, hears: bool) -> str:
    if job.outcome == "asked":
        worker = _text.printable(str(job.worker_id))
        told = f"worker {worker} {'would be' if dry_run else 'is'} asked to stop job {job.id}"
        return told if hears else f"{told}; it sends no heartbeats, and may run it to its end"
    done = "removed" if job.outcome == "removed" else "cancelled"
    return f"{'would have ' if dry_run else ''}{done} job {job.id}"


def _named(jobs: list[CancelledJob]) -> str:
    return f"job{'' if len(jobs) == 1 else 's'} {', '.join(str(job.id) for job in jobs)}"
