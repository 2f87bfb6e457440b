"""The calls by which a worker says what its code wants for its tasks, and asks what holds, and what is cancelled."""

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
