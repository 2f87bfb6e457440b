"""Names that a shell completes."""

from __future__ import annotations

import subprocess

import pytest

from graphile_worker import Client
from tests.py.support.command import COMMAND, environment


def completed(words: str, **more: str) -> set[str]:
    """Returns what the shell is offered for the last of these words."""
    count = len(words.split()) - 1
    variables = {"COMP_WORDS": words, "COMP_CWORD": f"{count}", "_GRAPHILE_WORKER_COMPLETE": "bash_complete", **more}
    run = subprocess.run(COMMAND, env=environment(**variables), capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return {line.split(",", 1)[1] for line in run.stdout.splitlines() if line}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("limit task m", {"mail", "move"}),
        ("limit queue c", {"customer 7"}),
        ("unlimit task m", {"mail"}),
        ("unlimit queue c", {"customer*"}),
        ("pause --task mo", {"move"}),
        ("resume --task m", {"move"}),
        ("resume --queue c", {"customer 7"}),
    ],
)
def test_names_are_completed(database: str, words: str, names: set[str]) -> None:
    with Client(database) as client:
        client.add_job("mail", queue_name="customer 7")
        client.add_job("move", queue_name="other")
        client.limit_task("mail", max_running=1)
        client.limit_queue("customer*", width=2)
        client.pause_queue("customer 7")
        client.pause_task("move")
    assert completed(f"graphile-worker {words}", DATABASE_URL=database) == names


def test_without_a_database_there_are_none() -> None:
    assert completed("graphile-worker limit task m", DATABASE_URL="postgresql://127.0.0.1:1/none") == set()
