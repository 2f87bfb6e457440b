"""Handlers whose transaction completes their job: what they wrote and the completion are committed together."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    Fail,
    GraphileWorkerError,
    Hooks,
    JobCancelled,
    JobContext,
    JobLost,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker._tasks.context import ThreadContext
from tests.py.support.workers import complaints, running
from tests.py.tasks.written import NEVER, WRITE, fail, left, registry, told, written
from tests.support import eventually, wait_until


async def test_the_job_is_done_with_what_was_written(table: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()
    heard = told(hooks)
    async with AsyncClient(table) as client:
        jobs = [await client.add_job("write", queue_name=queue) for queue in (None, None, "q", "q", "q")]
        # Nobody polls: a queue has to be free, and asked for, at once.
        async with running(Worker(table, registry(kind), hooks=hooks, poll_interval=NEVER)):
            await eventually(lambda: len(heard) == 5)
    assert await written(table) == [job.id for job in jobs]
    assert await left(table) == []
    assert heard == ["JobComplete"] * 5
    assert complaints(caplog) == []


async def test_until_none_is_left(table: str, kind: str) -> None:
    tasks = registry(kind)

    @tasks.task
    async def adds_one(context: JobContext) -> None:
        async with context.transaction() as connection:
            await AsyncClient(connection).add_job("write")

    async with AsyncClient(table) as client:
        await client.add_job("adds_one")
    await Worker(table, tasks).run_once()
    assert len(await written(table)) == 1
    assert await left(table) == []


async def test_who_runs_all_there_is_waits_for_what_a_handler_does_afterwards(table: str) -> None:
    tasks = registry("loop")
    steps: list[str] = []

    @tasks.task
    async def goes_on(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute("select 1")
        steps.append("committed")
        # Another round with the database, which finds nothing to do.
        worker._lanes.all[0]._work.wake()
        await asyncio.sleep(0.1)
        await context.client.add_job("write")
        steps.append("ended")

    async with AsyncClient(table) as client:
        await client.add_job("goes_on")
    worker = Worker(table, tasks)
    await worker.run_once()
    assert steps == ["committed", "ended"]
    assert len(await written(table)) == 1


async def test_what_raises_within_is_rolled_back(table: str, kind: str) -> None:
    hooks = Hooks()
    heard = told(hooks)
    async with AsyncClient(table) as client:
        job = await client.add_job("write")
    await Worker(table, registry(kind, before=fail), hooks=hooks).run_once()
    assert await written(table) == []
    [(job_id, attempts, error)] = await left(table)
    assert (job_id, attempts, error.partition("\n")[0]) == (job.id, 1, "ZeroDivisionError")
    assert heard == ["JobFail"]


@pytest.mark.parametrize("ending", [ZeroDivisionError("too late"), Snooze(delay=timedelta(hours=1))], ids=type)
async def test_what_fails_afterwards_is_done(
    table: str, kind: str, ending: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def after() -> None:
        raise ending

    hooks = Hooks()
    heard = told(hooks)
    async with AsyncClient(table) as client:
        job = await client.add_job("write")
    await Worker(table, registry(kind, after), hooks=hooks).run_once()
    assert await written(table) == [job.id]
    assert await left(table) == []
    assert heard == ["JobComplete"]
    [complaint] = complaints(caplog)
    assert complaint.startswith(f"job {job.id} (write) is done, its transaction was committed; ")


async def test_a_hook_that_decides_otherwise_comes_too_late(table: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()
    heard = told(hooks)
    hooks.on(AfterJobRun)(lambda _event: Fail("no"))
    async with AsyncClient(table) as client:
        await client.add_job("write")
    await Worker(table, registry("loop"), hooks=hooks).run_once()
    assert (heard, len(await written(table)), await left(table)) == (["JobComplete"], 1, [])
    assert "what a hook has decided" in complaints(caplog)[0]


async def test_an_interruption_afterwards_leaves_it_done(table: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()
    heard = told(hooks)
    tasks = TaskRegistry()
    contexts: list[JobContext] = []

    @tasks.task(timeout=timedelta(seconds=0.2))
    async def write(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute(WRITE, [[context.job.id]])
        assert not context.is_cancelled
        contexts.append(context)
        await asyncio.Event().wait()

    async with AsyncClient(table) as client:
        await client.add_job("write")
    await Worker(table, tasks, hooks=hooks).run_once()
    assert (heard, len(await written(table)), await left(table)) == (["JobComplete"], 1, [])
    assert contexts[0].is_done
    assert complaints(caplog) == []


async def test_a_thread_that_was_stopped_begins_none(table: str) -> None:
    caught: list[BaseException] = []
    tasks = TaskRegistry()

    @tasks.task(timeout=timedelta(seconds=0.2), max_attempts=1)
    def write(context: ThreadContext) -> None:
        wait_until(lambda: context.is_cancelled, what="it is not told")
        try:
            with context.transaction() as connection:
                connection.execute(WRITE, [[context.job.id]])
        except BaseException as error:
            caught.append(error)
            raise

    async with AsyncClient(table) as client:
        await client.add_job("write")
    await Worker(table, tasks).run_once()
    assert [type(error) for error in caught] == [JobCancelled]
    assert (await written(table), len(await left(table))) == ([], 1)


TAKE = {
    "unlocked": "select graphile_worker.force_unlock_workers(array[%(worker)s::text])",
    "swept": "select * from graphile_worker.recover_workers(array[%(worker)s::text], array[null::timestamptz])",
    "claimed by another": """
        with freed as materialized (select graphile_worker.force_unlock_workers(array[%(worker)s::text]))
        select count(*) from freed""",
}


@pytest.mark.parametrize("way", TAKE)
async def test_what_was_taken_is_rolled_back(table: str, kind: str, way: str, caplog: pytest.LogCaptureFixture) -> None:
    caught: list[Exception] = []
    tasks = TaskRegistry()

    def take(context: JobContext) -> None:
        with psycopg.connect(table, autocommit=True) as connection:
            connection.execute(TAKE[way].encode(), {"worker": context.worker_id})
            if way == "claimed by another":
                connection.execute("select * from graphile_worker.get_jobs('w', null, 1)")

    async def on_the_loop(context: JobContext) -> None:
        try:
            async with context.transaction() as connection:
                await connection.execute(WRITE, [[context.job.id]])
                await asyncio.to_thread(take, context)
        except JobLost as error:
            caught.append(error)
            raise

    def in_a_thread(context: ThreadContext) -> None:
        try:
            with context.transaction() as connection:
                connection.execute(WRITE, [[context.job.id]])
                take(context)
        except JobLost as error:
            caught.append(error)
            raise

    tasks.add(on_the_loop if kind == "loop" else in_a_thread, "write")
    hooks = Hooks()
    heard = told(hooks)
    async with AsyncClient(table) as client:
        job = await client.add_job("write", max_attempts=1)
        async with running(Worker(table, tasks, hooks=hooks, poll_interval=NEVER, recovery=None)):
            await eventually(lambda: caught)
            await eventually(lambda: any("the outcome of 1 jobs was not taken" in line for line in complaints(caplog)))
    assert str(caught[0]) == (
        f"job {job.id} was taken from this worker, and its transaction was rolled back. "
        "Nothing of it is done; whoever has the job now does it"
    )
    assert await written(table) == []
    assert len(await left(table)) == 1
    assert "JobComplete" not in heard


async def test_there_is_one_for_a_run(table: str, kind: str) -> None:
    errors: list[str] = []
    tasks = TaskRegistry()

    async def on_the_loop(context: JobContext) -> None:
        for n in range(2):
            try:
                async with context.transaction() as connection:
                    await connection.execute(WRITE, [[context.job.id]])
                    async with context.transaction():
                        pass
            except GraphileWorkerError as error:
                errors.append(str(error))
            if n == 0:
                # What was rolled back can be tried again.
                async with context.transaction() as connection:
                    await connection.execute(WRITE, [[-1]])

    def in_a_thread(context: ThreadContext) -> None:
        for n in range(2):
            try:
                with context.transaction() as connection:
                    connection.execute(WRITE, [[context.job.id]])
                    with context.transaction():
                        pass
            except GraphileWorkerError as error:
                errors.append(str(error))
            if n == 0:
                with context.transaction() as connection:
                    connection.execute(WRITE, [[-1]])

    tasks.add(on_the_loop if kind == "loop" else in_a_thread, "write")
    async with AsyncClient(table) as client:
        job = await client.add_job("write")
    await Worker(table, tasks).run_once()
    assert await written(table) == [-1]
    assert await left(table) == []
    assert [error.partition(". ")[0] for error in errors] == [
        f"the transaction of job {job.id} is under way, and another was begun",
        f"job {job.id} is done, its transaction was committed, and another was begun",
    ]


async def test_a_rollback_on_purpose_leaves_the_job_to_the_worker(table: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def write(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute(WRITE, [[context.job.id]])
            raise psycopg.Rollback

    async with AsyncClient(table) as client:
        await client.add_job("write")
    await Worker(table, tasks).run_once()
    assert await written(table) == []
    assert await left(table) == []


async def test_a_batch_has_none(table: str) -> None:
    tasks = TaskRegistry()

    @tasks.batch
    async def write(items: list[int], context: JobContext) -> None:
        async with context.transaction():
            pass

    async with AsyncClient(table) as client:
        job = await client.add_batch_job("write", [1, 2])
    await Worker(table, tasks).run_once()
    [(_, _, error)] = await left(table)
    assert f"job {job.id} is a batch, which no transaction can complete" in error


async def test_who_commits_within_the_block_is_told(table: str, kind: str) -> None:
    tasks = TaskRegistry()

    async def on_the_loop(context: JobContext) -> None:
        async with context.transaction() as connection:
            with pytest.raises(psycopg.ProgrammingError):
                await connection.commit()
            await connection.execute("commit")

    def in_a_thread(context: ThreadContext) -> None:
        with context.transaction() as connection:
            with pytest.raises(psycopg.ProgrammingError):
                connection.commit()
            connection.execute("commit")

    tasks.add(on_the_loop if kind == "loop" else in_a_thread, "write")
    async with AsyncClient(table) as client:
        job = await client.add_job("write")
    await Worker(table, tasks).run_once()
    [(_, _, error)] = await left(table)
    assert f"the transaction of job {job.id} was ended within its block" in error
