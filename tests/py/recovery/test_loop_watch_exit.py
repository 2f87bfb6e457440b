"""A process whose event loop stays blocked ends where that is wished for, and others take its jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest

from graphile_worker import Client, Recovery, TaskRegistry, Worker
from graphile_worker._recovery.loop_watch import EXIT_CODE
from tests.support import eventually, scalar, wait_until

GRACE = timedelta(seconds=1)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


WORKER = """
import asyncio, logging, os, pdb, sys, time
from datetime import timedelta
from graphile_worker import Hooks, TaskRegistry, Worker, WorkerStart

logging.basicConfig(level="INFO", format="%(levelname)s %(message)s")
tasks, hooks = TaskRegistry(), Hooks()

def spins_for_ever():
    print("started", flush=True)
    while True:
        pass

@tasks.task
async def spin():
    spins_for_ever()

@tasks.task
async def spin_in_a_callback():
    asyncio.get_running_loop().call_soon(spins_for_ever)
    await asyncio.Event().wait()

@tasks.task
async def spin_with_the_log():
    for handler in logging.root.handlers:
        handler.acquire()
    spins_for_ever()

@tasks.task
async def is_debugged():
    debugger = pdb.Pdb(stdin=sys.stdin, stdout=sys.stderr)
    print("started", flush=True)
    debugger.set_trace()
    time.sleep(0.6)
    print("goes on", flush=True)

@tasks.task
async def returns():
    print("started", flush=True)
    time.sleep(0.5)

@tasks.task
async def sleep_in_c():
    print("started", flush=True)
    time.sleep(600)

@tasks.task
async def spin_beside_a_program():
    while not os.path.exists(sys.argv[2] + "/pid"):
        await asyncio.sleep(0.05)
    spins_for_ever()

@tasks.task
async def stop_and_spin():
    worker.stop()
    spins_for_ever()

tasks.executable("program", sys.argv[2] + "/program")
seconds = timedelta(seconds=1)
options = {"blocked_after": seconds / 5, "blocked_exit_after": seconds, "grace_period": seconds}
worker = Worker(sys.argv[1], tasks, hooks=hooks, concurrency=2, on_blocked=sys.argv[3], **options)
asyncio.run(worker.run(handle_signals=True) if len(sys.argv) < 5 else worker.run_once())
"""


class Started:
    """A worker in a process of its own, which runs one task."""

    def __init__(self, database: str, folder: Path, task: str, on_blocked: str = "exit", *, once: bool = False) -> None:
        program = folder / "program"
        program.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\nexec sleep 600\n")
        program.chmod(0o755)
        self.log = folder / "log"
        with Client(database) as client:
            self.job_id = client.add_job(task).id
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORKER, database, str(folder), on_blocked, *(["once"] if once else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __enter__(self) -> Self:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "started\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def code(self) -> int:
        return self.process.wait(20)

    def says(self, text: str) -> bool:
        return text in self.log.read_text()


@pytest.mark.parametrize("max_crashes", [5, 1])
async def test_another_worker_recovers_the_job_and_counts_a_crash(
    database: str, tmp_path: Path, max_crashes: int
) -> None:
    with Started(database, tmp_path, "spin") as started:
        assert started.code() == EXIT_CODE == 70
    text = started.log.read_text()
    name = f"job {started.job_id} (spin) has blocked the event loop for"
    assert f"WARNING {name} 0.2 s, at <string>:" in text
    assert f"ERROR {name} 1 s: the process ends, exit code 70, and what it holds is left to recovery." in text
    assert text.rstrip().splitlines()[-1].endswith("in spins_for_ever")

    tasks, ran = TaskRegistry(), []
    tasks.add(lambda: ran.append(1), "spin")
    left = "select array_agg(last_error) from graphile_worker.jobs where locked_at is null"
    async with Worker(database, tasks, recovery=Recovery(connection_grace=GRACE, max_crashes=max_crashes)):
        if max_crashes == 5:
            await eventually(lambda: scalar(database, "select count(*) from graphile_worker.jobs") == 0)
        else:
            [error] = await eventually(lambda: scalar(database, left))
            assert error.startswith("Job crashed its worker 1 times")
    assert ran == ([1] if max_crashes == 5 else [])


@pytest.mark.parametrize("once", [False, True], ids=["run", "run_once"])
def test_what_a_callback_blocks_and_the_log_with_it(database: str, tmp_path: Path, once: bool) -> None:
    with Started(database, tmp_path, "spin_in_a_callback", once=once) as started:
        assert started.code() == EXIT_CODE
        assert started.says("a callback has blocked the event loop for 1 s: the process ends")


def test_a_log_that_is_blocked_too_does_not_keep_the_process(database: str, tmp_path: Path) -> None:
    with Started(database, tmp_path, "spin_with_the_log") as started:
        assert started.code() == EXIT_CODE


def test_what_it_has_started_dies_with_it(database: str, tmp_path: Path) -> None:
    with Client(database) as client:
        client.add_job("program")
    with Started(database, tmp_path, "spin_beside_a_program") as started:
        pid = int((tmp_path / "pid").read_text())
        assert started.code() == EXIT_CODE
    wait_until(lambda: not is_there(pid))


def test_a_call_into_c_is_no_excuse(database: str, tmp_path: Path) -> None:
    with Started(database, tmp_path, "sleep_in_c") as started:
        assert started.code() == EXIT_CODE


def test_one_that_blocks_while_the_worker_stops_has_its_grace_period_on_top(database: str, tmp_path: Path) -> None:
    """Nobody else would end it where the stop came without a signal."""
    with Started(database, tmp_path, "stop_and_spin") as started:
        assert started.code() == EXIT_CODE
        assert started.says("(stop_and_spin) has blocked the event loop for 5 s: the process ends")


def test_what_a_debugger_has_taken_does_not_count(database: str, tmp_path: Path) -> None:
    """A handler that was looked at for longer than it may block goes on afterwards."""
    with Started(database, tmp_path, "is_debugged") as started:
        wait_until(lambda: started.says("(is_debugged) has blocked the event loop for 0.2 s"))
        with pytest.raises(subprocess.TimeoutExpired):
            started.process.wait(1.5)
        assert started.process.stdin is not None
        assert started.process.stdout is not None
        started.process.stdin.write("c\n")
        started.process.stdin.flush()
        assert started.process.stdout.readline() == "goes on\n"


@pytest.mark.parametrize(("task", "on_blocked"), [("spin", "warn"), ("is_debugged", "exit")])
def test_it_is_only_named(database: str, tmp_path: Path, task: str, on_blocked: str) -> None:
    """By default; while a debugger holds it."""
    with Started(database, tmp_path, task, on_blocked) as started:
        wait_until(lambda: started.says(f"({task}) has blocked the event loop for 0.2 s"))
        with pytest.raises(subprocess.TimeoutExpired):
            started.process.wait(3)


def test_a_signal_meanwhile_has_the_word(database: str, tmp_path: Path) -> None:
    with Started(database, tmp_path, "spin") as started:
        started.process.send_signal(signal.SIGTERM)
        assert started.code() == 128 + signal.SIGTERM


def test_a_process_that_was_halted_is_not_blocked(database: str, tmp_path: Path) -> None:
    with Started(database, tmp_path, "returns") as started:
        started.process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        started.process.send_signal(signal.SIGCONT)
        wait_until(lambda: scalar(database, "select count(*) from graphile_worker.jobs") == 0)
        started.process.send_signal(signal.SIGTERM)
        assert started.code() == 0
