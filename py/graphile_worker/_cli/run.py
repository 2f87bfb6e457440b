"""The command `run`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from .._worker.options import LocalQueue
from .._worker.worker import Worker
from . import log as _log
from . import registry as _registry
from .app import Command
from .config import load
from .crontab import read
from .ending import run_to_the_end
from .failure import INTERRUPTED, Failure, Usage
from .recovery import recovery, recovery_options
from .session import database_url
from .settings import Settings
from .types import duration, duration_or_zero


@click.command(
    cls=Command,
    examples=[
        "graphile-worker run myapp.tasks --concurrency 10",
        "graphile-worker run myapp.tasks:mail_tasks --once",
        "graphile-worker run myapp.tasks --crontab crontab",
        "graphile-worker run --config worker.toml",
    ],
)
@click.argument("where", metavar="MODULE[:OBJECT]")
@click.option(
    "--concurrency", type=click.IntRange(min=1), metavar="N", show_default="number of CPUs", help="Jobs at a time."
)
@click.option(
    "--poll-interval",
    callback=duration,
    metavar="DURATION",
    default="1s",
    show_default=True,
    help="How often to look for jobs that became due, or whose notification was missed.",
)
@click.option(
    "--crontab",
    "crontab_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Schedule the recurring jobs of this file, too (not with --once).",
)
@click.option("--once", is_flag=True, help="Run what is due, then exit.")
@click.option(
    "--notifications/--no-notifications",
    default=True,
    help="Listen for new jobs, or only poll: for PgBouncer in transaction mode.",
)
@click.option(
    "--prepare-statements/--no-prepare-statements",
    default=None,
    help="Keep statements prepared, or not: for a connection pooler that does not know them.",
)
@click.option(
    "--local-time/--server-time", default=None, help="This machine's clock, not the server's, says what is due."
)
@click.option(
    "--forbidden-flag",
    "forbidden_flags",
    multiple=True,
    metavar="FLAG",
    help="Leave jobs with this flag to others; may be repeated.",
)
@click.option(
    "--only-task",
    "only_tasks",
    multiple=True,
    metavar="NAME",
    help="Run this task, or with * at the end all whose names begin so, and no others; may be repeated.",
)
@click.option("--not-task", "not_tasks", multiple=True, metavar="NAME", help="Run all tasks but these.")
@click.option(
    "--only-queue",
    "only_queues",
    multiple=True,
    metavar="NAME",
    help="Take jobs of this queue, or with * at the end of all whose names begin so, and no others; '' for jobs without"
    " a queue; may be repeated.",
)
@click.option("--not-queue", "not_queues", multiple=True, metavar="NAME", help="Leave jobs of these queues to others.")
@click.option(
    "--grace-period",
    callback=duration_or_zero,
    metavar="DURATION",
    show_default="5s",
    help="How long running jobs may go on once the worker is to stop, and threads once their job is.",
)
@click.option(
    "--read-ahead",
    callback=duration_or_zero,
    metavar="DURATION",
    show_default="20ms",
    help="Claim also what will start within this time.",
)
@click.option(
    "--local-queue-size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep so many claimed jobs waiting in memory, besides those that start within --read-ahead.",
)
@click.option(
    "--local-queue-ttl",
    callback=duration,
    metavar="DURATION",
    show_default="5m",
    help="Give back what has not started after this time.",
)
@click.option(
    "--queue-count",
    type=click.IntRange(min=1),
    metavar="N",
    show_default="1",
    help="Local queues, each with a connection of its own.",
)
@click.option(
    "--complete-batch-delay",
    callback=duration_or_zero,
    metavar="DURATION",
    help="Wait so long for further completed jobs, and hand them in together.",
)
@click.option(
    "--fail-batch-delay", callback=duration_or_zero, metavar="DURATION", help="The same for jobs that failed."
)
@click.option(
    "--blocked-after",
    callback=duration_or_zero,
    metavar="DURATION",
    show_default="1s",
    help="Name in the log a job that blocks the event loop for so long; 0s for never.",
)
@click.option(
    "--on-blocked",
    type=click.Choice(["warn", "exit"]),
    show_default="warn",
    help="What to do about an event loop that stays blocked: exit ends the process (exit code 70).",
)
@click.option(
    "--blocked-exit-after",
    callback=duration,
    metavar="DURATION",
    show_default="1m",
    help="When to, with --on-blocked exit.",
)
@recovery_options
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=load,
    envvar="GRAPHILE_WORKER_CONFIG",
    show_envvar=True,
    metavar="FILE",
    help="Take options from this TOML file, not from [tool.graphile_worker] in pyproject.toml.",
)
@click.option("--log-level", type=click.Choice(_log.LEVELS), default="info", show_default=True)
@click.pass_obj
def run(
    settings: Settings,
    /,
    where: str,
    crontab_file: Path | None,
    once: bool,
    notifications: bool,
    log_level: str,
    local_queue_size: int | None,
    local_queue_ttl: timedelta | None,
    queue_count: int | None,
    local_time: bool | None,
    **options: Any,
) -> None:
    """Run jobs with the tasks of a module.

    MODULE is looked for in the current directory first; OBJECT is its TaskRegistry, needed when it has several. Ctrl-C
    or SIGTERM stops the worker: jobs that run have a few seconds to finish; a second one does not wait for them.

    What is not given here is taken from the environment, --poll-interval from GRAPHILE_WORKER_POLL_INTERVAL, then from
    [tool.graphile_worker] in ./pyproject.toml or from the file that --config names, where it is called poll_interval;
    MODULE is called tasks.
    """
    # The others are arguments of Worker, by their names.
    options |= {
        "use_local_time": local_time,
        "local_queue": _local_queue(local_queue_size, local_queue_ttl, queue_count),
    }
    tasks = settings.for_worker(_registry.find(where))
    crontab = read(crontab_file) if crontab_file else None
    _log.configure(log_level, as_json=settings.as_json)
    with database_url(settings) as url:
        worker = Worker(
            url,
            tasks,
            schema=settings.schema,
            use_notifications=notifications,
            max_pool_size=settings.max_connections,
            crontab=crontab,
            **recovery(options),
            **{name: value for name, value in options.items() if value not in (None, ())},
        )
        if not once:
            run_to_the_end(worker, worker.run(handle_signals=True))
            return
        reason = run_to_the_end(worker, worker.run_once(handle_signals=True))
    if reason == "signal":
        raise Failure("stopped by a signal: jobs that are due may be left", exit_code=INTERRUPTED)


def _local_queue(size: int | None, ttl: timedelta | None, count: int | None) -> LocalQueue | None:
    given: dict[str, Any] = {}
    if ttl is not None:
        given["ttl"] = ttl
    if count is not None:
        given["queue_count"] = count
    if size is not None:
        return LocalQueue(size=size, **given)
    if given:
        raise Usage(
            f"{'--local-queue-ttl' if ttl is not None else '--queue-count'} is of no use without a local queue",
            hint="Say how many jobs it holds: --local-queue-size 100",
        )
    return None
