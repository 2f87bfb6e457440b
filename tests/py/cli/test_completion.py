"""`graphile-worker completion`."""

from __future__ import annotations

import subprocess

import pytest

from tests.py.support.command import COMMAND, environment, invoke


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_writes_a_script(shell: str) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert "_GRAPHILE_WORKER_COMPLETE" in result.stdout


def test_completion_completes() -> None:
    words = {"COMP_WORDS": "graphile-worker re", "COMP_CWORD": "1", "_GRAPHILE_WORKER_COMPLETE": "bash_complete"}
    run = subprocess.run(COMMAND, env=environment(**words), capture_output=True, text=True, check=True)
    assert {line.split(",")[1] for line in run.stdout.splitlines()} == {"retry", "reschedule", "remove", "resume"}


def test_completion_knows_the_global_options_after_a_command() -> None:
    words = {"COMP_WORDS": "graphile-worker list --", "COMP_CWORD": "2", "_GRAPHILE_WORKER_COMPLETE": "bash_complete"}
    run = subprocess.run(COMMAND, env=environment(**words), capture_output=True, text=True, check=True)
    found = [line.split(",")[1] for line in run.stdout.splitlines()]
    assert {"--limit", "--json", "--schema", "--database-url"} <= set(found)
    assert len(found) == len(set(found))
