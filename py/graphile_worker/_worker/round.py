"""What a worker's round with the database consists of: statements, and their parameters but for who asks, and when."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from .._calls.job import Job
from .._wire.connections import AsyncConnection, storable
from .._wire.pipeline import Rows
from .claim_hint import Position
from .options import WorkerOptions
from .outcomes import Outcomes

Call = tuple[str, dict[str, Any]]
"""The name of a statement in _statements, and its parameters."""


def hand_in(outcomes: Outcomes, options: WorkerOptions, connection: AsyncConnection) -> list[Call]:
    """Says what became of jobs, in this order: completed, failed, returned, interrupted."""
    calls: list[Call] = []
    if outcomes.completed:
        calls.append(("worker_complete_jobs", {"job_ids": _array(outcomes.completed)}))
    if outcomes.failed:
        now = time.monotonic()
        payloads = [failure.replacement_payload for failure in outcomes.failed]
        params = {
            "job_ids": _array(failure.job for failure in outcomes.failed),
            "error_messages": [storable(failure.message, connection) for failure in outcomes.failed],
            # As few nulls in arrays as can be: a setting has a say in what they are.
            "replacement_payloads": payloads if any(payloads) else None,
            "ages": [timedelta(seconds=now - failure.at) for failure in outcomes.failed],
        }
        calls.append(("fail_jobs", params))
    for jobs, delay in (
        (outcomes.returned, timedelta(0)),
        (outcomes.interrupted, options.interrupted_job_retry_delay),
    ):
        if jobs:
            calls.append(("return_jobs", {"job_ids": _array(jobs), "delay": delay}))
    return calls


def outcomes_taken(outcomes: Outcomes, rows: list[Rows], recorded: set[int]) -> tuple[set[int], set[int]]:
    """Reads the answers to `hand_in`: which jobs were no longer this worker's, and which have failed for good.

    `recorded`: ids whose outcome an earlier call, which got no answer, had handed in.
    """
    gone: set[int] = set()
    if sum(map(len, rows)) < len(outcomes):
        gone = {job.id for job in outcomes.jobs()}.difference(recorded, *(each.ids() for each in rows))
    failed_for_good: set[int] = set()
    if outcomes.failed:
        failed = rows[1 if outcomes.completed else 0]
        failed_for_good = {id_ for id_, will_retry in failed.load(tuple) if not will_retry}
        if recorded:
            # Of jobs that are recorded the database does not say so any more.
            jobs = [failure.job for failure in outcomes.failed if failure.job.id in recorded]
            failed_for_good.update(job.id for job in jobs if job.attempts >= job.max_attempts)
    return gone, failed_for_good


def claim_of(max_jobs: int, task_identifiers: list[str], options: WorkerOptions, position: Position) -> Call:
    """Asks for so many jobs."""
    params = {
        "task_identifiers": task_identifiers,
        "max_jobs": max_jobs,
        "forbidden_flags": list(options.forbidden_flags) or None,
        "must_be_registered": options.recovery is not None,
        **position.params(),
    }
    return "get_jobs", params


def _array(jobs: Iterable[Job]) -> str:
    """Writes the ids of jobs as a database array: much faster than psycopg does, and there may be hundreds."""
    return f"{{{','.join([str(job.id) for job in jobs])}}}"
