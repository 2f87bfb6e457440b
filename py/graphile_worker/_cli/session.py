"""The way to the queue: which database, one connection to it, and what errors on the way mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import click
import psycopg

from .._basis.errors import GraphileWorkerError, SchemaNotInstalled
from .._basis.printable import printable
from .._client.client import Client
from .._wire.pinning import pin
from .._wire.shown_adapters import AS_IT_IS
from . import address as _address
from .explain import explain
from .failure import Usage
from .output import can_ask
from .progress import confirm
from .settings import Settings

_CONNECT_TIMEOUT = 10
"""Seconds, unless the address or the environment says otherwise."""


class _AsItIs(Client):
    """Payloads are printed as they stand in the database."""

    _adapters = AS_IT_IS


def _warn(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def database_url(settings: Settings, tell: Callable[[str], None] = _warn) -> Iterator[str]:
    """Yields the address of the database; with --embedded, the server runs as long as the block does.

    Where nothing but libpq's own variables names it, `tell` is told once which one that is. Errors of the database and
    of this package leave the block as Failure.
    """
    if settings.embedded and "database_url" in settings.explicit:
        raise Usage("--embedded and --database-url exclude each other")
    if "embedded_dir" in settings.explicit and not settings.embedded:
        raise Usage("--embedded-dir needs --embedded")
    with explained(settings):
        if settings.embedded:
            with _embedded(settings) as url:
                yield url
        elif settings.database_url:
            _address.parse(settings.database_url, settings.url_source)
            yield settings.database_url
        elif settings.naming_variables:
            if not settings.is_told:
                settings.is_told = True
                tell(_named_by_variables(settings))
            yield _address.NAMED_BY_LIBPQ
        else:
            raise Usage(
                "no database is named",
                hint="Give --database-url postgresql://user@host/name, set DATABASE_URL or PGHOST and PGDATABASE, or"
                " try --embedded",
            )


def _named_by_variables(settings: Settings) -> str:
    database = _address.describe(_address.from_variables())
    return f"the database is {printable(database)}, named by {settings.url_source}"


def confirm_database(settings: Settings, *, yes: bool, asks_later: bool = False) -> None:
    """Asks whether a database that only libpq's own variables name is right, before something is destroyed there.

    `asks_later`: the command has a question of its own, where somebody can answer. Raises Failure on no, and Usage
    where nobody can be asked.
    """
    if yes or not settings.naming_variables:
        return
    if not can_ask():
        raise Usage(f"{_named_by_variables(settings)} only", hint="Give --yes, or the database: --database-url")
    if not asks_later:
        settings.is_told = True
        confirm(f"{_named_by_variables(settings)}. Go on?", yes=False)


@contextmanager
def _embedded(settings: Settings) -> Iterator[str]:
    # Only here: it needs an extra, and a POSIX system.
    try:
        from .._embedded import EmbeddedServer
    except ImportError as error:
        raise Usage(
            f"the embedded PostgreSQL is not available here: {error}",
            hint="pip install 'graphile-worker[embedded]', or use another server with --database-url",
        ) from None
    with EmbeddedServer(settings.embedded_dir) as server:
        yield server.url


@contextmanager
def connection(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Yields one connection in autocommit mode; errors leave the block as Failure."""
    # Closed without a rollback: in autocommit mode there is nothing to roll back, after an interruption no way to.
    with database_url(settings) as url, closing(connect(url)) as conn:
        yield conn


def connect(url: str) -> psycopg.Connection[Any]:
    defaults: dict[str, Any] = {}
    given = psycopg.conninfo.conninfo_to_dict(url)
    if "connect_timeout" not in given and "PGCONNECT_TIMEOUT" not in os.environ:
        defaults["connect_timeout"] = _CONNECT_TIMEOUT
    if "application_name" not in given:
        defaults["application_name"] = "graphile-worker cli"
    # In any other encoding, a payload would not be the JSON that it is passed on as.
    conn = psycopg.connect(url, autocommit=True, client_encoding="utf8", **defaults)
    pin(conn)
    return conn


@contextmanager
def client(settings: Settings, *, only_looks: bool = False) -> Iterator[Client]:
    """Yields a client on one connection; errors leave the block as Failure.

    A schema of a newer release, with a breaking migration that this one does not know, is not for it to change.
    """
    with connection(settings) as conn, client_on(conn, settings, only_looks=only_looks) as queue_client:
        yield queue_client


@contextmanager
def client_on(conn: psycopg.Connection[Any], settings: Settings, *, only_looks: bool = False) -> Iterator[Client]:
    """Yields a client as `client` does, on a connection from `connection` that the caller uses, too."""
    queue_client = _AsItIs(conn, schema=settings.schema)
    if not only_looks:
        _refuse_newer(settings, queue_client)
    try:
        yield queue_client
    except SchemaNotInstalled:
        # A function may be missing because the schema is old, or because it is newer than this program.
        _refuse_newer(settings, queue_client)
        raise


def _refuse_newer(settings: Settings, queue_client: Client) -> None:
    newer = None
    # What keeps this question from being answered is said by the next one, and better.
    with suppress(psycopg.Error, GraphileWorkerError):
        newer = queue_client.newer_breaking_migration()
    if newer:
        raise Usage(
            f'schema "{settings.schema}" is that of a newer release: it has migration {newer}',
            hint="Install that release: pip install --upgrade graphile-worker",
        )


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Turns errors of the database and of this package into Failure."""
    try:
        yield
    except (psycopg.Error, GraphileWorkerError) as error:
        raise explain(error, settings) from error
