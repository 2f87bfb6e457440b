"""What a program writes goes into the log, line by line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from .._basis.printable import printable
from .._calls.job import Job

_CHUNK = 65536
_LONGEST_LINE = 10_000
_LONGEST_END = 10_000
_LINE_BREAK = re.compile(rb"[\r\n]+")


async def log_output(stream: asyncio.StreamReader, job: Job, log: Callable[..., None]) -> str:
    """Logs every line of a stream that is not empty, until the stream ends; returns the end of it all.

    A longer line than 10,000 bytes is logged in pieces. `log` is a method of the logger.
    """
    end = rest = b""
    while chunk := await stream.read(_CHUNK):
        end = (end + chunk)[-_LONGEST_END:]
        *lines, rest = _LINE_BREAK.split(rest + chunk)
        for line in lines:
            _say(line, job, log)
        if len(rest) > _LONGEST_LINE:
            _say(rest, job, log)
            rest = b""
    _say(rest, job, log)
    return end.decode(errors="replace").strip()


def _say(line: bytes, job: Job, log: Callable[..., None]) -> None:
    for start in range(0, len(line), _LONGEST_LINE):
        text = printable(line[start : start + _LONGEST_LINE].decode(errors="replace"))
        log("job %d (%s): %s", job.id, job.task_identifier, text, extra=job.log_fields())
