"""The commands `list` and `show`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import click
import msgspec

from .._basis.json_layout import laid_out
from .._calls.operator_rows import JobDetails, JobSummary
from .._calls.rows import JobRow
from .._client.client import Client
from . import output
from . import text as _text
from .app import Command
from .failure import Failure, Usage
from .output import Line
from .progress import Progress
from .session import client
from .settings import Settings
from .table import Column


class _JobId(click.IntRange):
    name = "job id"


JOB_ID = _JobId(1, 2**63 - 1)

_LARGEST_INTEGER = 2**31 - 1
_PAGE = 1000
_LONGEST_PAYLOAD = 100_000
_LONGEST_PAYLOAD_IN_LIST = 10_000
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed(JobDetails):
    """A job of a list with its payload: one that is very long is a text, its beginning."""

    payload_truncated: bool


def _shown_state(job: JobSummary) -> str:
    if not job.is_cancelled:
        return job.job_state
    return f"{job.job_state}, {'cancel asked' if job.job_state == 'locked' else 'cancelled'}"


_COLUMNS: list[Column[JobSummary]] = [
    Column("ID", lambda job: job.id, right=True),
    Column("STATE", _shown_state),
    Column("TASK", lambda job: job.task_identifier, narrowest=10),
    Column("QUEUE", lambda job: job.queue_name, narrowest=6, rank=3),
    Column("PRIORITY", lambda job: job.priority or "", rank=6, right=True),
    Column("RUN AT", lambda job: "" if job.is_cancelled else _text.short_time(job.run_at), rank=2),
    Column("TRIES", lambda job: "" if job.is_cancelled else f"{job.attempts}/{job.max_attempts}", right=True),
    Column("KEY", lambda job: job.key, narrowest=6, rank=4),
    Column("FLAGS", lambda job: _text.flags(job.flags), narrowest=6, rank=7),
    Column("LOCKED BY", lambda job: job.locked_by, narrowest=9, rank=5),
    Column("LAST ERROR", lambda job: (job.last_error or "").partition("\n")[0], narrowest=16, rank=1),
]
_PAYLOAD: Column[Any] = Column("PAYLOAD", lambda job: _text.cell(job.payload), narrowest=16)


@click.command(
    "list",
    cls=Command,
    examples=[
        "graphile-worker list --state failed --identifier send_email",
        "graphile-worker list --search ada@example.com --json | jq '.[].id'",
        "graphile-worker list --payload --json | jq '.[].payload'",
    ],
)
@click.option(
    "--state",
    type=click.Choice(["all", "ready", "scheduled", "waiting", "locked", "failed"]),
    default="all",
    show_default=True,
    help="Due, due later, either of them, claimed by a worker, or out of attempts.",
)
@click.option("--task", "--identifier", "identifier", metavar="NAME", help="Only jobs of this task.")
@click.option("--queue", metavar="NAME", help="Only jobs of this queue.")
@click.option("--search", metavar="TEXT", help="In key, task, queue, error, worker and payload, or an id.")
@click.option(
    "--limit", type=click.IntRange(0, _LARGEST_INTEGER), metavar="N", default=50, show_default=True, help="How many."
)
@click.option(
    "--offset",
    type=click.IntRange(0, _LARGEST_INTEGER),
    metavar="N",
    default=0,
    show_default=True,
    help="Skip so many first.",
)
@click.option("--before-id", type=JOB_ID, metavar="ID", help="Only jobs below this id.")
@click.option("--payload", "with_payload", is_flag=True, help="Payloads, too, of each the first 10 kB.")
@click.pass_obj
def list_jobs(
    settings: Settings,
    state: str,
    identifier: str | None,
    queue: str | None,
    search: str | None,
    limit: int,
    offset: int,
    before_id: int | None,
    with_payload: bool,
) -> None:
    """List jobs, the newest first.

    For the next page --before-id is cheaper than --offset, which reads what it skips.
    """
    if offset and before_id is not None:
        raise Usage("--offset and --before-id exclude each other")
    with client(settings, only_looks=True) as queue_client:
        filters = {"state": state, "task": identifier, "queue": queue, "search": search}
        jobs = _pages(queue_client, filters, limit + offset, before_id)[offset:]
        if with_payload:
            jobs = [_with_payload(queue_client, job) for job in jobs]
    row_type, columns = (_Listed, [*_COLUMNS, _PAYLOAD]) if with_payload else (JobSummary, _COLUMNS)
    output.rows(settings, jobs, row_type, columns, "no jobs" if state == "all" else f"no {state} jobs")
    output.more(settings, jobs, limit, "--before-id", lambda job: job.id)


def _pages(queue_client: Client, filters: dict[str, Any], limit: int, before_id: int | None) -> list[JobSummary]:
    """Returns up to `limit` jobs; each call searches a stretch of the table, until there are enough or no more."""
    jobs: dict[int, JobSummary] = {}
    with Progress("looked at") as progress:
        while len(jobs) < limit:
            page = queue_client.list_jobs_page(**filters, limit=min(limit - len(jobs), _PAGE), before_id=before_id)
            jobs |= {job.id: job for job in page.jobs}
            if page.complete:
                break
            progress.advance(page.looked_at or 0)
            before_id = page.next_id
    return sorted(jobs.values(), key=lambda job: -job.id)


def _with_payload(queue_client: Client, job: JobSummary) -> _Listed:
    """Adds the payload to a job of a list; null when it is done in the meantime."""
    found = queue_client.show_job(job.id)
    payload = found and found.payload
    written = msgspec.json.encode(payload)
    truncated = len(written) > _LONGEST_PAYLOAD_IN_LIST
    if truncated:
        payload = written[:_LONGEST_PAYLOAD_IN_LIST].decode(errors="ignore")
    known = {field.name: getattr(job, field.name) for field in fields(JobSummary)}
    return _Listed(**known, payload=payload, payload_truncated=truncated)


@click.command(
    cls=Command,
    examples=[
        "graphile-worker show 42",
        "graphile-worker show --key daily",
        "graphile-worker show 42 --json | jq .payload",
    ],
)
@click.argument("job_id", metavar="[ID]", type=JOB_ID, required=False)
@click.option("--key", metavar="KEY", help="The job that has this key.")
@click.pass_obj
def show(settings: Settings, job_id: int | None, key: str | None) -> None:
    """Show everything about the job ID, or about the one that has a key."""
    if job_id is None and key is None:
        raise click.UsageError("missing argument 'ID', or --key")
    if job_id is not None and key is not None:
        raise Usage("ID and --key exclude each other")
    with client(settings, only_looks=True) as queue_client:
        job = queue_client.show_job(job_id) if job_id is not None else queue_client.find_job(key or "")
    if job is None:
        what = f"no job {job_id}" if job_id is not None else f"no job has the key {key!r}"
        raise Failure(what, hint="Jobs that are done are deleted")
    output.record(settings, job, _lines(job))


def as_shown(row: JobRow, **known: Any) -> dict[str, Any]:
    """Puts a row into the shape that `show` has for a job: names instead of ids, and its state.

    `known` are task_identifier, queue_name and job_state; without the last, that of a job added or changed just now.
    """
    marks = row.flags or {}
    known = {"job_state": _state(row), "is_cancelled": "graphile_worker:cancelled" in marks, **known}
    return {field.name: known.get(field.name, getattr(row, field.name, None)) for field in fields(JobDetails)}


def _state(row: JobRow) -> str:
    if row.locked_at is not None:
        return "locked"
    if not row.is_available:
        # A unique job that is done has no row: this one was made for the answer.
        return "failed" if row.attempts >= row.max_attempts else "done"
    # What the server's clock said when the job was added or changed.
    return "scheduled" if row.run_at > row.updated_at else "ready"


def _lines(job: JobDetails) -> list[Line]:
    lines = [
        Line("id", str(job.id)),
        Line("task", job.task_identifier),
        Line("state", _shown_state(job)),
        Line("queue", job.queue_name or ""),
        Line("priority", str(job.priority)),
        Line("run at", "" if job.is_cancelled else _text.time(job.run_at)),
        Line("attempts", "" if job.is_cancelled else f"{job.attempts} of {job.max_attempts}"),
        Line("key", job.key or ""),
        Line("revision", str(job.revision)),
        Line("flags", _text.flags(job.flags) or ""),
        Line("created at", _text.time(job.created_at)),
        Line("updated at", _text.time(job.updated_at)),
    ]
    if job.locked_at is not None:
        lines += [Line("locked at", _text.time(job.locked_at)), Line("locked by", job.locked_by or "unknown")]
    if job.last_error is not None:
        lines.append(Line("last error", job.last_error, block=True))
    payload = laid_out(msgspec.json.encode(job.payload), _LONGEST_PAYLOAD).decode(errors="replace")
    lines.append(Line("payload", payload, block=True))
    return lines
