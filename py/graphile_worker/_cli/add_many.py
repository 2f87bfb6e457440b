"""The option `add --from`: a job per line of a file or of stdin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, BinaryIO

import click
import msgspec
import psycopg

from .._basis.errors import GraphileWorkerError
from .._calls.rows import JobSpec
from .._client.client import _MANY as MANY
from .._client.client import Client
from . import output
from . import payload as _payload
from . import text as _text
from .failure import INTERRUPTED, Failure, Usage
from .progress import Progress, to_the_end
from .session import client
from .settings import Settings

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A line of `add --from` that has all attributes of its job."""

    identifier: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    queue_name: str | None = None
    run_at: _Instant | None = None
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=32767)] | None = None
    job_key: str | None = None
    priority: Annotated[int, msgspec.Meta(ge=-32768, le=32767)] | None = None
    flags: list[str] | None = None


def add_lines(settings: Settings, file: BinaryIO, options: dict[str, Any], chunk_size: int) -> None:
    """Adds a job per line, chunk by chunk; `options` has an identifier where the lines are only payloads."""
    name = _payload.name_of(file)
    lines = _specs(file, name, options)
    added = done = 0
    under_way: range | None = None
    try:
        with client(settings) as queue_client:
            try:
                with Progress("added") as progress:
                    while specs := list(islice(lines, chunk_size)):
                        under_way = range(specs[0][0], specs[-1][0] + 1)
                        # Else nobody knew which lines are in.
                        with to_the_end():
                            queue_client.add_jobs(spec for _, spec in specs)
                            added += len(specs)
                            done, under_way = under_way[-1], None
                            progress.advance(len(specs))
            finally:
                _analyze(queue_client, added)
    except Failure as failure:
        message, hint = failure.message, failure.hint
        if under_way is not None:
            # What the database says is about all of them; an error in reading them names its line.
            message = f"{name} lines {under_way[0]} to {under_way[-1]}: {message}"
        if added:
            hint = f"Go on from line {done + 1}: tail -n +{done + 1}"
            if failure.code != INTERRUPTED:
                hint = f"{_text.count(added, 'job')} before were added. {hint}"
        if under_way is not None and _is_open(failure):
            hint = f"Whether they were added is unknown, {_text.count(added, 'job')} before were: look before going on"
        raise Failure(message, hint=hint, details=failure.details, exit_code=failure.code) from failure
    if settings.as_json:
        output.document({"added": added})
    elif added:
        click.echo(f"added {_text.count(added, 'job')}")
    if not added:
        raise Failure(f"{name} has no jobs in it")


def _is_open(failure: Failure) -> bool:
    """Tells whether a chunk that failed may have been added: the connection was lost, or the call interrupted twice."""
    return failure.code == INTERRUPTED or isinstance(failure.__cause__, psycopg.OperationalError)


def _analyze(queue_client: Client, added: int) -> None:
    if added >= MANY:
        # Without statistics it works all the same.
        with suppress(psycopg.Error, GraphileWorkerError):
            queue_client.analyze_jobs(added)


def _specs(file: BinaryIO, name: str, options: dict[str, Any]) -> Iterator[tuple[int, JobSpec]]:
    for number, line in enumerate(file, start=1):
        content = line.rstrip(b"\r\n")
        text = _payload.decoded(content.removeprefix(b"\xef\xbb\xbf"), f"{name} line {number}")
        if not text.strip():
            continue
        if options:
            yield number, JobSpec(payload=_payload.checked(text, name, line=number), **options)
        else:
            yield number, _spec(text, name, number)


def _spec(text: str, name: str, number: int) -> JobSpec:
    raw = _payload.checked(text, name, line=number)
    try:
        line = msgspec.json.decode(raw, type=_Line)
    except msgspec.ValidationError as error:
        raise Usage(
            f"{name} is not a job: line {number}: {error}",
            hint='A line is like {"identifier": "send_email", "payload": {}, "queue_name": "mails", "priority": 5}; '
            "name the task to give payloads only",
        ) from None
    except msgspec.DecodeError as error:
        raise Usage(f"{name} is not JSON: line {number}: {error}") from None
    return JobSpec(**{field: getattr(line, field) for field in line.__struct_fields__})
