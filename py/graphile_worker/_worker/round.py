"""A worker's round with the database: what it says, and what the database made of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, KeysView, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .._calls.job import Job
from .._wire.connections import AsyncConnection, storable
from .._wire.pipeline import Rows
from .options import WorkerOptions
from .outcomes import Failure, Outcomes

if TYPE_CHECKING:
    from .slots import Claim

_KIND = len(Job._fields)
"""The column that is null in rows of claimed jobs, which come together."""


_RUN_AT, _CREATED_AT = (Job._fields.index(name) - 1 for name in ("run_at", "created_at"))
"""Where these stand behind the id."""
_OUTCOMES = (
    *("completed", "failed", "error_messages", "replacement_payloads", "ages", "retry_delays", "given_up"),
    *("returned", "snooze_delays", "snoozed_until", "interrupted"),
)
_NOTHING: dict[str, Any] = dict.fromkeys((*_OUTCOMES, "interrupted_delay"))


def hand_in(outcomes: Outcomes, options: WorkerOptions, connection: AsyncConnection) -> dict[str, Any]:
    """Returns the arguments of a round that say what became of jobs."""
    params: dict[str, Any] = {**_NOTHING, "completed": _array(outcomes.completed)}
    if failed := outcomes.failed:
        now = time.monotonic()
        payloads = [failure.replacement_payload for failure in failed]
        params["failed"] = _array(failure.job for failure in failed)
        params["error_messages"] = [storable(failure.message, connection) for failure in failed]
        # As few nulls in arrays as can be: a setting has a say in what they are.
        params["replacement_payloads"] = payloads if any(payloads) else None
        params["ages"] = [timedelta(seconds=now - failure.at) for failure in failed]
        if any(failure.retry_in is not None for failure in failed):
            params["retry_delays"] = [failure.retry_in for failure in failed]
        if any(failure.is_given_up for failure in failed):
            params["given_up"] = [failure.is_given_up for failure in failed]
    if snoozed := outcomes.snoozed:
        params["returned"] = _array([*(one.job for one in snoozed), *outcomes.returned])
        since = time.monotonic()
        # What was not started has neither, and is free at once.
        rest = [None] * len(outcomes.returned)
        delays = [one.delay and one.delay - timedelta(seconds=since - one.at) for one in snoozed]
        params["snooze_delays"], params["snoozed_until"] = [*delays, *rest], [*(one.until for one in snoozed), *rest]
    elif outcomes.returned:
        params["returned"] = _array(outcomes.returned)
    if outcomes.interrupted:
        params["interrupted"] = _array(outcomes.interrupted)
        params["interrupted_delay"] = options.interrupted_job_retry_delay
    return params


class Answer:
    """What the database made of a round.

    `worker_id`: in whose name it was. `gone`: ids handed in that were no longer this worker's, since somebody unlocked
    or recovered them. `refused`: ids of which no outcome could be recorded. `recorded` are ids whose outcome an earlier
    call, which got no answer, had handed in.
    """

    def __init__(self, worker_id: str, rows: Rows, outcomes: Outcomes, recorded: set[int], *, max_jobs: int) -> None:
        self.worker_id = worker_id
        self.has_claim = max_jobs > 0
        self.claim: Claim | None = None
        """The slots that it may fill, until it has been taken in."""
        self._rows = rows
        self.gone: set[int] = set()
        self.failed_for_good: set[int] = set()
        self.refused: set[int] = set()
        self.waits_for_limit = False
        """Whether something due waits for a limit: the next jobs handed in may make room for it."""
        self.waits_for_slot = False
        """Whether something due is limited, and there is room for it, but it was not to be claimed ahead."""
        self.again_in: float | None = None
        """In how many seconds there is something to claim that nobody notifies of."""
        self.errors: dict[int, str] = {}
        """Why the database did not record what it was told of these jobs: those refused, and others that failed."""
        self._first, self._end = 0, len(rows)
        while self._first < self._end and rows.has(self._first, _KIND):
            self._first += 1
        while self._end > self._first and rows.has(self._end - 1, _KIND):
            self._end -= 1
        self.claimed_count = self._end - self._first
        self.is_full = self.claimed_count == max_jobs
        """Whether the claim has brought as many jobs as it asked for."""
        if self.claimed_count < len(rows):
            # A later release may have more kinds of rows.
            by_kind = {"failed": self.failed_for_good, "lost": self.gone, "refused": self.refused}
            for id_, *rest, kind, error in [*rows.load(tuple, 0, self._first), *rows.load(tuple, self._end)]:
                if kind in by_kind:
                    by_kind[kind].add(id_)
                elif kind == "again":
                    self.waits_for_limit = True
                    run_at, now = rest[_RUN_AT], rest[_CREATED_AT]
                    self.again_in = None if run_at is None else (run_at - now).total_seconds()
                elif kind == "idle":
                    self.waits_for_slot = True
                if error is not None:
                    self.errors[id_] = error
        if recorded:
            self.gone -= recorded
            # Of jobs that are recorded the database does not say so any more.
            for failure in outcomes.failed:
                job = failure.job
                if job.id in recorded and (failure.is_given_up or job.attempts >= job.max_attempts):
                    self.failed_for_good.add(job.id)

    def fill(self, claim: Claim | None) -> None:
        """Takes over the slots of the claim, and gives back at once those that it has not filled."""
        self.claim = claim
        if claim is not None:
            claim.hear(self.claimed())

    def end_claim(self, claimed: list[Job]) -> None:
        """Ends the claim, once the jobs are in the buffer."""
        if self.claim is not None:
            self.claim.end(claimed, is_full=self.is_full)

    def claimed(self) -> list[Job]:
        """Returns the jobs claimed, in the order to start them. Decodes them each time."""
        return self._rows.load(_job, self._first, self._end)

    def last_claimed(self) -> Job | None:
        """Returns the last of the jobs claimed."""
        return self._rows.load(_job, self._end - 1, self._end)[0] if self.claimed_count else None

    def claims_any_of(self, held: KeysView[int]) -> bool:
        """Tells whether some job is claimed again, though this worker has it in hand."""
        return not held.isdisjoint(self._rows.ids())


def _job(row: Sequence[Any]) -> Job:
    return Job._make(row[:_KIND])


def note_refused(outcomes: Outcomes, answer: Answer) -> list[Job]:
    """Makes failures of the outcomes that the database did not record as they were. Returns their jobs."""
    jobs = [job for job in outcomes.jobs() if job.id in answer.errors]
    outcomes.failed = [failure for failure in outcomes.failed if failure.job.id not in answer.errors]
    outcomes.snoozed = [snoozed for snoozed in outcomes.snoozed if snoozed.job.id not in answer.errors]
    for job in jobs:
        message = f"the database refused to record its outcome: {answer.errors[job.id]}"
        outcomes.failed.append(Failure(job, message, time.monotonic()))
    return jobs


def _array(jobs: Iterable[Job]) -> str | None:
    """Writes the ids of jobs as a database array: much faster than psycopg does, and there may be hundreds."""
    ids = ",".join([str(job.id) for job in jobs])
    return f"{{{ids}}}" if ids else None


def text_array(texts: Iterable[str]) -> str:
    """Writes texts as a database array.

    >>> print(text_array(["a", 'say "b"']))
    {"a","say \\"b\\""}
    """
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join([f'"{text}"' for text in escaped]) + "}"
