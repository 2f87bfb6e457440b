"""The command `run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .._basis.log import logger
from .._crontab.crontab import Crontab
from .._worker.worker import Worker
from . import log as _log
from . import maintain as _maintain
from . import migrate as _migrate
from . import registry as _registry
from .app import Command
from .config import load
from .crontab import read
from .ending import run_to_the_end
from .extensions import extension_options, extensions
from .failure import INTERRUPTED, Failure, Usage
from .local_queue import local_queue, local_queue_options
from .recovery import recovery, recovery_options
from .session import database_url
from .settings import Settings
from .types import duration, duration_or_zero, poll_interval

_CRONTAB = Path("crontab")


@click.command(
    cls=Command,
    examples=[
        "graphile-worker run myapp.tasks --concurrency 10",
        "graphile-worker run myapp.tasks:mail_tasks --once",
        "graphile-worker run myapp.tasks --crontab crontab",
        "graphile-worker run --config worker.toml",
        "graphile-worker run -c postgresql://localhost/app -j 10",
    ],
)
@click.argument("where", metavar="[MODULE[:OBJECT]|DIRECTORY]", required=False)
@click.option(
    "--concurrency",
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    metavar="N",
    show_default="number of CPUs",
    help="Jobs at a time.",
)
@click.option(
    "--poll-interval",
    callback=poll_interval,
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
    show_default="./crontab, if there is one",
    help="Schedule the recurring jobs of this file, too (not with --once).",
)
@click.option("--no-crontab", is_flag=True, help="Schedule nothing.")
@click.option("--once", is_flag=True, help="Run what is due, then exit.")
@click.option(
    "--migrate/--no-migrate",
    "migrates",
    default=None,
    show_default="with --embedded",
    help="Install the schema, or bring it up to this release, before the worker starts.",
)
@click.option(
    "--notifications/--no-notifications",
    default=True,
    help="Listen for new jobs, or only poll: for PgBouncer in transaction mode.",
)
@click.option(
    "--prepare-statements/--no-prepare-statements",
    " /--no-prepared-statements",
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
    "--interrupted-job-retry-delay",
    callback=duration_or_zero,
    metavar="DURATION",
    show_default="30s",
    help="When what was cut off by that is due again.",
)
@click.option(
    "--read-ahead",
    callback=duration_or_zero,
    metavar="DURATION",
    show_default="20ms",
    help="Claim also what will start within this time.",
)
@local_queue_options
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
@click.option(
    "--min-reset-locked-interval",
    callback=duration,
    metavar="DURATION",
    show_default="8m",
    help="Look for locks that somebody left behind hours ago after this time, ...",
)
@click.option(
    "--max-reset-locked-interval",
    callback=duration,
    metavar="DURATION",
    show_default="10m",
    help="... and after this at most, at random.",
)
@recovery_options
@extension_options
@click.option(
    "--config",
    "-C",
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
@click.option("--schema-only", is_flag=True, help="Install the schema, or bring it up to this release, then exit.")
@click.option(
    "--cleanup",
    callback=_maintain.cleanup_tasks,
    metavar="TASK,...",
    help="Remove what is no longer needed, as the command cleanup does, then exit.",
)
@click.option("--yes", is_flag=True, help="Don't ask before, with --cleanup.")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    where: str | None,
    crontab_file: Path | None,
    no_crontab: bool,
    once: bool,
    migrates: bool | None,
    notifications: bool,
    local_time: bool | None,
    log_level: str,
    schema_only: bool,
    cleanup: tuple[str, ...] | None,
    yes: bool,
    **options: Any,
) -> None:
    """Run jobs with the tasks of a module.

    MODULE is looked for in the current directory first; OBJECT is its TaskRegistry, needed when it has several. Without
    MODULE it is ./tasks.py, or ./tasks/, a package or a DIRECTORY. Ctrl-C or SIGTERM stops the worker: jobs that run
    have a few seconds to finish; a second one does not wait for them.

    Of a DIRECTORY each file is a task under its path there: Python modules with a function `task` or one registered
    task, and executable files.

    What is not given here is taken from the environment, --poll-interval from GRAPHILE_WORKER_POLL_INTERVAL, then from
    [tool.graphile_worker] in ./pyproject.toml or from the file that --config names, where it is called poll_interval;
    MODULE is called tasks.
    """
    if schema_only or cleanup:
        _instead(ctx, once=once, schema_only=schema_only, cleanup=cleanup, yes=yes)
        return
    settings = ctx.ensure_object(Settings)
    # The others are arguments of Worker, by their names.
    options |= {"use_local_time": local_time, "local_queue": local_queue(options), **extensions(options)}
    registry, found_in = (_registry.find(where), None) if where else _registry.find_here()
    crontab, crontab_found_in = _crontab(None if no_crontab else crontab_file, looked_for=not (no_crontab or once))
    _log.configure(log_level, as_json=settings.as_json)
    with database_url(settings, tell=logger.info) as url:
        for what, path in (("tasks", found_in), ("crontab", crontab_found_in)):
            if path:
                logger.info("%s found in %s", what, path)
        if settings.embedded if migrates is None else migrates:
            _migrate.bring_up_to_date(url, settings)
        worker = Worker(
            url,
            settings.for_worker(registry),
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


def _instead(ctx: click.Context, *, once: bool, schema_only: bool, cleanup: tuple[str, ...] | None, yes: bool) -> None:
    """Runs another command: people of the Node.js runtime know these as options of the one that it has."""
    given = [
        name
        for name, is_there in (("--schema-only", schema_only), ("--cleanup", cleanup), ("--once", once))
        if is_there
    ]
    if len(given) > 1:
        raise Usage(f"{' and '.join(given)} exclude each other")
    if schema_only:
        ctx.invoke(_migrate.migrate)
    else:
        ctx.invoke(_maintain.cleanup, tasks=cleanup, yes=yes)


def _crontab(given: Path | None, *, looked_for: bool) -> tuple[Crontab | None, str | None]:
    """Returns the crontab, and where it was found when it was looked for."""
    # A link to nothing is a mistake, and told; a folder is something else.
    is_there = _CRONTAB.is_file() or (_CRONTAB.is_symlink() and not _CRONTAB.exists())
    path = given or (_CRONTAB if looked_for and is_there else None)
    if path is None:
        return None, None
    try:
        return read(path), None if given else f"./{path}"
    except Failure as failure:
        if not given:
            failure.hint = "Where neither --crontab nor --no-crontab is given, ./crontab is scheduled"
        raise
