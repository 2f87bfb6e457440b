"""Every option of a worker can be set on the command line, in the environment and in a file."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from graphile_worker import Hooks, JobComplete, LocalQueue, Recovery, RefetchDelay, WorkerInit, WorkerOptions
from graphile_worker._cli import config as _config
from graphile_worker._cli.run import run
from tests.py.cli.recorded_run import options_of


class Said(NamedTuple):
    """How an option is given: the words of the command line, the text of the variable, the line of a file."""

    words: str
    variable: str
    line: str


SAID = {
    "tasks": Said("one_tasks", "one_tasks", '"one_tasks"'),
    "schema": Said("-s other", "other", '"other"'),
    "concurrency": Said("-j 3", "3", "3"),
    "poll_interval": Said("--poll-interval 2.5s", "2.5", "2.5"),
    "notifications": Said("--no-notifications", "false", "false"),
    "local_time": Said("--local-time", "yes", "true"),
    "prepare_statements": Said("--no-prepared-statements", "0", "false"),
    "forbidden_flags": Said("--forbidden-flag slow --forbidden-flag gpu", "slow, gpu", '["slow", "gpu"]'),
    "only_tasks": Said("--only-task one --only-task x*", "one,x*", '["one", "x*"]'),
    "not_tasks": Said("--not-task y", "y", '["y"]'),
    "only_queues": Said("--only-queue eu --only-queue mail:*", "eu mail:*", '["eu", "mail:*"]'),
    "not_queues": Said("--not-queue bulk:*", "bulk:*", '["bulk:*"]'),
    "grace_period": Said("--grace-period 0", "0s", "0"),
    "interrupted_job_retry_delay": Said("--interrupted-job-retry-delay 1m", "60", '"1m"'),
    "read_ahead": Said("--read-ahead 50ms", "50ms", '"50ms"'),
    "local_queue_size": Said("--local-queue-size 50", "50", "50"),
    "local_queue_ttl": Said("--local-queue-ttl 60", "1m", '"1m"'),
    "queue_count": Said("--queue-count 2", "2", "2"),
    "refetch_delay": Said("--refetch-delay 200ms", "200ms", "0.2"),
    "refetch_delay_threshold": Said("--refetch-delay-threshold 5", "5", "5"),
    "refetch_delay_max_abort_threshold": Said("--refetch-delay-max-abort-threshold 40", "40", "40"),
    "migrate": Said("--no-migrate", "false", "false"),
    "min_reset_locked_interval": Said("--min-reset-locked-interval 1m", "60", '"1m"'),
    "max_reset_locked_interval": Said("--max-reset-locked-interval 2m", "2m", "120"),
    "complete_batch_delay": Said("--complete-batch-delay 5ms", "5ms", '"5ms"'),
    "fail_batch_delay": Said("--fail-batch-delay 1", "1s", "1"),
    "blocked_after": Said("--blocked-after 3s", "3s", "3"),
    "on_blocked": Said("--on-blocked exit", "exit", '"exit"'),
    "blocked_exit_after": Said("--blocked-exit-after 2m", "120", '"2m"'),
    "recovery": Said("--recovery", "true", "true"),
    "heartbeat_interval": Said("--heartbeat-interval 2s", "2s", '"2s"'),
    "sweep_interval": Said("--sweep-interval 5s", "5s", "5"),
    "sweep_threshold": Said("--sweep-threshold 10s", "10s", "10"),
    "recovery_delay": Said("--recovery-delay 0", "0", "0"),
    "connection_grace": Said("--connection-grace 0", "0", "0"),
    "max_crashes": Said("--max-crashes 3", "3", "3"),
    "resilient_flags": Said("--resilient-flag raft", "raft", '["raft"]'),
    "resilient_multiplier": Said("--resilient-multiplier 2.5", "2.5", "2.5"),
    "orphans_like": Said("--orphans-like none", "none", '"none"'),
    "max_connections": Said("-m 7", "7", "7"),
    "hooks": Said("--hooks extras:hooks", "extras:hooks", '"extras:hooks"'),
    "plugins": Said("--plugin extras:Metrics", "extras:Metrics", '["extras:Metrics"]'),
    "state": Said("--state extras:state", "extras:state", '"extras:state"'),
    "crontab": Said("--crontab crontab", "crontab", '"crontab"'),
    "no_crontab": Said("--no-crontab", "true", "true"),
    "log_level": Said("--log-level warning", "warning", '"warning"'),
}
EXPECTED = WorkerOptions(
    schema="other",
    concurrency=3,
    poll_interval=timedelta(seconds=2.5),
    use_notifications=False,
    use_local_time=True,
    prepare_statements=False,
    forbidden_flags=("slow", "gpu"),
    only_tasks=("one", "x*"),
    not_tasks=("y",),
    only_queues=("eu", "mail:*"),
    not_queues=("bulk:*",),
    grace_period=timedelta(0),
    interrupted_job_retry_delay=timedelta(minutes=1),
    read_ahead=timedelta(milliseconds=50),
    local_queue=LocalQueue(
        size=50,
        ttl=timedelta(minutes=1),
        refetch_delay=RefetchDelay(duration=timedelta(milliseconds=200), threshold=5, max_abort_threshold=40),
        queue_count=2,
    ),
    min_reset_locked_interval=timedelta(minutes=1),
    max_reset_locked_interval=timedelta(minutes=2),
    complete_batch_delay=timedelta(milliseconds=5),
    fail_batch_delay=timedelta(seconds=1),
    blocked_after=timedelta(seconds=3),
    on_blocked="exit",
    blocked_exit_after=timedelta(minutes=2),
    recovery=Recovery(
        heartbeat_interval=timedelta(seconds=2),
        sweep_interval=timedelta(seconds=5),
        sweep_threshold=timedelta(seconds=10),
        recovery_delay=timedelta(0),
        connection_grace=None,
        max_crashes=3,
        resilient_flags=("raft",),
        resilient_multiplier=2.5,
        orphans_like=None,
    ),
    max_pool_size=7,
    state={"mailer": "smtp"},
)
EXTRAS = """
from graphile_worker import Hooks, JobComplete, WorkerInit

