"""Handlers whose transaction completes their job: what they wrote and the completion are committed together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    Fail,
    GraphileWorkerError,
    Hooks,
    JobCancelled,
    JobComplete,
    JobContext,
    JobFail,
    JobInterrupted,
    JobLost,
    Snooze,
    TaskRegistry,
    Worker,
)
from graphile_worker._tasks.context import ThreadContext
from graphile_worker._tasks.transaction import Finish
from tests.py.support.late_network import LateNetwork, late_network
from tests.py.support.workers import complaints, fetch, running
from tests.support import eventually, wait_until

NEVER = timedelta(minutes=10)
WRITE = "insert into written select * from unnest(%s::bigint[])"


@pytest.fixture
async def table(database: str) -> str:
    """The url of a database with a table to write to, by hand."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("create table written (job_id bigint)")
    return database


async def written(url: str) -> list[int]:
    return [job_id for (job_id,) in await fetch(url, "select job_id from written order by 1")]


async def left(url: str) -> list[Any]:
    return [
        tuple(row)
        for row in await fetch(
            url,
            "select d.id, d.attempts, d.last_error from graphile_worker.list_jobs() as l,"
            " graphile_worker.show_job(l.id) as d order by 1",
        )
    ]


def told(hooks: Hooks) -> list[str]:
    """What the hooks are told of the ends of runs."""
    heard: list[str] = []
    for event in (JobComplete, JobFail, JobInterrupted):
        hooks.on(event)(lambda event: heard.append(type(event).__name__))
    return heard


def registry(
    kind: str, after: Callable[[], Any] = lambda: None, before: Callable[[], Any] = lambda: None
) -> TaskRegistry:
    """A task that writes down its job, on the event loop or in a thread, and does something within or `after` it."""
    tasks = TaskRegistry()

    async def on_the_loop(context: JobContext) -> None:
        async with context.transaction() as connection:
            await connection.execute(WRITE, [[context.job.id]])
            before()
        after()

    def in_a_thread(context: ThreadContext) -> None:
        with context.transaction() as connection:
            assert isinstance(connection, psycopg.Connection)
            connection.execute(WRITE, [[context.job.id]])
            before()
        after()

    tasks.add(on_the_loop if kind == "loop" else in_a_thread, "write")
    return tasks


def fail() -> None:
    raise ZeroDivisionError


@pytest.fixture(params=["loop", "thread"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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


async def test_a_commit_that_the_database_refuses_is_a_failure(table: str, kind: str) -> None:
    async with await psycopg.AsyncConnection.connect(table, autocommit=True) as connection:
        await connection.execute("alter table written add unique (job_id) deferrable initially deferred")
    async with AsyncClient(table) as client:
        job = await client.add_job("write")
        async with await psycopg.AsyncConnection.connect(table, autocommit=True) as connection:
            await connection.execute(WRITE, [[job.id]])
        await Worker(table, registry(kind)).run_once()
    assert await written(table) == [job.id]
    [(_, attempts, error)] = await left(table)
    assert attempts == 1
    assert error.startswith("UniqueViolation: ")


# The answer to a commit gets lost.


def lose_commit(monkeypatch: pytest.MonkeyPatch, network: LateNetwork, *, arrives: bool) -> None:
    """Has the network lose the answer to each commit; with `arrives` off the commit itself, too."""
    complete = Finish.complete

    async def lose(self: Finish, client: AsyncClient, **options: Any) -> None:
        await complete(self, client, **options)
        async with client._borrow() as connection:
            network.lose_answers(connection)
            if not arrives:
                network.hold(connection)

    monkeypatch.setattr(Finish, "complete", lose)
    monkeypatch.setattr("graphile_worker._tasks.transaction._ANSWER", 0.5 if arrives else 12.0)


async def test_a_commit_whose_answer_is_lost_is_found_out(
    table: str, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hooks = Hooks()
    heard = told(hooks)
    caplog.set_level(logging.INFO)
    async with late_network(table) as (network, url), AsyncClient(table) as client:
        lose_commit(monkeypatch, network, arrives=True)
        job = await client.add_job("write")
        async with running(Worker(url, registry(kind), hooks=hooks, poll_interval=NEVER)):
            await eventually(lambda: heard)
    assert await written(table) == [job.id]
    assert await left(table) == []
    assert heard == ["JobComplete"]
    assert complaints(caplog) == []
    assert f"the transaction of job {job.id} is committed" in caplog.text


async def test_a_commit_that_never_arrives_is_a_failure(
    table: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server, which hears nothing, ends the session, so that nobody waits for the job's lock."""
    hooks = Hooks()
    heard = told(hooks)
    async with late_network(table) as (network, url), AsyncClient(table) as client:
        lose_commit(monkeypatch, network, arrives=False)
        await client.add_job("write", max_attempts=1)
        async with running(Worker(url, registry("loop"), hooks=hooks, poll_interval=NEVER)):
            await eventually(lambda: heard)
    assert await written(table) == []
    assert heard == ["JobFail"]
    assert len(await left(table)) == 1


async def test_a_worker_that_reconnects_misses_no_job_that_is_just_done(
    table: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the commit at the server and its answer the worker compares what it holds."""
    hooks = Hooks()
    heard = told(hooks)
    worker = Worker(table, registry("loop"), hooks=hooks, poll_interval=NEVER)
    lane = worker._lanes.all[0]
    commit = Finish._commit

    async def compare_first(self: Finish, work: Any) -> None:
        async def late() -> None:
            await work
            await lane.exchange._resume(lane.exchange._connection)  # type: ignore[arg-type]

        await commit(self, late())

    monkeypatch.setattr(Finish, "_commit", compare_first)
    async with AsyncClient(table) as client:
        await client.add_job("write")
        async with running(worker):
            await eventually(lambda: heard)
    assert heard == ["JobComplete"]
    assert complaints(caplog) == []


async def test_a_cancellation_waits_for_the_commit(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Finish._commit
    runner: list[asyncio.Task[Any]] = []

    async def cancel_meanwhile(self: Finish, work: Any) -> None:
        async def late() -> None:
            runner[0].cancel()
            await asyncio.sleep(0)
            await work

        await commit(self, late())

    monkeypatch.setattr(Finish, "_commit", cancel_meanwhile)
    tasks = TaskRegistry()

    @tasks.task
    async def write(context: JobContext) -> None:
        task = asyncio.current_task()
        assert task is not None
        runner[:] = [task]
        async with context.transaction() as connection:
            await connection.execute(WRITE, [[context.job.id]])

    async with AsyncClient(table) as client:
        job = await client.add_job("write")
    await Worker(table, tasks).run_once()
    assert await written(table) == [job.id]
    assert await left(table) == []
