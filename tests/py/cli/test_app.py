"""What all commands have in common: help, global options, exit codes, completion."""

from __future__ import annotations

import itertools
import shlex
import subprocess
from pathlib import Path

import pytest

from graphile_worker import __version__, migrate
from graphile_worker._cli.app import Command
from graphile_worker._cli.main import cli
from graphile_worker._embedded import EmbeddedServer
from tests.py.support.command import COMMAND, environment, invoke, invoke_json, process

COMMANDS = [
    *["migrate", "run", "add", "list", "show", "stats", "queues", "workers"],
    *["retry", "fail", "complete", "cancel", "reschedule", "remove", "pause", "resume"],
    *["cleanup", "force-unlock", "sweep-stale-workers"],
]


def test_version() -> None:
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, f"graphile-worker {__version__}\n")


def test_help_lists_the_commands_in_order_of_use() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()]
    assert listed[: len(COMMANDS)] == COMMANDS
    assert listed[len(COMMANDS) :] == [
        *("policies", "limits", "limit", "unlimit", "schedules"),
        *("crontab", "psql", "completion", "admin"),
    ]
    for option in ("--database-url", "--schema", "--max-connections", "--json", "--embedded", "--embedded-dir"):
        assert option in result.stdout


def test_without_arguments_shows_the_help_and_fails() -> None:
    result = invoke()
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: graphile-worker")


def arguments_in(example: str) -> list[str]:
    """What a line of a shell gives to graphile-worker, without pipes and what else surrounds it."""
    lexer = shlex.shlex(example, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    arguments = words[words.index("graphile-worker") + 1 :]
    return list(itertools.takewhile(lambda word: not set(word) <= set("|&;<>"), arguments))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_has_an_example_that_parses(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The files that the examples name.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "worker.toml").write_text('tasks = "myapp.tasks"\n')
    (tmp_path / "jobs.ndjson").touch()
    result = invoke(name, "--help")
    assert result.exit_code == 0
    command = cli.commands[name]
    assert isinstance(command, Command)
    for example in command.examples:
        assert f"  {example}\n" in result.stdout
        words = arguments_in(example)
        with cli.make_context("graphile-worker", words) as context:
            # What the group leaves over is for the command.
            remaining = [*context._protected_args, *context.args]
            assert remaining[0] == name
            command.make_context(name, remaining[1:], parent=context).close()


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["nosuch"], "no such command 'nosuch'", "See `graphile-worker --help`"),
        (["stats", "--nosuch"], "no such option '--nosuch'", "See `graphile-worker stats --help`"),
        (["show"], "missing argument 'ID'", "See `graphile-worker show --help`"),
        (["show", "x"], "invalid value for '[ID]': 'x'", "See `graphile-worker show --help`"),
        (["list", "--limit", "-1"], "invalid value for '--limit': -1", "See `graphile-worker list --help`"),
        (["list", "--state", "done"], "invalid value for '--state': 'done'", "See `graphile-worker list --help`"),
        (["--json"], "missing command", "See `graphile-worker --help`"),
    ],
)
def test_wrong_usage_takes_a_line_and_a_hint(args: list[str], message: str, hint: str) -> None:
    result = invoke(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    error, hint_line = result.stderr.splitlines()
    assert error.replace(": --nosuch", " '--nosuch'").startswith(f"error: {message}")
    assert hint_line == f"hint: {hint}"


def test_an_argument_that_is_no_text_is_refused() -> None:
    with process("add", b"\xff") as child:
        assert child.communicate(timeout=30) == ("", "error: the argument \\xff is not valid UTF-8\n")
    assert child.returncode == 2


def test_global_options_stand_before_or_after_the_command(database: str) -> None:
    before = invoke("--json", "--database-url", database, "queues")
    after = invoke("queues", "--json", "--database-url", database)
    assert (before.exit_code, after.exit_code) == (0, 0)
    assert before.stdout == after.stdout == "[]\n"


def test_the_option_nearest_to_the_command_wins(database: str) -> None:
    migrate(database, schema="nearest")
    environment_schema = {"GRAPHILE_WORKER_SCHEMA": "of_environment"}
    assert invoke("--schema", "before", "stats", "--schema", "nearest", url=database).exit_code == 0
    assert invoke("--schema", "nearest", "stats", url=database, env=environment_schema).exit_code == 0
    assert '"of_environment"' in invoke("stats", url=database, env=environment_schema).stderr


def test_database_url_on_the_command_line_wins_over_the_environment(database: str) -> None:
    assert invoke("stats", "--database-url", database, url="postgresql://127.0.0.1:1/x").exit_code == 0


def test_embedded_joins_the_server_in_its_folder(restartable_server: EmbeddedServer) -> None:
    folder = str(restartable_server.data_dir)
    # The variable is for other programs then; given as an option, it would be a contradiction.
    elsewhere = "postgresql://127.0.0.1:1/x"
    result = invoke("--embedded", "--embedded-dir", folder, "migrate", url=elsewhere)
    assert result.exit_code == 0, result.output
    result = invoke("--embedded", "add", "hello", env={"GRAPHILE_WORKER_EMBEDDED_DIR": folder})
    assert result.exit_code == 0, result.output
    assert invoke_json("stats", url=restartable_server.url)["ready"] == 1

    result = invoke("--embedded", "--embedded-dir", folder, "--schema", "other", "stats")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        f"hint: Install it: graphile-worker --embedded --embedded-dir {folder} --schema other migrate\n"
    )


def test_embedded_excludes_a_database_url() -> None:
    result = invoke("--embedded", "stats", "--database-url", "postgresql://localhost/x")
    assert (result.exit_code, result.stderr) == (2, "error: --embedded and --database-url exclude each other\n")


def test_embedded_dir_needs_embedded() -> None:
    result = invoke("stats", "--embedded-dir", "somewhere", url="postgresql://localhost/x")
    assert (result.exit_code, result.stderr) == (2, "error: --embedded-dir needs --embedded\n")


def test_the_embedded_servers_own_words_reach_the_user() -> None:
    result = invoke("--embedded", "--embedded-dir", "/proc/nowhere", "stats")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "/proc/nowhere" in result.stderr


def test_a_reader_that_has_seen_enough_is_no_reason_to_complain(database: str) -> None:
    with process("list", url=database) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
        child.wait(30)


def test_completion_knows_commands_and_choices() -> None:
    def complete(words: str, place: int) -> list[str]:
        variables = {
            "_GRAPHILE_WORKER_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(place),
        }
        result = subprocess.run(
            COMMAND, env=environment(**variables), capture_output=True, text=True, timeout=30, check=True
        )
        return [line.removeprefix("plain,") for line in result.stdout.splitlines()]

    assert complete("graphile-worker st", 1) == ["stats"]
    assert complete("graphile-worker list --state f", 3) == ["failed"]
