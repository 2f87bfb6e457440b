"""The command `migrate`."""

from __future__ import annotations

import click

from .. import _schema as migration
from .._basis.printable import printable
from . import output
from .app import Command
from .failure import Usage
from .session import connection
from .settings import Settings


@click.command(
    cls=Command,
    examples=[
        "graphile-worker migrate",
        "graphile-worker --schema jobs migrate --dry-run",
        "graphile-worker migrate --sql > upgrade.sql",
    ],
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--sql", "as_sql", is_flag=True, help="Write the SQL of what would be done, and change nothing.")
@click.pass_obj
def migrate(settings: Settings, dry_run: bool, as_sql: bool) -> None:
    """Install the schema, or bring it up to this release.

    A schema of the Node.js Graphile Worker, or of its Rust rewrite, is taken over with its jobs. Safe to repeat, and to
    run from any number of places at once.
    """
    if as_sql and (dry_run or settings.as_json):
        raise Usage("--sql goes with neither --dry-run nor --json")
    with connection(settings) as conn:
        if dry_run or as_sql:
            plan = migration.plan_migration(conn, schema=settings.schema)
        else:
            result = migration.migrate(conn, schema=settings.schema, progress=None if settings.as_json else click.echo)
    if as_sql:
        # With what click takes for a colour, it may be part of a name.
        click.echo(plan.script(), nl=False, color=True)
    elif dry_run:
        _show(plan, settings)
    elif settings.as_json:
        # The last of them for whoever knows the Rust runtime's command.
        output.document({**output.plain(result), "migrated": True})
    elif not result.applied and not result.bundle_replaced:
        click.echo(f"schema {settings.schema} is up to date")


def _show(plan: migration.MigrationPlan, settings: Settings) -> None:
    if settings.as_json:
        output.document(plan)
        return
    for warning in plan.warnings:
        click.echo(f"warning: {printable(warning)}", err=True)
    for step in plan.steps:
        click.echo(f"would {step.summary}")
    if not plan.steps:
        click.echo(f"schema {settings.schema} is up to date")
