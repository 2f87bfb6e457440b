"""Limits in `drain`: those of the code hold nothing back, those that somebody has set do."""

from __future__ import annotations

from graphile_worker import Client, JobSpec, Limit, TaskRegistry
from graphile_worker.testing import drain


def registry() -> TaskRegistry:
    tasks = TaskRegistry()
    # Its policy is published.
    tasks.add(lambda: None, "t", limit=Limit(rate=2, burst=1), max_attempts=3)
    tasks.limit_queue("q*", rate=1, burst=1)
    return tasks


async def test_limits_of_the_code_hold_nothing_back(database: str) -> None:
    with Client(database) as client:
        client.add_jobs([JobSpec(identifier="t")] * 5 + [JobSpec(identifier="t", queue_name="q")] * 5)
        assert len((await drain(database, registry())).completed) == 10
        assert client.list_limits() == []


async def test_a_limit_that_was_set_holds(database: str) -> None:
    with Client(database) as client:
        client.limit_task("t", rate=2, burst=2)
        client.add_jobs([JobSpec(identifier="t")] * 5)
        assert len((await drain(database, registry())).completed) == 2
        [limit] = client.list_limits()
        assert limit.held_back == 3
