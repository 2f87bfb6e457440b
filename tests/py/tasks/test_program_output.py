"""What programs write stands in the log, with the job that they were run for."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker


def program(path: Path, text: str) -> Path:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


async def run(database: str, path: Path, payload: Any = None) -> tuple[int, str | None]:
    tasks = TaskRegistry()
    tasks.executable("program", path)
    async with AsyncClient(database) as client:
        job = await client.add_job("program", payload)
        async with asyncio.timeout(60):
            await Worker(database, tasks).run_once()
        shown = await client.show_job(job.id)
    return job.id, shown and shown.last_error


def records(caplog: pytest.LogCaptureFixture, job_id: int) -> list[tuple[str, str]]:
    start = f"job {job_id} (program): "
    return [
        (record.levelname, record.getMessage().removeprefix(start))
        for record in caplog.records
        if record.getMessage().startswith(start) and record.__dict__["job_id"] == job_id
    ]


async def test_both_streams_are_logged_line_by_line(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    text = r"""
        printf 'one\n\ntwo\r\nred \033[31m\n'
        printf 'careful\nlast, without an end' >&2
    """
    job_id, error = await run(database, program(tmp_path / "p", text))
    found = records(caplog, job_id)
    assert error is None
    assert [line for level, line in found if level == "INFO"] == ["one", "two", r"red \x1b[31m"]
    assert [line for level, line in found if level == "WARNING"] == ["careful", "last, without an end"]


async def test_of_much_output_nothing_is_lost_and_the_error_has_its_end(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    # More than a pipe holds, on both at once, from one that reads nothing of a payload that is as large.
    text = """
        i=0
        while [ $i -lt 3000 ]; do echo "out $i ..........................."; echo "err $i" >&2; i=$((i+1)); done
        exit 3
    """
    job_id, error = await run(database, program(tmp_path / "p", text), "x" * 300_000)
    found = records(caplog, job_id)
    assert [line.split()[1] for level, line in found if level == "INFO"] == [str(i) for i in range(3000)]
    assert [line for level, line in found if line.startswith("err")] == [f"err {i}" for i in range(3000)]
    assert error is not None
    assert error.startswith("TaskProcessError: exit code 3: ")
    assert error.endswith("err 2999")
    assert len(error) < 11_000


async def test_a_line_without_an_end_is_logged_in_pieces(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    job_id, _ = await run(database, program(tmp_path / "p", "head -c 1000000 /dev/zero | tr '\\0' x"))
    pieces = [line for _, line in records(caplog, job_id)]
    assert "".join(pieces) == "x" * 1_000_000
    assert max(map(len, pieces)) <= 10_000


# Its errors come to their end with the program, or well before it.
@pytest.mark.parametrize("first", ["", "exec 2>/dev/null; sleep 0.2; "])
async def test_what_a_program_has_started_and_left_does_not_keep_its_job(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, first: str
) -> None:
    caplog.set_level(logging.INFO)
    # It has the output open, as a daemon may; its errors it has not.
    text = f"{first}sleep 3600 2>/dev/null & echo $! > {tmp_path}/pid; echo left it\n"
    try:
        job_id, error = await run(database, program(tmp_path / "p", text))
    finally:
        with suppress(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert error is None
    assert records(caplog, job_id) == [("INFO", "left it")]
