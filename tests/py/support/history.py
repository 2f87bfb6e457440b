"""What a history of runs must look like, checked without asking the database.

Whoever runs jobs writes down when each started and ended; `violations` says what was wrong, from these records alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Lease:
    """One run of one job. Times are nanoseconds of one clock for all leases, such as `time.monotonic_ns()`.

    Record `start` as early as the holder can know that it holds the job, for an observer outside the database: when
    the claim's answer is there. Record `end` before the call that hands the job in. Then a lease is never longer than
    the time for which the database gave the job away, and two that overlap are a fault.
    """

    job: int
    queue: str | None
    worker: str
    start: int
    end: int


def violations(
    leases: Iterable[Lease],
    *,
    expected: Collection[int],
    due: Mapping[int, int] | None = None,
) -> list[str]:
    """Everything wrong with a history, a line each; empty when nothing is.

    Args:
        leases: all runs, in any order.
        expected: the ids of the jobs that had to run, and no others. How often each ran is not looked at: it may have
            failed or been returned.
        due: optional, job -> time before which it must not start, on the clock of the leases.

    >>> violations([Lease(1, "q", "a", 0, 5), Lease(2, "q", "b", 4, 9)], expected=[1, 2])
    ["queue 'q': job 1 of a (0 to 5) overlaps job 2 of b (4 to 9)"]
    """
    history = sorted(leases, key=lambda lease: (lease.start, lease.end))
    return [
        *(f"job {lease.job} of {lease.worker} ends before it starts" for lease in history if lease.end < lease.start),
        *_overlaps(history, "job", lambda lease: lease.job),
        *_overlaps(history, "queue", lambda lease: lease.queue),
        *_early(history, due or {}),
        *_missing_or_foreign(history, expected),
    ]


def counts(leases: Iterable[Lease]) -> Counter[int]:
    """How often each job ran."""
    return Counter(lease.job for lease in leases)


def _overlaps(history: list[Lease], kind: str, key: Callable[[Lease], Hashable]) -> Iterable[str]:
    """Pairs of leases with the same key (none: of no interest) that overlap; `history` is sorted by start."""
    groups: defaultdict[Hashable, list[Lease]] = defaultdict(list)
    for lease in history:
        if key(lease) is not None:
            groups[key(lease)].append(lease)
    for value, group in groups.items():
        # Against the one that lasts longest, not the one before: a short one may lie between two that overlap.
        longest = group[0]
        for lease in group[1:]:
            if lease.start < longest.end:
                yield f"{kind} {value!r}: {_described(longest)} overlaps {_described(lease)}"
            longest = max(longest, lease, key=lambda other: other.end)


def _early(history: list[Lease], due: Mapping[int, int]) -> Iterable[str]:
    for lease in history:
        if lease.job in due and lease.start < due[lease.job]:
            yield f"{_described(lease)} starts before it is due at {due[lease.job]}"


def _missing_or_foreign(history: list[Lease], expected: Collection[int]) -> Iterable[str]:
    wanted, ran = set(expected), {lease.job for lease in history}
    for what, jobs in (("never ran", wanted - ran), ("ran, and was not expected to", ran - wanted)):
        # Thousands of lines would say no more than their runs of consecutive numbers.
        for first, last, count in _ranges(jobs):
            yield f"job {first} {what}" if count == 1 else f"jobs {first} to {last} {what}"


def _ranges(numbers: Iterable[int]) -> Iterable[tuple[int, int, int]]:
    for _, pairs in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in pairs]
        yield run[0], run[-1], len(run)


def _described(lease: Lease) -> str:
    return f"job {lease.job} of {lease.worker} ({lease.start} to {lease.end})"
