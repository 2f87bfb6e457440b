"""Commands and options of other queues: the error says what they are called here."""

from __future__ import annotations

import re

import pytest

from graphile_worker._basis import habits
from graphile_worker._cli.main import cli
from tests.py.support.command import invoke

OURS = {*cli.commands, "admin"}


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["worker", "-l", "info"], "no such command 'worker'", "A worker is: graphile-worker run app.tasks"),
        (["purge"], "no such command 'purge'", "Jobs that wait are removed by: graphile-worker remove --task NAME"),
        (["call", "add"], "no such command 'call'", "A job is added by: graphile-worker add NAME --payload '{...}'"),
        (["-A", "shop", "worker"], "no such option '-A'", "The module with the tasks is an argument"),
        (["schema", "--apply"], "no such command 'schema'", "The tables come from: graphile-worker migrate"),
        (["run", "shop", "-q", "mail"], "no such option '-q'", "It is --only-queue"),
        (["add", "shop", "--in", "3"], "no such option '--in'", "It is --run-at TIME"),
        (["add", "shop", "--queueing-lock", "x"], "no such option '--queueing-lock'", "It is --unique-key KEY"),
        (["run", "shop", "-B"], "no such option '-B'", "Every worker schedules what recurs: --crontab FILE"),
    ],
)
def test_words_of_other_queues(arguments: list[str], error: str, hint: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    # Without a guess by the spelling.
    assert result.stderr.startswith(f"error: {error}\nhint: {hint}")


def test_a_slip_of_the_fingers_is_guessed_as_ever() -> None:
    result = invoke("lits")
    assert (
        "no such command 'lits'. (Did you mean one of: 'limit', 'limits', 'list'?)\nhint: See `graphile-worker --help`"
        in result.stderr
    )


def test_a_number_for_an_address() -> None:
    result = invoke("list", "-c", "4")
    assert result.exit_code == 2
    assert "How many jobs run at a time is --concurrency 4" in result.stderr
    assert "--concurrency" not in invoke("list", "-c", "localhost").stderr


def test_words_name_commands_that_there_are() -> None:
    assert not OURS & habits.COMMANDS.keys()
    for hint in habits.COMMANDS.values():
        assert {*re.findall(r"\{root\} ([\w-]+)", hint)} <= OURS
    flags = {name for command in cli.commands.values() for option in command.params for name in option.opts}
    assert not flags & habits.FLAGS.keys()
    named = {flag for hint in habits.FLAGS.values() for flag in re.findall(r"--[a-z-]+", hint)}
    both = {name for it in cli.commands.values() for option in it.params for name in option.secondary_opts}
    assert named - flags - both == set()
