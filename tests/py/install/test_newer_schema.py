"""A release goes on working on the schema of a newer one, as long as nothing that it uses was broken."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from graphile_worker import Client, JobSpec, TaskRegistry, Worker


def add_columns(url: str) -> None:
    """What a later release may do to the tables without breaking this one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter table graphile_worker._private_jobs add column note text")
        connection.execute("alter table graphile_worker._private_job_queues add column note text default 'x'")
        connection.execute("alter table graphile_worker._private_tasks add column note text")


def use_everything(client: Client) -> None:
    job = client.add_job("t", {"a": 1}, queue_name="q", job_key="k", flags=["f"])
    assert (job.payload, job.key, job.flags) == ({"a": 1}, "k", {"f": True})
    [added] = client.add_jobs([JobSpec(identifier="t")])
    assert [j.id for j in client.reschedule_jobs([added], priority=3)] == [added]
    assert [j.id for j in client.permanently_fail_jobs([added])] == [added]
    assert [j.id for j in client.complete_jobs([added])] == [added]
    removed = client.remove_job("k")
    assert removed is not None
    assert removed.id == job.id
    assert client.remove_job("k") is None
    assert client.list_jobs() == []
    assert client.show_job(added) is None


# Often enough for psycopg to prepare the statements: they were made for the old columns.
@pytest.mark.parametrize("times_before", [0, 8])
def test_a_client_does_not_mind_columns_that_it_does_not_know(database: str, times_before: int) -> None:
    with Client(database, max_pool_size=1) as client:
        for _ in range(times_before):
            use_everything(client)
        add_columns(database)
        use_everything(client)


async def test_nor_does_a_worker(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[int] = []
    with Client(database) as client:

        async def note(payload: int) -> None:
            seen.append(payload)
            if payload == 20:
                # Not in the loop's thread: it waits for whatever the worker has under way.
                await asyncio.to_thread(add_columns, database)
                client.add_jobs([JobSpec(identifier="note", payload=i, queue_name="q") for i in range(21, 41)])

        tasks.add(note, "note")
        for number in range(1, 21):
            client.add_job("note", number)
        await Worker(database, tasks, concurrency=1).run_once()
    assert sorted(seen) == list(range(1, 41))
