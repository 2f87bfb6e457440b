"""The end of the process of `run`, whatever handlers have left in threads."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.support.command import Process, process

TASKS = """
import asyncio, time
from graphile_worker import TaskRegistry

tasks = TaskRegistry()

def sleep() -> None:
    print("begun", flush=True)
    time.sleep(300)

@tasks.task
def plain() -> None:
    sleep()

@tasks.task
async def to_thread() -> None:
    await asyncio.to_thread(sleep)

@tasks.task
async def fills_the_executor() -> None:
    for _ in range(40):
        asyncio.get_running_loop().run_in_executor(None, sleep)

@tasks.task
async def ends_the_executor() -> None:
    print("begun", flush=True)
    await asyncio.get_running_loop().shutdown_default_executor()

@tasks.task
async def cancels_all() -> None:
    for each in asyncio.all_tasks() - {asyncio.current_task()}:
        each.cancel()
"""
RUN = """
import asyncio, sys
from datetime import timedelta
from graphile_worker import Worker
from graphile_worker._cli.ending import to_the_end
from tasks_here import tasks

delays = {"grace_period": timedelta(seconds=0.1), "interrupted_job_retry_delay": timedelta(seconds=2)}
worker = Worker(sys.argv[1], tasks, **delays)
asyncio.run(to_the_end(worker, worker.run(handle_signals=True)))
"""


@pytest.mark.parametrize("task", ["plain", "to_thread", "fills_the_executor"])
def test_a_thread_has_until_its_job_is_due_again(database: str, tmp_path: Path, task: str) -> None:
    (tmp_path / "tasks_here.py").write_text(TASKS)
    with Client(database) as client:
        client.add_job(task)
        words = [sys.executable, "-c", RUN, database]
        with Process(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "begun\n"
            child.send_signal(signal.SIGTERM)
            _, stderr = child.communicate(timeout=20)
        assert "warning: threads still run: " in stderr
        assert stderr.splitlines()[-1].startswith("error: threads still run: ")
        assert child.returncode == 1
        assert (client.stats().locked, client.stats().workers) == (0, 0)


def test_an_executor_that_a_handler_has_shut_down(database: str, tmp_path: Path) -> None:
    (tmp_path / "tasks_here.py").write_text(TASKS)
    with Client(database) as client:
        client.add_job("ends_the_executor")
        with process("run", "tasks_here", "--once", url=database, cwd=tmp_path) as child:
            _, stderr = child.communicate(timeout=20)
        assert child.returncode == 0, stderr
        assert "has died" not in stderr
        assert (client.stats().total, client.stats().workers) == (0, 0)


def test_a_handler_that_cancels_every_task(database: str, tmp_path: Path) -> None:
    """The one that runs the worker, too: an error, and no traceback of this command."""
    (tmp_path / "tasks_here.py").write_text(TASKS)
    with Client(database) as client:
        client.add_job("cancels_all")
        with process("run", "tasks_here", url=database, cwd=tmp_path) as child:
            _, stderr = child.communicate(timeout=20)
        assert child.returncode == 1
        assert (
            stderr.splitlines()[-1] == "error: something in this process has cancelled the worker, and it has stopped"
        )
        assert (client.stats().locked, client.stats().workers) == (0, 0)
