"""The command `add`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Literal, cast

import click
import psycopg

from .._basis.errors import GraphileWorkerError
from .._calls.rows import JobKeyMode, JobRow
from .._calls.unique import Unique, Until
from . import output
from . import payload as _payload
from . import text as _text
from .add_many import add_lines
from .app import Command
from .jobs import as_shown
from .session import client
from .settings import Settings
from .types import duration, timestamp


@click.command(
    cls=Command,
    examples=[
        """graphile-worker add send_email --payload '{"to": "ada@example.com"}'""",
        "jq -c .order order.json | graphile-worker add ship --payload-file -",
        "graphile-worker add report --run-at 2030-01-01T08:00:00Z --key daily",
        """graphile-worker add sync --payload '{"id": 7}' --unique-by id""",
        "graphile-worker add --from jobs.ndjson",
        "jq -c '.orders[]' orders.json | graphile-worker add ship --from -",
    ],
)
@click.argument("identifier", required=False)
@click.option("--payload", metavar="JSON", help="The payload; {} without one.")
@click.option("--payload-file", type=click.File("rb"), metavar="FILE", help="Read the payload from a file; - is stdin.")
@click.option(
    "--from",
    "lines",
    type=click.File("rb"),
    metavar="FILE",
    help="Add a job per line, a payload or, without IDENTIFIER, all of it; - is stdin.",
)
@click.option(
    "--chunk",
    "chunk_size",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    metavar="N",
    help="With --from, how many to add in one transaction.",
)
@click.option("--queue", metavar="NAME", help="Jobs of one queue run one at a time.")
@click.option(
    "--run-at", callback=timestamp, metavar="TIME", show_default="now", help="Not before: now, or 2030-01-01T08:00:00Z."
)
@click.option(
    "--max-attempts",
    type=click.IntRange(1, 32767),
    metavar="N",
    show_default="25",
    help="Tries before it counts as failed.",
)
@click.option("--key", metavar="KEY", help="At most one job that can still be started has this key.")
@click.option(
    "--job-key-mode",
    type=click.Choice(["replace", "preserve-run-at", "unsafe-dedupe"]),
    show_default="replace",
    help="What happens to the job that has the key.",
)
@click.option(
    "--priority", type=click.IntRange(-32768, 32767), metavar="N", show_default="0", help="Lower runs sooner."
)
@click.option(
    "--flag", "flags", multiple=True, metavar="FLAG", help="Workers can refuse jobs by flag; repeat for more."
)
@click.option("--unique", is_flag=True, help="Only if there is none with this payload.")
@click.option(
    "--unique-by", multiple=True, metavar="PATH", help="Only if there is none with the same there; repeat for more."
)
@click.option("--unique-key", metavar="KEY", help="Only if there is none with this key, which stays as it is.")
@click.option(
    "--unique-within", callback=duration, metavar="DURATION", help="Not for so long after it was added, done or not."
)
@click.option(
    "--unique-until",
    type=click.Choice(["started", "ended", "completed"]),
    show_default="ended",
    help="How long a job keeps others like it from being added.",
)
@click.pass_obj
def add(
    settings: Settings,
    /,
    identifier: str | None,
    payload: str | None,
    payload_file: BinaryIO | None,
    lines: BinaryIO | None,
    chunk_size: int,
    queue: str | None,
    run_at: datetime | Literal["now"] | None,
    max_attempts: int | None,
    key: str | None,
    job_key_mode: str | None,
    priority: int | None,
    flags: tuple[str, ...],
    **unique_options: Any,
) -> None:
    """Add a job of the task IDENTIFIER, or many with --from.

    A line of --from is the payload of one job. Without IDENTIFIER it says all about it, by the names of add_job:
    {"identifier": "ship", "payload": {"order": 7}, "queue_name": "warehouse", "run_at": "2030-01-01T08:00:00Z",
    "max_attempts": 5, "job_key": "order:7", "priority": 0, "flags": ["slow"]}; the first is needed.
    """
    unique = _unique(**unique_options)
    if lines is not None:
        if payload is not None or payload_file is not None or key is not None or unique is not None:
            raise click.UsageError("--from goes with neither --payload, --payload-file, --key nor --unique")
        options = {
            "identifier": identifier,
            "queue_name": queue,
            "run_at": run_at if isinstance(run_at, datetime) else None,
            "max_attempts": max_attempts,
            "priority": priority,
            "flags": flags or None,
        }
        if identifier is None and any(value is not None for value in options.values()):
            raise click.UsageError("options for all lines need IDENTIFIER; without it each line has its own")
        add_lines(settings, lines, options if identifier is not None else {}, chunk_size)
        return
    if identifier is None:
        raise click.UsageError("missing argument 'IDENTIFIER', the task of the job")
    if payload is not None and payload_file is not None:
        raise click.UsageError("--payload and --payload-file exclude each other")
    if job_key_mode is not None and key is None:
        raise click.UsageError("--job-key-mode needs --key")
    if unique is not None and key is not None:
        raise click.UsageError("--key replaces the job that is there, which --unique leaves as it is: choose one")
    mode = cast(JobKeyMode, (job_key_mode or "replace").replace("-", "_"))
    content = None
    if payload is not None:
        content = _payload.from_option(payload)
    elif payload_file is not None:
        content = _payload.from_file(payload_file)
    with client(settings) as queue_client:
        job = queue_client.add_job(
            identifier,
            content,
            queue_name=queue,
            # Without an instant the server's clock decides.
            run_at=run_at if isinstance(run_at, datetime) else None,
            max_attempts=max_attempts,
            job_key=key,
            priority=priority,
            flags=flags or None,
            job_key_mode=mode,
            unique=unique,
        )
        found = None
        if settings.as_json and (not job.is_new or (mode == "unsafe_dedupe" and job.revision)):
            # The job that was there may be of another task. Whoever may only add jobs is not told of which.
            with suppress(psycopg.Error, GraphileWorkerError):
                found = queue_client.show_job(job.id)
    if settings.as_json:
        document = found or as_shown(job, task_identifier=identifier, queue_name=queue)
        output.document(document if unique is None else {"is_new": job.is_new, **_fields(document)})
    else:
        click.echo(_sentence(job, _text.printable(identifier), mode))


def _unique(
    *,
    unique: bool,
    unique_by: tuple[str, ...],
    unique_key: str | None,
    unique_within: timedelta | None,
    unique_until: Until | None,
) -> Unique | None:
    if not (unique or unique_by or unique_key is not None):
        if unique_within is not None or unique_until is not None:
            raise click.UsageError("--unique-within and --unique-until need --unique, --unique-by or --unique-key")
        return None
    if unique_by and unique_key is not None:
        raise click.UsageError("--unique-by and --unique-key exclude each other")
    return Unique(key=unique_key, by=unique_by or None, within=unique_within, until=unique_until or "ended")


def _fields(document: Any) -> dict[str, Any]:
    return document if isinstance(document, dict) else asdict(document)


def _sentence(job: JobRow, identifier: str, mode: JobKeyMode) -> str:
    if not job.is_new:
        return f"job {job.id} ({identifier}) is there already, or was within the time given; none was added"
    # A keyed job that was there before has been counted up.
    if job.revision and mode == "unsafe_dedupe":
        return f"job {job.id} has this key already, and stays as it is"
    when = f", due at {_text.time(job.run_at, 'seconds')}" if job.run_at > job.updated_at else ""
    return f"{'updated' if job.revision else 'added'} job {job.id} ({identifier}){when}"
