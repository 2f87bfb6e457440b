"""Processes and programs die with their worker, whatever it dies of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from graphile_worker import Client
from graphile_worker._tasks.executors import Places
from graphile_worker._tasks.guard import Guard
from graphile_worker._tasks.program import _GATE
from graphile_worker._tasks.registry import TaskRegistry
from graphile_worker.testing import run_task
from tests import support
from tests.py.support import leaving_worker, process_tasks

WORKER = Path(leaving_worker.__file__)
PATIENCE = timedelta(seconds=30)
NAMES = ("process", "process_child", "program", "program_child")


def lives(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def end(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def worker(database: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, int]]]:
    """A worker whose jobs are running, and the processes of these."""
    with Client(database) as client:
        client.add_job("process", {"folder": str(tmp_path)})
        client.add_job("program")
    files = {name: tmp_path / f"{name}.pid" for name in NAMES}
    pids: dict[str, int] = {}
    with subprocess.Popen([sys.executable, WORKER, database, str(tmp_path)]) as worker:
        try:
            support.wait_until(lambda: all(file.exists() for file in files.values()), PATIENCE)
            pids = {name: int(file.read_text()) for name, file in files.items()}
            assert all(map(lives, pids.values()))
            yield worker, pids
        finally:
            worker.kill()
            end(list(pids.values()))


def living(pids: dict[str, int]) -> list[str]:
    return [name for name, pid in pids.items() if lives(pid)]


def test_they_die_with_a_worker_that_is_killed(worker: tuple[subprocess.Popen[bytes], dict[str, int]]) -> None:
    process, pids = worker
    process.kill()
    process.wait(30)
    support.wait_until(lambda: not living(pids), PATIENCE, "they outlive their worker")


def test_they_go_when_a_worker_ends_in_good_order(worker: tuple[subprocess.Popen[bytes], dict[str, int]]) -> None:
    process, pids = worker
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    support.wait_until(lambda: not living(pids), PATIENCE, "they outlive their worker")


def test_a_signal_for_everybody_leaves_them_to_the_worker(
    worker: tuple[subprocess.Popen[bytes], dict[str, int]],
) -> None:
    _, pids = worker
    groups = {name: os.getpgid(pid) for name, pid in pids.items()}
    # Ctrl-C goes to a group, and to nobody else.
    assert os.getpgid(0) not in groups.values()
    assert groups["process"] == groups["process_child"] == pids["process"]
    assert groups["program"] == groups["program_child"] == pids["program"]


def test_a_program_does_not_start_once_its_worker_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ncat > {out}\n")
    program.chmod(0o755)
    for sent in (b"", b"\n{}"):
        subprocess.run([*_GATE, program], input=sent, check=False)
        assert out.exists() == (sent != b"")
    assert out.read_text() == "{}"


async def test_variables_that_a_shell_would_drop_reach_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("odd.name", "kept")
    program = tmp_path / "program"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys\nassert os.environ['odd.name'] == 'kept'\nsys.stdin.read()\n"
    )
    program.chmod(0o755)
    await run_task(TaskRegistry().executable("program", program))


def test_a_guard_that_was_killed_is_replaced() -> None:
    guard = Guard()
    try:
        pipe = guard.open()
        assert guard.open() is pipe
        assert guard._process is not None
        guard._process.kill()
        guard._process.wait()
        guard.add(2**22)
        assert guard.open() is not pipe
        with subprocess.Popen(["sleep", "300"], start_new_session=True) as sleeper:
            guard.add(sleeper.pid)
            guard.close()
            assert sleeper.wait(30) == -signal.SIGTERM
    finally:
        guard.close()


def test_who_has_ended_is_forgotten() -> None:
    guard = Guard()
    guard.open()
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as sleeper:
        guard.add(sleeper.pid)
        guard.remove(sleeper.pid)
        process = guard._process
        assert process is not None
        guard.close()
        process.wait(30)
        assert sleeper.poll() is None
        sleeper.kill()


async def test_who_needs_no_guard_has_none() -> None:
    places = Places(1)
    tasks = TaskRegistry()
    await places.run(tasks.add(lambda: None, "t"), ())
    assert places._guard is None
    places.close()


async def test_a_killed_guard_costs_no_job() -> None:
    places = Places(1)
    try:
        tasks = TaskRegistry()
        task = tasks.add(process_tasks.pid_of_process, "pid", run_in="process")
        process = None
        pids = set()
        for _ in range(2):
            first = await places.run(task, ())
            pids.add(first)
            assert places._guard is not None
            process = places._guard._process
            assert process is not None
            process.kill()
            process.wait()
            os.kill(first, 0)
        assert pids == {first}
    finally:
        places.close()
