"""Pipes whose reader has gone: the command's worker hears of it as of any other error, and goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graphile_worker import Client
from tests.py.support.command import Process, process
from tests.support import wait_until

TASKS = """
from graphile_worker import TaskRegistry

tasks = TaskRegistry()
tasks.executables("programs")

@tasks.task
def fail() -> None:
    raise ValueError("on purpose")

@tasks.task
def done() -> None: ...
"""
DEAF = """#!/bin/sh
exec <&-
touch deaf
"""
CUT_SHORT = """#!/bin/sh
cat > /dev/null
kill -s PIPE $$
"""


@contextmanager
def worker(url: str, folder: Path) -> Iterator[Process]:
    """The command, at work on tasks and programs in this folder."""
    (folder / "programs").mkdir()
    for name, program in (("deaf", DEAF), ("cut_short", CUT_SHORT)):
        path = folder / "programs" / name
        path.write_text(program)
        path.chmod(0o755)
    (folder / "tasks_here.py").write_text(TASKS)
    with process("run", "tasks_here", "--concurrency", "1", url=url, cwd=folder) as child:
        assert child.stderr is not None
        while "runs cut_short" not in (line := child.stderr.readline()):
            assert line, "the worker has ended"
        yield child


def goes_on(client: Client, child: Process) -> None:
    """Has the worker do another job, and end as it should."""
    done = client.add_job("done")
    wait_until(lambda: client.show_job(done.id) is None)
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0
    assert (client.stats().locked, client.stats().workers) == (0, 0)


def test_a_program_that_does_not_listen(database: str, tmp_path: Path) -> None:
    with Client(database) as client, worker(database, tmp_path) as child:
        # More than a pipe holds: the worker is still writing when nobody reads any more.
        deaf = client.add_job("deaf", "x" * 1_000_000)
        wait_until(lambda: client.show_job(deaf.id) is None)
        assert (tmp_path / "deaf").exists()
        goes_on(client, child)


def test_programs_have_the_signal_as_usual(database: str, tmp_path: Path) -> None:
    """They do not inherit the worker's deafness."""
    with Client(database) as client, worker(database, tmp_path) as child:
        cut_short = client.add_job("cut_short")
        failed = wait_until(lambda: (job := client.show_job(cut_short.id)) and job.last_error)
        assert f"signal {signal.SIGPIPE.value}" in failed
        goes_on(client, child)


@pytest.mark.parametrize("fails", [1, 200])
def test_a_log_that_nobody_reads_any_more(database: str, tmp_path: Path, fails: int) -> None:
    with Client(database) as client, worker(database, tmp_path) as child:
        assert child.stderr is not None
        child.stderr.close()
        failing = [client.add_job("fail", max_attempts=1).id for _ in range(fails)]
        wait_until(lambda: len(client.list_jobs(state="failed", limit=fails)) == len(failing))
        goes_on(client, child)


def test_the_signal_itself(database: str, tmp_path: Path) -> None:
    with Client(database) as client, worker(database, tmp_path) as child:
        os.kill(child.pid, signal.SIGPIPE)
        goes_on(client, child)
