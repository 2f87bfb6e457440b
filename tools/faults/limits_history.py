"""What handlers wrote down, and whether more of them ran at once, or started in a while, than a limit allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Run(NamedTuple):
    """A handler at work: what limits it, and from when to when, in seconds."""

    limit: str
    job_id: int
    start: float
    end: float


class Claim(NamedTuple):
    """A job that was claimed: not before `asked`, and not after `answered`."""

    asked: float
    answered: float


@dataclass(frozen=True, slots=True)
class Absence:
    """When a process was killed, or frozen: what its handlers do from then on counts for nothing, until `end`.

    Whoever is frozen is taken for dead, and its jobs run elsewhere; what it goes on with when it wakes up ends without
    an outcome.
    """

    start: float
    end: float = float("inf")


def runs_of(lines: Iterable[str], absences: Sequence[Absence]) -> list[Run]:
    """Reads the journal of one process.

    >>> runs_of(["start 7 q 1.0", "end 7 q 2.5", "start 8 q 3.0"], [Absence(3.5)])
    [Run(limit='q', job_id=7, start=1.0, end=2.5), Run(limit='q', job_id=8, start=3.0, end=3.5)]
    """
    started: dict[int, tuple[str, float]] = {}
    runs = []
    for line in lines:
        # The last one of a process that was killed may be cut off.
        if line.count(" ") != 3 or not line.rpartition(".")[2].strip():
            continue
        what, job_id, limit, at = line.split()
        if what == "start":
            started[int(job_id)] = limit, float(at)
        else:
            _, start = started.pop(int(job_id))
            runs.append(Run(limit, int(job_id), start, float(at)))
    runs += [Run(limit, job_id, start, float("inf")) for job_id, (limit, start) in started.items()]
    for absence in absences:
        present = [run for run in runs if not absence.start <= run.start < absence.end]
        runs = [run._replace(end=absence.start) if run.start < absence.start < run.end else run for run in present]
    return runs


def most_at_once(runs: Iterable[Run]) -> dict[str, int]:
    """Returns how many ran at once of what each limit holds for, at most.

    >>> most_at_once([Run("q", 1, 0.0, 2.0), Run("q", 2, 1.0, 3.0), Run("q", 3, 2.0, 4.0)])
    {'q': 2}
    """
    steps: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for run in runs:
        steps[run.limit] += [(run.start, 1), (run.end, -1)]
    most = {}
    for limit, changes in steps.items():
        now = highest = 0
        # At one instant what ends comes first.
        for _, change in sorted(changes):
            now += change
            highest = max(highest, now)
        most[limit] = highest
    return most


def violations(runs: Iterable[Run], limits: Mapping[str, int]) -> list[str]:
    """Returns a line for each limit that was exceeded."""
    return [
        f"{limit}: {most} at once, and {limits[limit]} may"
        for limit, most in sorted(most_at_once(runs).items())
        if limit in limits and most > limits[limit]
    ]


def most_claimed(claims: Sequence[Claim], window: float) -> int:
    """Returns how many were certainly claimed in some stretch of that length, at most.

    >>> most_claimed([Claim(0.0, 0.1), Claim(0.5, 0.6), Claim(1.0, 1.2)], 1.0)
    2
    """
    most = 0
    for first in claims:
        inside = [claim for claim in claims if claim.asked >= first.asked and claim.answered <= first.asked + window]
        most = max(most, len(inside))
    return most
