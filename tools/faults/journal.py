"""What producers and workers write down while it happens: one line of JSON per event, appended.

A line is one `write` to a file, so that a process that is killed right after it has lost nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec


class Added(msgspec.Struct, tag=True):
    """A producer tried to add a job. Instants are nanoseconds of time.monotonic_ns(), one clock for all processes."""

    job: int
    queue: str | None
    due: int
    """It must not start before; for a job without a time, the instant of the call."""
    outcome: Literal["committed", "unknown", "refused"]
    """unknown: the connection was lost during the call. refused: the client says that the job was not added."""
    at: int


class Ready(msgspec.Struct, tag=True):
    """A worker process is about to claim."""

    pid: int
    at: int


class Started(msgspec.Struct, tag=True):
    """A handler was entered."""

    run: str
    job: int
    queue: str | None
    worker: str
    pid: int
    at: int
    late: bool
    """Whether the clock of this process says that the job is due; it need not be that of others."""


class Ended(msgspec.Struct, tag=True):
    """A handler was left: before its job is handed in."""

    run: str
    outcome: Literal["done", "failed", "interrupted"]
    at: int


Record = Added | Ready | Started | Ended


class Journal:
    """A file to append records to."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, record: Record) -> None:
        os.write(self._file, msgspec.json.encode(record) + b"\n")


def read(path: Path) -> list[Record]:
    """Reads all records of a file, in order."""
    return msgspec.json.Decoder(Record).decode_lines(path.read_bytes()) if path.exists() else []
