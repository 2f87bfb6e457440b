"""Every command of `graphile-worker`, and its entry point."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from . import log as _log
from . import streams as _streams
from .add import add
from .app import Cli, global_options
from .cancel import cancel
from .completion import completion
from .crontab import crontab
from .jobs import list_jobs, show
from .limits import limit, limits, unlimit
from .maintain import cleanup, force_unlock, sweep_stale_workers
from .manage import complete, fail, remove, reschedule, retry
from .migrate import migrate
from .overview import queues, workers
from .pauses import pause, resume
from .policies import policies
from .psql import psql
from .run import run
from .schedules import schedules
from .settings import Settings
from .stats import stats


class Commands(Cli):
    """The group of all commands; `admin` is imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        # In the order of a first acquaintance, not of the alphabet.
        return [*self.commands, "admin"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "admin":
            # Only here: the other commands need not wait for what it imports.
            from .admin import admin

            return admin
        return super().get_command(ctx, cmd_name)


cli = Commands(
    "graphile-worker",
    params=global_options(),
    context_settings={"max_content_width": 100},
    help="A job queue in PostgreSQL: install it, add jobs, run them, look at them.",
)
for command in (
    *(migrate, run, add, list_jobs, show, stats, queues, workers),
    *(retry, fail, complete, cancel, reschedule, remove, pause, resume),
    *(cleanup, force_unlock, sweep_stale_workers, policies, limits, limit, unlimit, schedules),
    *(crontab, psql, completion),
):
    cli.add_command(command)


def main(
    args: Sequence[str] | None = None,
    *,
    prog_name: str = "graphile-worker",
    settings: Settings | None = None,
    **context: Any,
) -> None:
    """Runs the command line: the entry point of the command, and of what calls it in a framework's own."""
    _streams.replace_closed()
    # Whatever the terminal can't show is written as an escape: no output fails for the sake of a character.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _log.configure_remarks()
    cli.main(args, prog_name=prog_name, obj=settings, **context)
