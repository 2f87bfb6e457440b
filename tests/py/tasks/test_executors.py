"""Where tasks run, batches, defaults of a task, and adding jobs from the task itself."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import AsyncClient, GraphileWorkerError, InvalidArgument, JobContext, TaskRegistry, Worker
from tests.py.support import process_tasks


@dataclass
class Mail:
    to: str


async def error_of(client: AsyncClient, job_id: int) -> str | None:
    job = await client.show_job(job_id)
    return None if job is None else (job.last_error or "")


async def test_processes(database: str, tmp_path: Path) -> None:
    async with AsyncClient(database) as client:
        process_tasks.tasks.use(client)
        await process_tasks.write_pid.add({"path": str(tmp_path / "pid")})
        failed = await process_tasks.explode.add({"why": "out of luck"})
        await Worker(database, process_tasks.tasks, concurrency=2).run_once()
        assert int((tmp_path / "pid").read_text()) != os.getpid()
        assert "ValueError: out of luck" in (await error_of(client, failed.id) or "")


async def test_a_process_that_dies_fails_its_job_and_the_next_one_runs(database: str, tmp_path: Path) -> None:
    async with AsyncClient(database) as client:
        process_tasks.tasks.use(client)
        crashed = await process_tasks.crash.add(priority=-1)
        await process_tasks.write_pid.add({"path": str(tmp_path / "pid")})
        await Worker(database, process_tasks.tasks, concurrency=1).run_once()
        assert "a process of this worker died" in (await error_of(client, crashed.id) or "")
        assert (tmp_path / "pid").exists()


async def test_an_interrupted_process_is_ended_and_its_job_returned(database: str, tmp_path: Path) -> None:
    async with AsyncClient(database) as client:
        process_tasks.tasks.use(client)
        job = await process_tasks.forever.add({"path": str(tmp_path / "started")})
        worker = Worker(database, process_tasks.tasks, concurrency=1)
        run = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            while not (tmp_path / "started").exists():  # noqa: ASYNC110  # Another process has no event to wait for.
                await asyncio.sleep(0.02)
        worker.stop(now=True)
        await run
        shown = await client.show_job(job.id)
        assert shown is not None
        assert (shown.attempts, shown.locked_by, shown.job_state) == (0, None, "scheduled")


def script(path: Path, text: str) -> Path:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


async def test_executables(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    folder.mkdir()
    out = tmp_path / "out"
    script(folder / "note.sh", f'cat > "{out}"; env | grep ^GRAPHILE_WORKER_ | sort >> "{out}"\n')
    script(folder / "refuse.sh", "echo too bad >&2; exit 7\n")
    script(folder / "killed.sh", "kill -9 $$\n")
    (folder / "README").write_text("not a task")
    tasks = TaskRegistry()
    assert [task.identifier for task in tasks.executables(folder)] == ["killed", "note", "refuse"]
    async with AsyncClient(database) as client:
        note = await client.add_job("note", {"a": 1}, job_key="k", priority=3)
        refuse = await client.add_job("refuse")
        killed = await client.add_job("killed")
        await Worker(database, tasks).run_once()
        assert await error_of(client, refuse.id) == "TaskProcessError: exit code 7: too bad"
        assert await error_of(client, killed.id) == "TaskProcessError: signal 9"
    payload, *variables = out.read_text().replace("}}", "}}\n").splitlines()
    assert payload == '{"payload":{"a":1}}'
    assert variables == [
        "GRAPHILE_WORKER_JOB_ATTEMPTS=1",
        f"GRAPHILE_WORKER_JOB_ID={note.id}",
        "GRAPHILE_WORKER_JOB_KEY=k",
        "GRAPHILE_WORKER_JOB_MAX_ATTEMPTS=25",
        "GRAPHILE_WORKER_JOB_PRIORITY=3",
        f"GRAPHILE_WORKER_JOB_RUN_AT={note.run_at.isoformat()}",
        "GRAPHILE_WORKER_PAYLOAD_FORMAT=json",
        "GRAPHILE_WORKER_TASK_IDENTIFIER=note",
    ]


async def test_an_interrupted_executable_is_ended(database: str, tmp_path: Path) -> None:
    tasks = TaskRegistry()
    started, ended = tmp_path / "started", tmp_path / "ended"
    body = f'trap \'touch "{ended}"; exit 0\' TERM; touch "{started}"; while :; do sleep 0.05; done\n'
    tasks.executable("wait", script(tmp_path / "wait", body))
    async with AsyncClient(database) as client:
        job = await client.add_job("wait")
        worker = Worker(database, tasks)
        run = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            while not started.exists():  # noqa: ASYNC110  # Another process has no event to wait for.
                await asyncio.sleep(0.02)
        worker.stop(now=True)
        await run
        async with asyncio.timeout(30):
            while not ended.exists():  # noqa: ASYNC110  # Another process has no event to wait for.
                await asyncio.sleep(0.02)
        shown = await client.show_job(job.id)
        assert shown is not None
        assert (shown.attempts, shown.locked_by) == (0, None)


@pytest.mark.parametrize(
    ("results", "left", "error"),
    [
        (None, None, None),
        ([None, None, None], None, None),
        (
            [None, "bad item", ValueError("worse")],
            ["b", "c"],
            "BatchPartlyFailed: 2 of 3 items failed; the first: bad item",
        ),
        ([None], ["a", "b", "c"], "ValueError: batch got 3 items and returned 1 results; it returns one each, or None"),
        ("abc", ["a", "b", "c"], "ValueError: batch got 3 items and returned a str; it returns one each, or None"),
        (RuntimeError("all"), ["a", "b", "c"], "RuntimeError: all"),
    ],
)  # fmt: skip
async def test_batches(database: str, results: Any, left: list[str] | None, error: str | None) -> None:
    tasks = TaskRegistry()
    got: list[list[str]] = []

    @tasks.batch("batch")
    async def handle(items: list[str]) -> Any:
        got.append(items)
        if isinstance(results, Exception):
            raise results
        return results

    async with AsyncClient(database) as client:
        job = await client.add_batch_job("batch", ["a", "b", "c"])
        await Worker(database, tasks).run_once()
        assert got == [["a", "b", "c"]]
        shown = await client.show_job(job.id)
        assert (shown and shown.payload) == left
        assert (shown and (shown.last_error or "").partition("\n")[0]) == error


@pytest.mark.parametrize("payload", [{"not": "an array"}, []])
async def test_what_is_no_batch_fails_as_it_is(database: str, payload: Any) -> None:
    tasks = TaskRegistry()
    ran: list[Any] = []
    tasks.add(ran.append, "batch", is_batch=True)
    async with AsyncClient(database) as client:
        job = await client.add_job("batch", payload)
        await Worker(database, tasks).run_once()
        shown = await client.show_job(job.id)
        assert shown is not None
        assert shown.payload == payload
        assert (shown.last_error or "").startswith("PayloadError: batch is a batch task")
    assert ran == []


async def test_batches_accumulate_by_key(database: str) -> None:
    tasks = TaskRegistry()
    got: list[list[int]] = []

    @tasks.batch("batch")
    def handle(items: list[int]) -> None:
        got.append(items)

    async with AsyncClient(database) as client:
        for numbers in ([1], [2, 3], []):
            await client.add_batch_job("batch", numbers, job_key="all")
        await Worker(database, tasks).run_once()
    assert got == [[1, 2, 3]]


async def test_add_uses_the_defaults_of_the_task(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task("mail/send", queue_name="mail", priority=4, max_attempts=3)
    async def send_mail(payload: Mail) -> None: ...

    @tasks.task
    async def welcome(payload: Mail, context: JobContext) -> None:
        # Within a handler there is always a client.
        await send_mail.add(payload)

    with pytest.raises(GraphileWorkerError, match=r"needs a client\. Give client="):
        await send_mail.add(Mail("ada@example.com"))
    async with AsyncClient(database) as client:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        await send_mail.add(Mail("ada@example.com"), client=client, run_at=tomorrow, priority=9)
        tasks.use(client)
        await welcome.add(Mail("grace@example.com"))
        worker = Worker(database, tasks, concurrency=1)
        await worker.run_once()
        (job,) = await client.list_jobs()
        assert (job.task_identifier, job.queue_name, job.priority, job.max_attempts) == ("mail/send", "mail", 9, 3)
        assert job.run_at == tomorrow


async def test_a_handler_reads_the_workers_state(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []

    @tasks.task
    async def look(payload: Any, context: JobContext) -> None:
        seen.append(context.state["mailer"])

    async with AsyncClient(database) as client:
        await client.add_job("look")
        await Worker(database, tasks, state={"mailer": "smtp"}).run_once()
    assert seen == ["smtp"]


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    tasks = TaskRegistry()

    async def asynchronous() -> None: ...

    def with_context(payload: Any, context: JobContext) -> None: ...

    with pytest.raises(InvalidArgument, match="an async function, which can't run in a process"):
        tasks.add(asynchronous, "a", run_in="process")
    with pytest.raises(InvalidArgument, match="a plain function, which can't run in a loop"):
        tasks.add(with_context, "b", run_in="loop")
    with pytest.raises(InvalidArgument, match="can't take a context"):
        tasks.add(with_context, "c", run_in="process")
    with pytest.raises(InvalidArgument, match="takes 3 arguments"):
        tasks.add(lambda a, b, c: None, "d")
    (tmp_path / "plain").write_text("")
    with pytest.raises(InvalidArgument, match="is not an executable file"):
        tasks.executable("e", tmp_path / "plain")
    assert list(tasks) == []
