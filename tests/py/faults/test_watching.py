"""Whatever ends a task or a thread of a running worker: another takes its place, and all slots are of use."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import GraphileWorkerError, LocalQueue, Recovery, TaskRegistry, Worker
from tests.py.faults.bad_tasks import Panic, tasks
from tests.py.faults.slots import Slots, slots
from tests.support import eventually

RECOVERY = Recovery(
    heartbeat_interval=timedelta(seconds=0.2), sweep_interval=timedelta(seconds=1), sweep_threshold=timedelta(seconds=5)
)


def _names(worker: Slots) -> list[str]:
    mine = {worker.run, asyncio.current_task()}
    return [task.get_name() for task in asyncio.all_tasks() if task not in mine]


def _numbered() -> dict[str, asyncio.Task[Any]]:
    """Every task by its name and a number: several have the same."""
    found: dict[str, asyncio.Task[Any]] = {}
    for task in sorted(asyncio.all_tasks(), key=lambda task: task.get_name()):
        number = sum(name.startswith(task.get_name() + "/") for name in found)
        found[f"{task.get_name()}/{number}"] = task
    return found


async def _beats(worker: Slots) -> None:
    """Waits for two more heartbeats."""
    before = None
    async with asyncio.timeout(20):
        for _ in range(3):
            before = await eventually(lambda before=before: _beat_after(worker, before))


async def _beat_after(worker: Slots, before: Any) -> Any:
    async with await psycopg.AsyncConnection.connect(worker.url, autocommit=True) as connection:
        rows = await (
            await connection.execute(
                "select last_heartbeat_at from graphile_worker.list_workers() where worker_id = %s",
                [worker.worker.id],
            )
        ).fetchall()
    return rows[0][0] if rows and (before is None or rows[0][0] > before) else None


async def test_each_task_of_the_loop_is_cancelled(shared_database: str) -> None:
    """In turn, again and again: when it is idle, and while jobs run."""
    seen: set[str] = set()
    async with slots(shared_database, tasks, recovery=RECOVERY, crontab="0 4 * * * good") as worker:
        await worker.all_work()
        await worker.fail("thread", "ordinary")
        ours = {worker.run, asyncio.current_task()}
        for name in [name for name, task in _numbered().items() if task not in ours]:
            # The worker itself ends, and says so: below.
            task = _numbered().get(name)
            if task is None or name == "graphile_worker/0" or not name.startswith("graphile_worker"):
                continue
            seen.add(name.partition("/")[0])
            task.cancel()
            await worker.all_work()
        await _beats(worker)
    assert {
        "graphile_worker runner",
        "graphile_worker stop",
        "graphile_worker listen",
        "graphile_worker schedules",
    } <= seen
    assert {"graphile_worker migrations", "graphile_worker housekeeping"} <= seen
    assert any(name.startswith("graphile_worker lane") for name in seen)


@pytest.mark.parametrize("queues", [1, 2])
async def test_the_worker_is_cancelled_by_a_stranger(shared_database: str, queues: int) -> None:
    """It hands in what it has, and ends with an error."""
    local_queue = LocalQueue(size=1, queue_count=queues) if queues > 1 else None
    registry = TaskRegistry()
    started = asyncio.Event()

    @registry.task
    async def slow() -> None:
        started.set()
        await asyncio.sleep(60)

    worker = Worker(shared_database, registry, concurrency=3, local_queue=local_queue)
    run = asyncio.create_task(worker.run())
    await eventually(lambda: _add(shared_database, "slow"))
    await started.wait()
    _numbered()["graphile_worker/0"].cancel()
    with pytest.raises(GraphileWorkerError, match="cancelled by somebody else"):
        await asyncio.wait_for(run, 20)
    await _nothing_is_locked(shared_database)


async def test_all_tasks_are_cancelled_at_once(shared_database: str) -> None:
    """As asyncio.run does it in the end, and many a signal handler: jobs that ran are returned, without an attempt."""
    registry = TaskRegistry()
    started = asyncio.Event()

    @registry.task
    async def slow() -> None:
        started.set()
        await asyncio.sleep(60)

    worker = Worker(shared_database, registry, concurrency=3)
    run = asyncio.create_task(worker.run())
    await eventually(lambda: _add(shared_database, "slow"))
    await started.wait()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(run, 20)
    await _nothing_is_locked(shared_database)
    async with await psycopg.AsyncConnection.connect(shared_database, autocommit=True) as connection:
        rows = await (
            await connection.execute("select attempts, last_error from graphile_worker._private_jobs")
        ).fetchall()
    assert rows == [(0, None)]


async def _add(url: str, identifier: str) -> bool:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("select graphile_worker.add_job(%s)", [identifier])
    return True


async def _nothing_is_locked(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        rows = await (
            await connection.execute("select id from graphile_worker._private_jobs where locked_by is not null")
        ).fetchall()
    assert rows == []


@pytest.mark.parametrize("kind", [Panic, KeyboardInterrupt, SystemExit, ValueError, asyncio.CancelledError])
async def test_the_thread_of_the_heartbeats_is_made_to_raise(
    shared_database: str, kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    async with slots(shared_database, tasks, recovery=RECOVERY) as worker:
        await worker.all_work()
        [thread] = [t for t in threading.enumerate() if t.name == "graphile_worker heartbeat"]
        for _ in range(5):
            assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(kind))
            await _beats(worker)
        await worker.all_work()
        assert worker.worker.id in [row.worker_id for row in await worker.client.list_workers()]


async def test_each_task_of_the_heartbeats_is_cancelled(shared_database: str) -> None:
    async with slots(shared_database, tasks, recovery=RECOVERY) as worker:
        await worker.all_work()
        loop = worker.heartbeat_loop()
        names = {task.get_name() for task in asyncio.all_tasks(loop)}
        assert {"graphile_worker heartbeat", "graphile_worker sweeper"} <= names
        for name in names:
            for task in asyncio.all_tasks(loop):
                if task.get_name() == name:
                    loop.call_soon_threadsafe(task.cancel)
            await _beats(worker)
        await worker.all_work()


async def test_a_service_raises(shared_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each loop is told in the log, and started again."""
    from graphile_worker._basis.service import Service

    class Fragile(Service):
        name = "fragile"
        runs = 0

        async def _run(self) -> None:
            self.runs += 1
            if self.runs <= 3:
                raise [Panic("once"), KeyboardInterrupt(), asyncio.CancelledError()][self.runs - 1]
            await asyncio.Event().wait()

    service = Fragile()
    await service.start()
    await eventually(lambda: service.runs == 4)
    await service.stop()
    told = [record.getMessage() for record in caplog.records]
    assert told[0].startswith("the background task 'fragile' has died, starting it again (1): Panic: once\n")


