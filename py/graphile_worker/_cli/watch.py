"""One query shown at intervals, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import click
import psycopg

from .._basis.printable import printable
from .._client.client import Client
from . import output
from .failure import Failure
from .session import client
from .settings import Settings
from .text import duration


def again_and_again(
    settings: Settings, shower: Callable[[Client], Callable[[], None]], every: timedelta, *, clear: bool
) -> None:
    """Shows the result of a query at each interval, until Ctrl-C.

    `shower` makes, of a new connection, what shows one. Who was connected once is waited for when the connection is
    lost.
    """
    was_there = is_lost = False
    try:
        while True:
            try:
                with client(settings, only_looks=True) as queue_client:
                    show = shower(queue_client)
                    while True:
                        if clear:
                            click.clear()
                        show()
                        if is_lost:
                            click.echo("connected again", err=True)
                        was_there, is_lost = True, False
                        time.sleep(every.total_seconds())
            except Failure as failure:
                if not was_there or not isinstance(failure.__cause__, psycopg.OperationalError):
                    raise
                if not is_lost:
                    click.echo(f"{printable(failure.message)}; trying again every {duration(every)}", err=True)
                is_lost = True
                time.sleep(every.total_seconds())
    except KeyboardInterrupt:
        # The way to end it; behind the ^C that the terminal shows.
        if output.on_terminal():
            click.echo()
