"""The command `migrate`."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import click

from .. import _schema as migration
from .._basis.log import logger
from .._basis.printable import printable
from . import output
from .app import Command
from .failure import Usage
from .session import connect, connection
from .settings import Settings
from .types import duration_or_zero


@click.command(
    cls=Command,
    examples=[
        "graphile-worker migrate",
        "graphile-worker --schema jobs migrate --dry-run",
        "graphile-worker migrate --sql > upgrade.sql",
        "graphile-worker migrate --wait-for-workers 60s",
    ],
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--sql", "as_sql", is_flag=True, help="Write the SQL of what would be done, and change nothing.")
@click.option(
    "--wait-for-workers",
    "patience",
    callback=duration_or_zero,
    metavar="DURATION",
    help="First announce a breaking migration, and wait so long for workers of earlier releases to end.",
)
@click.pass_obj
def migrate(settings: Settings, dry_run: bool, as_sql: bool, patience: timedelta | None) -> None:
    """Install the schema, or bring it up to this release.

    A schema of the Node.js Graphile Worker, or of its Rust rewrite, is taken over with its jobs. Safe to repeat, and to
    run from any number of places at once.

    With --wait-for-workers nothing is changed, and the exit code is 1, while a worker of an earlier release is
    registered.
    """
    if as_sql and (dry_run or settings.as_json):
        raise Usage("--sql goes with neither --dry-run nor --json")
    if patience is not None and (dry_run or as_sql):
        raise Usage("--wait-for-workers goes with neither --dry-run nor --sql: these wait for nobody")
    with connection(settings) as conn:
        if dry_run or as_sql:
            plan = migration.plan_migration(conn, schema=settings.schema)
        else:
            tell = None if settings.as_json else click.echo
            result = migration.migrate(conn, schema=settings.schema, progress=tell, wait_for_workers=patience)
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


def bring_up_to_date(url: str, settings: Settings) -> None:
    """Migrates before `run` starts a worker; the log says what was done."""
    with closing(connect(url)) as conn:
        result = migration.migrate(conn, schema=settings.schema, progress=lambda line: logger.info("migrate: %s", line))
    if not result.applied and not result.bundle_replaced:
        logger.info("migrate: schema %s is up to date", settings.schema)


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
