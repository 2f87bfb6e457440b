"""Jobs that take longer than the policy of their task allows."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
from datetime import timedelta
from pathlib import Path

from graphile_worker import (
    AsyncClient,
    Fixed,
    Hooks,
    JobContext,
    JobFail,
    JobPermanentlyFail,
    Recovery,
    TaskRegistry,
    Worker,
)
from tests.support import eventually

SHORT = timedelta(milliseconds=300)
SAYS = "Timed out after 0:00:00.300000, the time-out of its task's policy"


async def failed_as(client: AsyncClient, job_id: int) -> str:
    """Waits until the job has failed once, and returns its last_error."""
    async with asyncio.timeout(20):
        while True:
            job = await client.show_job(job_id)
            assert job is not None
            if job.last_error is not None:
                return job.last_error
            await asyncio.sleep(0.02)


async def test_an_async_handler_is_cancelled_and_tried_again(database: str) -> None:
    tasks = TaskRegistry()
    runs: list[str] = []

    @tasks.task(timeout=SHORT, retry=Fixed([timedelta(0)]))
    async def slow() -> None:
        runs.append("begun")
        if len(runs) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                runs.append("cut off")

    @tasks.task
    async def other() -> None:
        runs.append("other")

    async with AsyncClient(database) as client, Worker(database, tasks, concurrency=1):
        job = await client.add_job("slow", queue_name="q")
        await client.add_job("other", queue_name="q")
        await eventually(lambda: sorted(runs) == ["begun", "begun", "cut off", "other"])
        async with asyncio.timeout(20):
            while await client.show_job(job.id) is not None:  # noqa: ASYNC110  # It happens in the database.
                await asyncio.sleep(0.02)
    assert runs[:2] == ["begun", "cut off"]


async def test_last_error_says_which_limit(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task(timeout=SHORT)
    async def slow() -> None:
        await asyncio.Event().wait()

    @tasks.task(timeout=SHORT)
    async def cleans_up() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("half done") from None

    @tasks.task
    async def fails() -> None:
        raise TimeoutError

    hooks, told = Hooks(), []
    hooks.on(JobFail)(lambda event: told.append((event.job.task_identifier, event.timed_out)))
    hooks.on(JobPermanentlyFail)(lambda event: told.append((event.job.task_identifier, event.timed_out)))
    async with AsyncClient(database) as client:
        await client.add_job("fails")
        jobs = [await client.add_job(name, max_attempts=1 if name == "slow" else 2) for name in ("slow", "cleans_up")]
        await Worker(database, tasks, hooks=hooks).run_once()
        errors = [await failed_as(client, job.id) for job in jobs]
        assert [job.attempts for job in await client.list_jobs()] == [1, 1, 1]
    assert sorted(told) == [("cleans_up", True), ("fails", False), ("slow", True), ("slow", True)]
    assert errors[0] == SAYS
    assert errors[1].startswith(f"{SAYS}\nValueError: half done\n")


async def test_what_ends_well_all_the_same_is_done(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task(timeout=SHORT)
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    @tasks.task
    async def quick() -> None: ...

    async with AsyncClient(database) as client:
        await client.add_job("stubborn")
        await client.add_job("quick")
        await Worker(database, tasks, concurrency=1).run_once()
        assert await client.list_jobs() == []


async def test_what_is_in_time_is_left_alone(database: str) -> None:
    """Its slot is another job's when the time would be up."""
    tasks = TaskRegistry()

    @tasks.task(timeout=SHORT)
    async def quick() -> None: ...

    @tasks.task
    async def slow() -> None:
        await asyncio.sleep(1)

    async with AsyncClient(database) as client:
        await client.add_job("quick", priority=-1)
        await client.add_job("slow")
        await Worker(database, tasks, concurrency=1).run_once()
        assert await client.list_jobs() == []


async def test_a_thread_is_told(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task(timeout=SHORT)
    def slow(_payload: object, context: JobContext) -> None:
        until = time.monotonic() + 20
        while not context.is_cancelled and time.monotonic() < until:
            time.sleep(0.01)
        raise RuntimeError("stopped half way")

    async with AsyncClient(database) as client:
        job = await client.add_job("slow")
        began = time.monotonic()
        await Worker(database, tasks).run_once()
        assert time.monotonic() - began < 15
        assert (await failed_as(client, job.id)).startswith(f"{SAYS}\nRuntimeError: stopped half way\n")


async def test_a_program_is_ended(database: str, tmp_path: Path) -> None:
    program = tmp_path / "wait"
    make_program(program, "#!/bin/sh\nexec sleep 600\n")
    tasks = TaskRegistry()
    tasks.executable("wait", program, timeout=SHORT)
    async with AsyncClient(database) as client:
        job = await client.add_job("wait")
        await Worker(database, tasks).run_once()
        assert await failed_as(client, job.id) == SAYS


async def test_an_operator_may_set_another_while_the_worker_runs(database: str) -> None:
    tasks = TaskRegistry()
    entered = threading.Event()

    @tasks.task
    async def slow() -> None:
        entered.set()
        await asyncio.Event().wait()

    quick = Recovery(heartbeat_interval=timedelta(seconds=1), sweep_threshold=timedelta(seconds=10))
    async with AsyncClient(database) as client, Worker(database, tasks, recovery=quick) as worker:
        await eventually(lambda: worker.id)
        await client.set_task_policy("slow", timeout=SHORT)
        await eventually(lambda: worker._shared.policies._held)
        job = await client.add_job("slow")
        assert await failed_as(client, job.id) == SAYS


def make_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
