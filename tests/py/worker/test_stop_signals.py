"""A signal ends the process also where a handler blocks the event loop, which then hears of nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from graphile_worker import Client
from tests.support import scalar

WORKER = """
import asyncio, sys, time
from datetime import timedelta
from graphile_worker import TaskRegistry, Worker

tasks = TaskRegistry()

@tasks.task
async def spin():
    print("started", flush=True)
    while True:
        pass

@tasks.task
async def sleep():
    print("started", flush=True)
    time.sleep(3600)

@tasks.task
async def blocks_for_a_while():
    print("started", flush=True)
    time.sleep(1)
    await asyncio.sleep(1)

options = {"grace_period": timedelta(seconds=float(sys.argv[2])), "blocked_after": timedelta(0)}
asyncio.run(Worker(sys.argv[1], tasks, **options).run(handle_signals=True))
"""


def start(database: str, task: str, grace: float) -> subprocess.Popen[str]:
    with Client(database) as client:
        client.add_job(task)
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, database, str(grace)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        _, stderr = process.communicate(timeout=20)
    finally:
        process.kill()
    return process.returncode, stderr


@pytest.mark.parametrize("task", ["spin", "sleep"])
@pytest.mark.parametrize(("grace", "signals"), [(0.2, 1), (3600, 2)], ids=["grace period", "second signal"])
def test_a_blocked_loop_does_not_keep_the_process(database: str, task: str, grace: float, signals: int) -> None:
    process = start(database, task, grace)
    process.send_signal(signal.SIGTERM)
    if signals == 2:
        # Two of the same kind that come together are one.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
    code, stderr = ended(process)
    assert code == 128 + signal.SIGTERM
    assert "the event loop is blocked and can't hear of SIGTERM" in stderr
    # As one that was killed leaves it: recovery knows the rest.
    locked: Any = scalar(database, "select count(*) from graphile_worker.jobs where locked_by is not null")
    assert locked == 1


def test_a_loop_that_is_blocked_for_less_than_the_grace_period_is_waited_for(database: str) -> None:
    process = start(database, "blocks_for_a_while", 10)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "")
    assert scalar(database, "select count(*) from graphile_worker.jobs") == 0
