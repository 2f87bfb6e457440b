"""What `graphile-worker run` takes from the environment and from a file, and which of them wins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import Hooks, LocalQueue, Recovery, WorkerOptions
from graphile_worker._cli import run as _run
from tests.py.support.command import invoke

URL = "postgresql://localhost/app"


class RecordedWorker:
    """Stands for Worker, and keeps the options it was made with."""

    left_running = 0
    made: list[dict[str, Any]]

    def __init__(self, _url: str, tasks: Any, *, crontab: Any = None, **options: Any) -> None:
        # As a worker would: a name or value that it does not take is an error.
        WorkerOptions(**{name: value for name, value in options.items() if value is not None})
        self.hooks = Hooks()
        self.made.append({"tasks": list(tasks), "crontab": crontab, **options})

    async def run(self, *, handle_signals: bool) -> None: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory, with two modules of tasks."""
    for name in ("one", "two"):
        (tmp_path / f"{name}_tasks.py").write_text(
            f"from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\ntasks.add(lambda: None, {name!r})\n"
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(RecordedWorker, "made", [], raising=False)
    monkeypatch.setattr(_run, "Worker", RecordedWorker)
    yield tmp_path
    for name in ("one", "two"):
        sys.modules.pop(f"{name}_tasks", None)


def options_of(*args: str, **env: str) -> dict[str, Any]:
    """What the worker was made with."""
    result = invoke("run", *args, url=URL, env=env)
    assert result.exit_code == 0, result.output
    return RecordedWorker.made.pop()


def error_of(*args: str, **env: str) -> str:
    result = invoke("run", *args, url=URL, env=env)
    assert result.exit_code == 2, result.output
    return result.stderr


def write(file: Path, *lines: str, heading: str | None = "[tool.graphile_worker]") -> None:
    file.write_text("\n".join([heading or "", *lines]) + "\n")


EVERYTHING = {
    "concurrency": 3,
    "poll_interval": timedelta(seconds=2.5),
    "use_notifications": False,
    "prepare_statements": False,
    "use_local_time": True,
    "forbidden_flags": ("slow", "gpu"),
    "only_tasks": ("one", "two"),
    "not_tasks": ("x*",),
    "only_queues": ("eu", "mail:*"),
    "not_queues": ("bulk:*",),
    "grace_period": timedelta(0),
    "read_ahead": timedelta(milliseconds=50),
    "local_queue": LocalQueue(size=50, ttl=timedelta(minutes=1), queue_count=2),
    "complete_batch_delay": timedelta(milliseconds=5),
    "fail_batch_delay": timedelta(seconds=1),
    "blocked_after": timedelta(seconds=3),
    "on_blocked": "exit",
    "blocked_exit_after": timedelta(minutes=2),
    "recovery": Recovery(
        heartbeat_interval=timedelta(seconds=2),
        sweep_interval=timedelta(seconds=5),
        sweep_threshold=timedelta(seconds=10),
        recovery_delay=timedelta(0),
        connection_grace=None,
        max_crashes=3,
    ),
}


def test_every_option_from_pyproject(folder: Path) -> None:
    write(
        folder / "pyproject.toml",
        'tasks = "one_tasks"',
        "concurrency = 3",
        "poll_interval = 2.5",
        "notifications = false",
        "prepare-statements = false",
        "local_time = true",
        'forbidden_flags = ["slow", "gpu"]',
        'only_tasks = ["one", "two"]',
        'not_tasks = ["x*"]',
        'only-queues = ["eu", "mail:*"]',
        'not_queues = ["bulk:*"]',
        "grace_period = 0",
        'read_ahead = "50ms"',
        "local_queue_size = 50",
        'local_queue_ttl = "1m"',
        "queue_count = 2",
        'complete_batch_delay = "5ms"',
        "fail_batch_delay = 1",
        "blocked_after = 3",
        'on_blocked = "exit"',
        'blocked_exit_after = "2m"',
        'heartbeat_interval = "2s"',
        "sweep_interval = 5",
        "sweep_threshold = 10",
        "recovery_delay = 0",
        "connection_grace = 0",
        "max_crashes = 3",
        'log_level = "warning"',
        "[tool.other]",
        "unknown = 1",
    )
    options = options_of()
    assert options["tasks"] == ["one"]
    assert options.items() >= EVERYTHING.items()


def test_every_option_from_the_environment(folder: Path) -> None:
    options = options_of(
        GRAPHILE_WORKER_TASKS="two_tasks",
        GRAPHILE_WORKER_CONCURRENCY="3",
        GRAPHILE_WORKER_POLL_INTERVAL="2.5",
        GRAPHILE_WORKER_NOTIFICATIONS="false",
        GRAPHILE_WORKER_PREPARE_STATEMENTS="0",
        GRAPHILE_WORKER_LOCAL_TIME="yes",
        GRAPHILE_WORKER_FORBIDDEN_FLAGS="slow, gpu",
        GRAPHILE_WORKER_ONLY_TASKS="one,two",
        GRAPHILE_WORKER_NOT_TASKS="x*",
        GRAPHILE_WORKER_ONLY_QUEUES="eu mail:*",
        GRAPHILE_WORKER_NOT_QUEUES="bulk:*",
        GRAPHILE_WORKER_GRACE_PERIOD="0s",
        GRAPHILE_WORKER_READ_AHEAD="50ms",
        GRAPHILE_WORKER_LOCAL_QUEUE_SIZE="50",
        GRAPHILE_WORKER_LOCAL_QUEUE_TTL="1m",
        GRAPHILE_WORKER_QUEUE_COUNT="2",
        GRAPHILE_WORKER_COMPLETE_BATCH_DELAY="5ms",
        GRAPHILE_WORKER_FAIL_BATCH_DELAY="1s",
        GRAPHILE_WORKER_BLOCKED_AFTER="3s",
        GRAPHILE_WORKER_ON_BLOCKED="exit",
        GRAPHILE_WORKER_BLOCKED_EXIT_AFTER="120",
        GRAPHILE_WORKER_HEARTBEAT_INTERVAL="2s",
        GRAPHILE_WORKER_SWEEP_INTERVAL="5s",
        GRAPHILE_WORKER_SWEEP_THRESHOLD="10s",
        GRAPHILE_WORKER_RECOVERY_DELAY="0",
        GRAPHILE_WORKER_CONNECTION_GRACE="0",
        GRAPHILE_WORKER_MAX_CRASHES="3",
        # Not set, as far as we are concerned; and not ours.
        GRAPHILE_WORKER_CRONTAB="",
        GRAPHILE_WORKER_ADMIN_PASSWORD="x",
    )
    assert options["tasks"] == ["two"]
    assert options.items() >= EVERYTHING.items()
    assert options["crontab"] is None


def test_every_option_from_the_command_line(folder: Path) -> None:
    options = options_of(
        *["one_tasks", "--concurrency", "3", "--poll-interval", "2.5s", "--no-notifications"],
        *["--no-prepare-statements", "--local-time", "--forbidden-flag", "slow", "--forbidden-flag", "gpu"],
        *["--only-task", "one", "--only-task", "two", "--not-task", "x*"],
        *["--only-queue", "eu", "--only-queue", "mail:*", "--not-queue", "bulk:*"],
        *["--grace-period", "0", "--read-ahead", "50ms", "--local-queue-size", "50", "--local-queue-ttl", "60"],
        *["--queue-count", "2", "--complete-batch-delay", "5ms", "--fail-batch-delay", "1", "--blocked-after", "3s"],
        *["--on-blocked", "exit", "--blocked-exit-after", "2m"],
        *["--heartbeat-interval", "2s", "--sweep-interval", "5s", "--sweep-threshold", "10s"],
        *["--recovery-delay", "0", "--connection-grace", "0", "--max-crashes", "3"],
    )
    assert options.items() >= EVERYTHING.items()


def test_recovery_can_be_switched_off(folder: Path) -> None:
    assert options_of("one_tasks", "--no-recovery")["recovery"] is None
    assert options_of("one_tasks", GRAPHILE_WORKER_RECOVERY="false")["recovery"] is None
    assert options_of("one_tasks", "--max-crashes", "0")["recovery"] == Recovery(max_crashes=None)
    assert "--sweep-threshold is of no use" in error_of("one_tasks", "--no-recovery", "--sweep-threshold", "10m")


def test_what_nobody_says_is_left_to_the_worker(folder: Path) -> None:
    assert not options_of("one_tasks").keys() & (
        EVERYTHING.keys() - {"concurrency", "poll_interval", "use_notifications"}
    )


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
        ('schema = "s"', "there is no option schema\nhint: It is for all commands: set GRAPHILE_WORKER_SCHEMA\n"),
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


@pytest.mark.parametrize("option", ["--local-queue-ttl", "--queue-count"])
def test_options_of_a_local_queue_need_one(folder: Path, option: str) -> None:
    assert error_of("one_tasks", option, "5").startswith(f"error: {option} is of no use without a local queue")


def test_without_any_module(folder: Path) -> None:
    assert error_of().startswith("error: missing argument")


def test_help_comes_before_a_broken_file(folder: Path) -> None:
    write(folder / "pyproject.toml", "unknown = 1")
    result = invoke("run", "--help")
    assert result.exit_code == 0
    assert "GRAPHILE_WORKER_POLL_INTERVAL" in result.stdout
