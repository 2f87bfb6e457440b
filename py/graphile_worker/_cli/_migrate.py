"""`migrate`."""

from __future__ import annotations

import click

from .. import _migrate as migration
from . import _output as output
from ._app import Command
from ._session import connection
from ._settings import Settings


@click.command(cls=Command, examples=["graphile-worker migrate", "graphile-worker --schema jobs migrate"])
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Install the schema, or bring it up to this release.

    Safe to repeat, and to run from any number of places at once.
    """
    with connection(settings) as conn:
        result = migration.migrate(conn, schema=settings.schema, progress=None if settings.as_json else click.echo)
    if settings.as_json:
        output.document(result)
    elif not result.applied and not result.bundle_replaced:
        click.echo(f"schema {settings.schema} is up to date")
