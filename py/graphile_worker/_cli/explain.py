"""Errors of the database and of this package, in words for the person who typed the command."""

from __future__ import annotations

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from .._basis.errors import (
    GraphileWorkerError,
    InvalidArgument,
    InvalidJob,
    MigrationError,
    PayloadError,
    SchemaNotInstalled,
    WorkersRemain,
    translate,
)
from .address import describe, from_variables
from .failure import FAILED, USAGE, Failure, Usage
from .settings import Settings

# libpq hands on no SQLSTATE when a connection fails. These texts only choose a hint; the message is the server's own,
# in whatever language.
_HINTS = (
    (r"database .* does not exist", "Create it with createdb, or correct the address in {source}"),
    (r"password authentication failed|role .* does not exist", "Check user and password in {source}"),
    (r"no password supplied", "Give one in {source}, in PGPASSWORD or in ~/.pgpass"),
    (r"pg_hba\.conf", "The server's pg_hba.conf does not let this user in from here"),
    (r"too many (clients|connections)|remaining connection slots", "Close other connections, or raise the limit"),
    (
        r"refused|No such file|resolve|timeout|timed out|unreachable|No route",
        "Is the server running, and is the address in {source} right?",
    ),
)

_NO_PERMISSION = "42501"
# What the database advises to do in SQL.
_UNKNOWN = {
    "GWUTK": "No job of this task has been added yet; `{tasks}` lists the tasks there are",
    "GWUQU": "`{queues}` lists the queues there are",
    "GWUSC": "`{schedules}` lists the schedules there are",
}


def explain(error: psycopg.Error | GraphileWorkerError, settings: Settings) -> Failure:
    """Returns the Failure that describes an error in one line."""
    if isinstance(error, psycopg.Error):
        return _of_database(error, settings)
    if isinstance(error, SchemaNotInstalled):
        return _not_installed(error, settings)
    if hint := _UNKNOWN.get(error.sqlstate or ""):
        return Failure(
            str(error.args[0]),
            hint=hint.format(
                tasks=settings.command("stats", "--by", "task"),
                queues=settings.command("queues"),
                schedules=settings.command("schedules", "list"),
            ),
        )
    first, _, rest = str(error.args[0]).partition("\n")
    wrong_call = isinstance(error, InvalidJob | InvalidArgument | PayloadError)
    # A schema that is not this release's or this role's to change; a step that did not work out has a code of its own.
    not_ours = isinstance(error, MigrationError) and error.sqlstate is None and not isinstance(error, WorkersRemain)
    # The embedded server's error class can't be named here: its module is imported only when asked for.
    no_way = type(error).__name__ == "EmbeddedServerError" or error.sqlstate == _NO_PERMISSION
    return Failure(
        first, hint=error.hint, details=rest, exit_code=USAGE if wrong_call or not_ours or no_way else FAILED
    )


def _not_installed(error: SchemaNotInstalled, settings: Settings) -> Failure:
    hint = f"Install it: {settings.command('migrate')}"
    if error.sqlstate == "3F000":
        return Usage(f'schema "{settings.schema}" is not installed in this database', hint=hint)
    return Usage(
        f'schema "{settings.schema}" is not that of this release: {error.args[0]}',
        hint=f"Bring it up to date: {settings.command('migrate')}",
    )


def _of_database(error: psycopg.Error, settings: Settings) -> Failure:
    if translated := translate(error):
        return explain(translated, settings)
    message = error.diag.message_primary
    if isinstance(error, psycopg.OperationalError) and (message is None or error.sqlstate is None):
        return _no_connection(error, settings)
    message = message or str(error)
    if error.sqlstate == _NO_PERMISSION:
        return Usage(message, hint="Connect as the owner, or have it call grant_role for this role: docs/roles.md")
    if error.sqlstate == "25006":
        return Usage(message, hint="This server is a replica or set to read-only; connect to the primary")
    # 08: the connection; 57P: the server is starting, stopping, or has ended our session.
    if (error.sqlstate or "").startswith(("08", "57P")):
        return Usage(f"the connection was lost: {message}", hint="Is the server running? Try again")
    detail = error.diag.message_detail
    return Failure(f"{message} ({detail})" if detail else message, hint=error.diag.message_hint)


def _no_connection(error: psycopg.OperationalError, settings: Settings) -> Failure:
    if settings.database_url:
        params = {name: str(value) for name, value in conninfo_to_dict(settings.database_url).items()}
    else:
        params = from_variables()
    reason = _reason(str(error))
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, reason)), "The address is that in {source}")
    where = "the embedded server" if settings.embedded else describe(params)
    return Usage(f"no connection to {where}: {reason}", hint=hint.format(source=settings.url_source))


def _reason(message: str) -> str:
    """Returns the main part of libpq's message; with several hosts or addresses, what each of them said, once."""
    reasons: dict[str, None] = {}
    for line in message.splitlines():
        # Indented lines give advice; the heading comes before what repeats the first line.
        if line.startswith((" ", "\t")) or "All failures were" in line:
            continue
        line = re.sub(
            r"^(- host: .*?': )?(connection (failed|is bad): )?(connection to server .*? failed: )?", "", line
        )
        reasons.setdefault(re.sub(r"^(FATAL|ERROR):\s*", "", line).strip())
    return "; ".join(filter(None, reasons)) or "unknown reason"