hooks = Hooks()

@hooks.on(JobComplete)
def count(event): ...

class Metrics:
    def register(self, hooks):
        hooks.on(WorkerInit)(lambda event: None)

def state():
    return {"mailer": "smtp"}
"""


def left_out(options: Any, defaults: Any, path: str = "") -> list[str]:
    """The fields that have their default, those of fields included."""
    found = []
    for field in fields(options):
        value, default = getattr(options, field.name), getattr(defaults, field.name, None)
        if is_dataclass(value) and not isinstance(value, type):
            found += left_out(value, type(value)(), f"{path}{field.name}.")
        elif value == default:
            found.append(f"{path}{field.name}")
    return found


def test_the_table_leaves_no_option_out() -> None:
    assert not left_out(EXPECTED, WorkerOptions(concurrency=1))
    own = {_config._key(option) for option in run.params if not _config._is_global(option)}
    assert own - {*_config._ONLY_ON_THE_COMMAND_LINE} | {*_config._GLOBAL} == SAID.keys()


@pytest.mark.parametrize("source", ["words", "variable", "line"])
def test_every_option(folder: Path, source: str) -> None:
    (folder / "extras.py").write_text(EXTRAS)
    # Not read: --no-crontab comes before what names one.
    (folder / "crontab").write_text("nonsense\n")
    words: list[str] = []
    variables: dict[str, str] = {}
    if source == "words":
        words = [word for said in SAID.values() for word in said.words.split()]
    elif source == "variable":
        variables = {f"GRAPHILE_WORKER_{name.upper()}": said.variable for name, said in SAID.items()}
    else:
        lines = [f"{name} = {said.line}" for name, said in SAID.items()]
        (folder / "pyproject.toml").write_text("\n".join(["[tool.graphile_worker]", *lines]))
    options = options_of(*words, **variables)
    assert options.pop("tasks") == ["one"]
    assert options.pop("crontab") is None
    hooks = options.pop("hooks")
    assert isinstance(hooks, Hooks)
    assert hooks.wants(JobComplete)
    assert hooks.wants(WorkerInit)
    assert options.pop("url") == "postgresql://localhost/app"
    assert WorkerOptions(**options) == EXPECTED
