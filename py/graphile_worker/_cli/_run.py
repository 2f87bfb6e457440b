"""`run`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click

from .._worker import Worker
from . import _log, _registry
from ._app import Command
from ._session import database_url
from ._settings import Settings
from ._types import duration


@click.command(
    cls=Command,
    examples=[
        "graphile-worker run myapp.tasks --concurrency 10",
        "graphile-worker run myapp.tasks:mail_tasks --once",
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
@click.option("--once", is_flag=True, help="Run what is due, then exit.")
@click.option("--no-notifications", is_flag=True, help="Only poll: for PgBouncer in transaction mode.")
@click.option("--log-level", type=click.Choice(_log.LEVELS), default="info", show_default=True)
@click.pass_obj
def run(
    settings: Settings,
    where: str,
    concurrency: int | None,
    poll_interval: timedelta,
    once: bool,
    no_notifications: bool,
    log_level: str,
) -> None:
    """Run jobs with the tasks of a module.

    MODULE is looked for in the current directory first; OBJECT is its TaskRegistry, needed when it has several. Ctrl-C
    or SIGTERM stops the worker: jobs that run have a few seconds to finish; a second one does not wait for them.
    """
    tasks = _registry.find(where)
    _log.configure(log_level, as_json=settings.as_json)
    with database_url(settings) as url:
        worker = Worker(
            url,
            tasks,
            schema=settings.schema,
            concurrency=concurrency,
            poll_interval=poll_interval,
            use_notifications=not no_notifications,
            max_pool_size=settings.max_connections,
        )
        asyncio.run(worker.run_once(handle_signals=True) if once else worker.run(handle_signals=True))
