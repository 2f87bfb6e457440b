"""The command `psql`: writes the file of short queries."""

from __future__ import annotations

import click

from .._schema import sources
from .app import Command


@click.command(cls=Command, examples=["graphile-worker psql > incident.psql"])
def psql() -> None:
    """Write a file for psql with short queries for incidents: \\i it, then :gw_stats, :gw_failing, :gw_stuck."""
    click.echo(sources.of_kind("psql")[0].text, nl=False)
