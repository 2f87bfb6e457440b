"""The worker outlives what happens to its connections and its server."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest

from graphile_worker import AsyncClient, Client, GraphileWorkerError, JobSpec, Worker, migrate
from graphile_worker._embedded import EmbeddedServer
from tests.py.support.workers import Recorder, backends, fetch
from tests.support import database_url, eventually

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)


async def test_survives_its_backends_being_terminated(database: str) -> None:
    recorder = Recorder()
    worker = Worker(database, recorder.tasks, concurrency=4, poll_interval=NEVER)
    run = asyncio.create_task(worker.run())
    async with AsyncClient(database) as client:
        for n in range(10):
            pids = await eventually(lambda: _all(database, worker))
            await fetch(database, "select pg_terminate_backend(pid) from unnest(%s::int[]) as p (pid)", pids)
            await client.add_jobs([JobSpec(identifier="record", payload={"n": n}, queue_name="q")])
            # Found without polling: by the listener's new LISTEN, if the notification was missed.
            await eventually(lambda n=n: _done(recorder, n + 1))
        await eventually(lambda: _nothing_locked(client))
        worker.stop()
        await run
        assert (await client.stats()).total == 0
    assert recorder.runs == dict.fromkeys(range(10), 1)


async def _all(url: str, worker: Worker) -> list[int] | None:
    pids = await backends(url, worker)
    return pids if len(pids) == 3 else None


async def _done(recorder: Recorder, count: int) -> bool:
    return len(recorder.runs) == count


async def _nothing_locked(client: AsyncClient) -> bool:
    stats = await client.stats()
    return stats.locked == 0 and stats.locked_queues == 0


async def test_a_claim_whose_answer_was_cut_off_is_returned(database: str) -> None:
    """The server commits a claim, the connection dies before the answer arrives: nobody else could run the job."""
    recorder = Recorder()
    worker = Worker(database, recorder.tasks, concurrency=4, poll_interval=timedelta(milliseconds=50))
    with Client(database) as client:
        client.add_jobs(JobSpec(identifier="record", payload={"n": n}, queue_name=f"q{n % 2}") for n in range(4))
    # The claim that the worker does not know of, in its name.
    await fetch(database, "select * from graphile_worker.get_jobs(%s, max_jobs => 2)", worker.id)
    run = asyncio.create_task(worker.run())
    pids = await eventually(lambda: _all(database, worker))
    await fetch(database, "select pg_terminate_backend(pid) from unnest(%s::int[]) as p (pid)", pids)
    await eventually(lambda: _done(recorder, 4))
    worker.stop()
    await run
    assert recorder.runs == dict.fromkeys(range(4), 1)


async def test_survives_immediate_restarts_of_the_server(restartable_server: EmbeddedServer) -> None:
    url = restartable_server.url
    migrate(url)
    recorder = Recorder()
    worker = Worker(url, recorder.tasks, concurrency=4)
    run = asyncio.create_task(worker.run())
    total = 0
    for _ in range(3):
        async with AsyncClient(url) as client:
            await client.add_jobs(
                JobSpec(identifier="record", payload={"n": n}, queue_name=None if n % 2 else "q")
                for n in range(total, total + 300)
            )
        total += 300
        # In the middle of the work: some of it is done, some not.
        await eventually(lambda total=total: _done_more_than(recorder, total - 250))
        await asyncio.to_thread(restartable_server.restart, "immediate")
    await eventually(lambda: _done(recorder, total))
    async with AsyncClient(url) as client:
        await eventually(lambda: _nothing_locked(client))
        worker.stop()
        await run
        assert (await client.stats()).total == 0
    # Once each but for what was running when the server died: its outcome was handed in later.
    assert set(recorder.runs) == set(range(total))
    assert sum(recorder.runs.values()) <= total + 3 * 4


async def _done_more_than(recorder: Recorder, count: int) -> bool:
    return len(recorder.runs) > count


async def test_stopping_without_a_server_ends_and_says_so(restartable_server: EmbeddedServer) -> None:
    url = restartable_server.url
    migrate(url)
    recorder = Recorder()
    worker = Worker(url, recorder.tasks, poll_interval=timedelta(milliseconds=20), grace_period=timedelta(0))
    run = asyncio.create_task(worker.run())
    await eventually(lambda: _all(url, worker))
    await asyncio.to_thread(restartable_server.stop, "immediate")
    worker.stop()
    try:
        await run
    except GraphileWorkerError as error:
        assert "gave up on the database" in str(error)  # noqa: PT017  # It may also have had nothing left to say.


async def test_an_unreachable_server_is_said_at_once() -> None:
    recorder = Recorder()
    with pytest.raises(psycopg.OperationalError):
        await Worker(database_url("postgresql://nobody@127.0.0.1:1/none", "none"), recorder.tasks).run()
