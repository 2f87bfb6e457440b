"""What happened to keyed jobs, as producers and workers wrote it down, and what must not have.

Instants are nanoseconds of the machine's clock, which is the server's, too.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

SECOND = 1_000_000_000


class Change(msgspec.Struct, tag=True):
    """A key was given to another version of its job, or was removed; `at` is when that was known to be committed."""

    key: str
    version: int
    at: int
    is_known: bool = True
    """Whether the answer came: else it may have been committed, or not."""
    is_removal: bool = False


class Run(msgspec.Struct, tag=True):
    """A handler was entered, or left properly: which version of which key it had, and when that was claimed."""

    key: str
    version: int
    worker: str
    claimed: int
    started: int
    is_done: bool


class Journal:
    """A file to append records to; a line is one write, so that who is killed has lost nothing."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, record: Change | Run) -> None:
        os.write(self._file, msgspec.json.encode(record) + b"\n")


def read(folder: Path) -> list[Change | Run]:
    """The records of all journals in a folder."""
    decoder = msgspec.json.Decoder(Change | Run)
    return [record for path in folder.glob("*.journal") for record in decoder.decode_lines(path.read_bytes())]


@dataclass(slots=True)
class Verdict:
    """What a history comes to. `faults` has a line for everything that must not be; empty when nothing is."""

    changes: int = 0
    runs: int = 0
    late: int = 0
    """Runs that were claimed before their key passed on, and started after it: from the memory of their worker."""
    latest: float = 0.0
    """Seconds: the longest that one of these started after that."""
    faults: list[str] = field(default_factory=list)


def judge(records: Iterable[Change | Run]) -> Verdict:
    """No version was claimed after a later one of its key was committed; the last one of each key came to its end."""
    changes: defaultdict[str, list[Change]] = defaultdict(list)
    runs: list[Run] = []
    done: defaultdict[str, set[int]] = defaultdict(set)
    for record in records:
        if isinstance(record, Change):
            changes[record.key].append(record)
        elif record.is_done:
            done[record.key].add(record.version)
        else:
            runs.append(record)
    verdict = Verdict(changes=sum(change.is_known for each in changes.values() for change in each), runs=len(runs))
    for run in runs:
        later = [change.at for change in changes[run.key] if change.is_known and change.version > run.version]
        committed = min(later, default=None)
        if committed is None:
            continue
        if run.claimed > committed:
            verdict.faults.append(
                f"version {run.version} of {run.key} was claimed by {run.worker}"
                f" {(run.claimed - committed) / SECOND:.3f} s after it was superseded"
            )
        elif run.started > committed:
            verdict.late += 1
            verdict.latest = max(verdict.latest, (run.started - committed) / SECOND)
    for key, each in changes.items():
        last = max(each, key=lambda change: change.version)
        if last.is_known and not last.is_removal and last.version not in done[key]:
            verdict.faults.append(f"the last version of {key}, {last.version}, never came to its end")
    return verdict
