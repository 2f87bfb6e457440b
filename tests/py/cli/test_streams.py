"""Streams that are full or closed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.py.support.command import COMMAND, environment

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.mark.parametrize("words", [["list"], ["stats", "--json"], ["--help"], ["psql"], ["stats", "--watch", "1s"]])
def test_a_full_disk(database: str, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run([*COMMAND, *words], env=environment(database), stdout=full, stderr=subprocess.PIPE)
    assert (run.returncode, run.stderr) == (1, b"error: can't write the output: No space left on device\n")


@pytest.mark.parametrize("words", [["list"], ["stats", "--json"], ["add", "t"]])
def test_a_closed_stdout(database: str, words: list[str]) -> None:
    run = subprocess.run(
        [*COMMAND, *words], env=environment(database), stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1)
    )
    assert (run.returncode, run.stderr) == (1, b"error: can't write the output: Bad file descriptor\n")


def test_closed_stdin_and_stderr(database: str) -> None:
    """Nobody can be asked, nobody is told; a connection does not take the place of a stream."""

    def close() -> None:
        os.close(0)
        os.close(2)

    run = subprocess.run(
        [*COMMAND, "cleanup"], env=environment(database), stdout=subprocess.PIPE, preexec_fn=close, text=True
    )
    assert (run.returncode, run.stdout.splitlines()[0]) == (0, "0 failed jobs removed")


def test_a_reader_that_goes_away(database: str) -> None:
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run([*COMMAND, "stats"], env=environment(database), stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (run.returncode, run.stderr) == (1, b"")