STUBBORN = """
import asyncio
from graphile_worker import TaskRegistry

tasks = TaskRegistry()

@tasks.task
async def stubborn():
    print("started", flush=True)
    while True:
        try:
            await asyncio.sleep(3600)
        except {caught}:
            pass

if __name__ == "__main__":
    import sys
    from datetime import timedelta
    from graphile_worker import Worker

    asyncio.run(Worker(sys.argv[1], tasks, grace_period=timedelta(0)).run(handle_signals=True))
"""


@pytest.mark.parametrize(
    ("arguments", "caught", "exit_code"),
    [
        (["-m", "stubborn"], "asyncio.CancelledError", 0),
        # What swallows all there is Python can't end: the command does it.
        (["-m", "graphile_worker", "run", "stubborn", "--grace-period", "0s", "--database-url"], "BaseException", 1),
    ],
    ids=["program", "command"],
)
async def test_a_handler_that_swallows_its_cancellation(
    tmp_path: Path, shared_database: str, arguments: list[str], caught: str, exit_code: int
) -> None:
    """Its job is returned, and the process ends."""
    (tmp_path / "stubborn.py").write_text(STUBBORN.format(caught=caught))
    await _add(shared_database, "stubborn")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments, shared_database),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 20)
        process.send_signal(signal.SIGTERM)
        _, stderr = await asyncio.wait_for(process.communicate(), 20)
        assert b"can't be interrupted" in stderr
        assert process.returncode == exit_code
    finally:
        if process.returncode is None:
            process.kill()
    await _nothing_is_locked(shared_database)


ENDS_THE_LOOP = """
import asyncio, sys
from graphile_worker import TaskRegistry, Worker

tasks = TaskRegistry()

@tasks.task
async def slow():
    await asyncio.sleep(3600)

@tasks.task
async def ends_the_loop():
    async def inner():
        raise {error}
    await asyncio.create_task(inner())

asyncio.run(Worker(sys.argv[1], tasks, concurrency=2).run())
"""


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit(3)"])
async def test_a_task_of_a_handler_ends_the_event_loop(tmp_path: Path, shared_database: str, error: str) -> None:
    """As asyncio has it: the program ends, but what the worker has goes back first."""
    (tmp_path / "program.py").write_text(ENDS_THE_LOOP.format(error=error))
    for identifier in ("slow", "ends_the_loop"):
        await _add(shared_database, identifier)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "program.py", shared_database), cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    try:
        await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode
    await _nothing_is_locked(shared_database)
