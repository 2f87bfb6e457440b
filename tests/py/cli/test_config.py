"""What `graphile-worker run` takes from the environment and from a file, and which of them wins."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from graphile_worker import Recovery
from tests.py.cli.recorded_run import error_of, options_of
from tests.py.support.command import invoke


def write(file: Path, *lines: str, heading: str | None = "[tool.graphile_worker]") -> None:
    file.write_text("\n".join([heading or "", *lines]) + "\n")


def test_recovery_can_be_switched_off(folder: Path) -> None:
    assert options_of("one_tasks", "--no-recovery")["recovery"] is None
    assert options_of("one_tasks", GRAPHILE_WORKER_RECOVERY="false")["recovery"] is None
    assert options_of("one_tasks", "--max-crashes", "0")["recovery"] == Recovery(max_crashes=None)
    assert "--sweep-threshold is of no use" in error_of("one_tasks", "--no-recovery", "--sweep-threshold", "10m")


def test_what_nobody_says_is_left_to_the_worker(folder: Path) -> None:
    assert options_of("one_tasks").keys() == {
        *("url", "tasks", "schema", "max_pool_size", "crontab", "poll_interval", "use_notifications"),
    }


def test_the_command_line_beats_the_environment_beats_the_file(folder: Path) -> None:
    write(folder / "pyproject.toml", 'tasks = "one_tasks"', "concurrency = 1", "poll_interval = 1", "local_time = true")
    environment = {"GRAPHILE_WORKER_CONCURRENCY": "2", "GRAPHILE_WORKER_POLL_INTERVAL": "2"}
    options = options_of("two_tasks", "--concurrency", "3", "--server-time", **environment)
    assert options["tasks"] == ["two"]
    assert options["concurrency"] == 3
    assert options["poll_interval"] == timedelta(seconds=2)
    assert options["use_local_time"] is False
    assert options_of()["tasks"] == ["one"]


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_file_of_its_own(folder: Path, how: str) -> None:
    write(folder / "pyproject.toml", "concurrency = 1", "unknown = 1")
    (folder / "etc").mkdir()
    write(folder / "etc" / "worker.toml", "concurrency = 7", 'tasks = "one_tasks"', 'crontab = "crontab"', heading=None)
    # Looked for beside the file that names it.
    (folder / "etc" / "crontab").write_text("* * * * * one\n")
    if how == "option":
        options = options_of("--config", "etc/worker.toml")
    else:
        options = options_of(GRAPHILE_WORKER_CONFIG="etc/worker.toml")
    assert (options["concurrency"], options["tasks"], len(options["crontab"])) == (7, ["one"], 1)


def test_a_pyproject_elsewhere_keeps_its_heading(folder: Path) -> None:
    (folder / "other").mkdir()
    write(folder / "other" / "pyproject.toml", "concurrency = 7")
    assert options_of("one_tasks", "--config", "other/pyproject.toml")["concurrency"] == 7


def test_a_pyproject_that_says_nothing_to_us(folder: Path) -> None:
    write(folder / "pyproject.toml", 'name = "app"', heading="[project]")
    assert "concurrency" not in options_of("one_tasks")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("concurency = 3", "there is no option concurency\nhint: Did you mean concurrency?"),
        ("xyzzy = 3", "there is no option xyzzy\nhint: There are blocked_after, blocked_exit_after, complete_"),
        ("once = true", "there is no option once\n"),
        ("schema = 5", "schema is 5\nhint: It takes a string\n"),
        ("max_connections = 0", "max_connections: 0 is not in the range x>=1\n"),
        ("poll_interval = 2000", "poll_interval: '2000' has no unit: 2000 ms or 2000 s?\nhint: Write 2000ms or 2000s"),
        ("resilient_multiplier = 'x'", "resilient_multiplier is 'x'\nhint: It takes a number\n"),
        ("resilient_multiplier = 0.5", "resilient_multiplier: 0.5 is not in the range 1<=x<=1000\n"),
        ('database_url = "x"', "there is no option database_url\nhint: It is for all commands: set DATABASE_URL\n"),
        ("concurrency = 0", "concurrency: 0 is not in the range x>=1\n"),
        ('concurrency = "3"', "concurrency is '3'\nhint: It takes a whole number\n"),
        ("concurrency = 2.5", "concurrency is 2.5\nhint: It takes a whole number\n"),
        ("concurrency = true", "concurrency is True\nhint: It takes a whole number\n"),
        ('poll-interval = "soon"', "poll-interval: 'soon' is not a duration\nhint: Write 300 (seconds), 30s"),
        ("poll_interval = 0", "poll_interval: '0' is not a duration\n"),
        ("poll_interval = [1]", 'poll_interval is [1]\nhint: It takes a duration: "30s", "5m", or a number'),
        ("grace_period = -1", "grace_period: '-1' is not a duration\n"),
        ('notifications = "no"', "notifications is 'no'\nhint: It takes true or false\n"),
        ('forbidden_flags = "slow"', "forbidden_flags is 'slow'\nhint: It takes an array of strings\n"),
        ('on_blocked = "panic"', "on_blocked: 'panic' is not one of 'warn', 'exit'"),
        ('log_level = "loud"', "log_level: 'loud' is not one of 'debug'"),
        ("tasks = 5", "tasks is 5\nhint: It takes a string\n"),
    ],
)
def test_a_bad_line_is_named(folder: Path, line: str, message: str) -> None:
    write(folder / "pyproject.toml", line)
    assert error_of("one_tasks").startswith(f"error: pyproject.toml: {message}")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CONCURRENCY", "many", "'many' is not a valid integer range"),
        ("POLL_INTERVAL", "soon", "'soon' is not a duration"),
        ("POLL_INTERVAL", "2000", "'2000' has no unit: 2000 ms or 2000 s?\nhint: Write 2000ms or 2000s"),
        ("NOTIFICATIONS", "perhaps", "'perhaps' is not a valid boolean"),
    ],
)
def test_a_bad_variable_is_named(folder: Path, variable: str, value: str, message: str) -> None:
    error = error_of("one_tasks", **{f"GRAPHILE_WORKER_{variable}": value})
    assert error.startswith(f"error: GRAPHILE_WORKER_{variable}: {message}")


def test_a_bad_file_is_named(folder: Path) -> None:
    assert error_of("--config", "nowhere.toml").startswith("error: nowhere.toml can't be read: No such file")
    write(folder / "bad.toml", "= 5")
    assert error_of("--config", "bad.toml").startswith("error: bad.toml is not TOML: ")
    write(folder / "pyproject.toml", "graphile_worker = 5", heading="[tool]")
    assert error_of("one_tasks").startswith("error: pyproject.toml: [tool.graphile_worker] is not a table")


def test_what_all_commands_take_from_the_file(folder: Path) -> None:
    write(folder / "pyproject.toml", 'schema = "from_file"', "max-connections = 8")
    options = options_of("one_tasks")
    assert (options["schema"], options["max_pool_size"]) == ("from_file", 8)
    environment = {"GRAPHILE_WORKER_SCHEMA": "from_env", "GRAPHILE_WORKER_MAX_CONNECTIONS": "9"}
    options = options_of("one_tasks", **environment)
    assert (options["schema"], options["max_pool_size"]) == ("from_env", 9)
    options = options_of("one_tasks", "--schema", "given", "-m", "3", **environment)
    assert (options["schema"], options["max_pool_size"]) == ("given", 3)


def test_another_file_takes_its_place_for_all(folder: Path) -> None:
    write(folder / "pyproject.toml", 'schema = "from_pyproject"', "max_connections = 8")
    write(folder / "other.toml", 'schema = "from_other"', heading=None)
    options = options_of("one_tasks", "--config", "other.toml")
    assert (options["schema"], options["max_pool_size"]) == ("from_other", 5)
    assert options_of("one_tasks", GRAPHILE_WORKER_CONFIG="other.toml")["schema"] == "from_other"


def test_other_commands_go_by_the_file(database: str, folder: Path) -> None:
    write(folder / "pyproject.toml", 'schema = "from_file"', "concurency = 3")
    result = invoke("list", url=database)
    assert result.exit_code == 2
    assert result.stderr.startswith('error: schema "from_file" is not installed in this database\n')
    # Wherever it stands.
    assert invoke("list", "--schema", "graphile_worker", url=database).exit_code == 0
    assert invoke("--schema", "graphile_worker", "list", url=database).exit_code == 0


def test_help_comes_before_a_broken_file(folder: Path) -> None:
    write(folder / "pyproject.toml", "unknown = 1")
    result = invoke("run", "--help")
    assert result.exit_code == 0
    assert "GRAPHILE_WORKER_POLL_INTERVAL" in result.stdout
