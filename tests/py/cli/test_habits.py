"""Commands and options of another queue's command: the hint says what they are here."""

from __future__ import annotations

import pytest

from graphile_worker._cli.habits import COMMANDS, OPTIONS
from tests.py.support.command import invoke


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command(name: str) -> None:
    result = invoke(name, "--apply")
    assert result.exit_code == 2
    assert result.stderr == f"error: no such command {name!r}\nhint: {COMMANDS[name]}\n"


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option(name: str) -> None:
    # `--in` would be the begin of another option of `add`.
    result = invoke("workers", name, "1")
    assert result.exit_code == 2
    assert result.stderr == f"error: no such option {name!r}\nhint: {OPTIONS[name]}\n"


def test_any_other_command_and_option() -> None:
    assert invoke("wrkers").stderr.endswith("hint: See `graphile-worker --help`\n")
    assert invoke("workers", "--nothing").stderr.endswith("hint: See `graphile-worker workers --help`\n")
