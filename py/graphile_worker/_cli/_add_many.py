"""`add --from`: a job per line of a file or of stdin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, BinaryIO

import click
import msgspec

from .._errors import GraphileWorkerError
from .._models import JobSpec
from . import _output as output
from . import _payload, _text
from ._failure import INTERRUPTED, Failure, Usage
from ._progress import Progress
from ._session import client
from ._settings import Settings

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A line that says all about its job."""

    identifier: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    queue_name: str | None = None
    run_at: _Instant | None = None
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=32767)] | None = None
    job_key: str | None = None
    priority: Annotated[int, msgspec.Meta(ge=-32768, le=32767)] | None = None
    flags: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOutcome:
    """How many jobs `add --from` added."""

    added: int


def add_lines(settings: Settings, file: BinaryIO, options: dict[str, Any], chunk_size: int) -> None:
    """Adds a job per line, chunk by chunk; `options` has an identifier where the lines are only payloads."""
    name = _payload.name_of(file)
    lines = _specs(file, name, options)
    added = 0
    try:
        with client(settings) as queue_client, Progress("added") as progress:
            while specs := list(islice(lines, chunk_size)):
                queue_client.add_jobs(spec for _, spec in specs)
                added += len(specs)
                progress.advance(len(specs))
    except (Failure, GraphileWorkerError) as error:
        if not added:
            raise
        # What is in stays in; the rest can be given again.
        hint = f"{_text.count(added, 'job')} before it were added, in order; leave their lines out the next time"
        code = error.code if isinstance(error, Failure) else 1
        message = error.message if isinstance(error, Failure) else str(error)
        raise Failure(message, hint=hint, exit_code=INTERRUPTED if code == INTERRUPTED else code) from error
    if settings.as_json:
        output.document(AddOutcome(added=added))
    elif added:
        click.echo(f"added {_text.count(added, 'job')}")
    if not added:
        raise Failure(f"{name} has no jobs in it")


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
