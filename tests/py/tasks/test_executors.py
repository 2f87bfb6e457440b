"""Where tasks run: in processes, and as programs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from graphile_worker import AsyncClient, TaskRegistry, Worker
from tests.py.support import process_tasks


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
