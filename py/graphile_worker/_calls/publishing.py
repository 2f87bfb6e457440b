"""The calls by which a worker says what its code wants for its tasks, asks what holds, and what is cancelled; and by
which a handler's transaction completes its job.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from psycopg.rows import scalar_row, tuple_row

from .call import Call


class HeldPolicy(NamedTuple):
    """What a worker has to know of the policy that holds for a task."""

    timeout: timedelta | None
    bad_payload: str | None


def publish_task_policies(policies: Mapping[str, Mapping[str, Any]]) -> Call[int]:
    """Publishes policies by task; an empty one takes back what was published before. Returns how many were taken."""
    statement = "select @extschema@.publish_task_policies(%(policies)s::json)"
    return Call(
        statement, {"policies": json.dumps(policies, ensure_ascii=False)}, scalar_row, lambda rows: int(rows[0])
    )


def publish_limits(tasks: Mapping[str, Mapping[str, Any]], queues: Mapping[str, Mapping[str, Any]]) -> Call[int]:
    """Publishes limits by task, and by queue or pattern; an empty one takes back what was published before. Returns how
    many were taken.
    """
    statement = "select @extschema@.publish_limits(%(tasks)s::json, %(queues)s::json)"
    params = {"tasks": json.dumps(tasks, ensure_ascii=False), "queues": json.dumps(queues, ensure_ascii=False)}
    return Call(statement, params, scalar_row, lambda rows: int(rows[0]))


def held_policies(tasks: Sequence[str]) -> Call[dict[str, HeldPolicy]]:
    """Returns what holds for those of these tasks that have a policy."""
    statement = """
        select task_identifier, timeout, bad_payload from @extschema@.list_task_policies(%(tasks)s::text[])"""
    return Call(
        statement, {"tasks": list(tasks)}, tuple_row, lambda rows: {name: HeldPolicy(*held) for name, *held in rows}
    )


def list_cancelled(worker_ids: Sequence[str]) -> Call[list[tuple[str, int, str | None]]]:
    """Returns the jobs that these workers hold and somebody has cancelled: worker, id, and reason if there is one."""
    statement = "select worker_id, job_id, reason from @extschema@.list_cancelled(%(worker_ids)s::text[])"
    return Call(statement, {"worker_ids": list(worker_ids)}, tuple_row, list)


def finish_job(worker_id: str, job_id: int, *, must_commit_soon: bool) -> Call[int]:
    """Completes a job within a transaction, and returns its id. With `must_commit_soon` the server ends the session
    when no commit follows within 10 s: of a network that fell silent it would hear in hours, and keep the job locked.
    """
    statement = "select @extschema@.finish_job(%(worker_id)s::text, %(job_id)s::bigint)"
    if must_commit_soon:
        statement += ", pg_catalog.set_config('idle_in_transaction_session_timeout', '10s', true)"
    return Call(statement, {"worker_id": worker_id, "job_id": job_id}, scalar_row, lambda rows: int(rows[0]))


def show_finish(worker_id: str, job_id: int, transaction_id: int) -> Call[str]:
    """Returns what became of the transaction of a `finish_job`: done, held, lost or open."""
    statement = "select @extschema@.show_finish(%(worker_id)s::text, %(job_id)s::bigint, %(transaction_id)s::bigint)"
    params = {"worker_id": worker_id, "job_id": job_id, "transaction_id": transaction_id}
    return Call(statement, params, scalar_row, lambda rows: str(rows[0]))
