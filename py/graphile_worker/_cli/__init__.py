"""The command `graphile-worker`: what people and scripts do with the queue."""

from __future__ import annotations

import sys

from . import _log, _streams
from ._add import add
from ._app import Cli, global_options
from ._completion import completion
from ._crontab import crontab
from ._jobs import list_jobs, show
from ._maintain import cleanup, force_unlock, sweep_stale_workers
from ._manage import complete, fail, remove, reschedule, retry
from ._migrate import migrate
from ._overview import queues, workers
from ._pauses import pause, resume
from ._psql import psql
from ._run import run
from ._stats import stats

cli = Cli(
    "graphile-worker",
    params=global_options(),
    context_settings={"max_content_width": 100},
    help="A job queue in PostgreSQL: install it, add jobs, run them, look at them.",
)
for command in (
    *(migrate, run, add, list_jobs, show, stats, queues, workers),
    *(retry, fail, complete, reschedule, remove, pause, resume, cleanup, force_unlock, sweep_stale_workers),
    *(crontab, psql, completion),
):
    cli.add_command(command)


def main() -> None:
    """The entry point of the command."""
    _streams.replace_closed()
    # Whatever the terminal can't show is written as an escape: no output fails for the sake of a character.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _log.configure_remarks()
    cli.main(prog_name="graphile-worker")
