"""Django's connections of a thread, as handlers need them: what outlives a restart of the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connections, reset_queries
from psycopg_pool import ConnectionPool

__all__ = ["prepare", "were_reached"]

_PATIENCE = 60.0
"""Seconds that a handler waits for a server which does not let it in: as long as `context.client` does."""
_PAUSE = 0.2
"""Seconds between two tries."""

_were_there: set[str] = set()
"""The databases to which this process has been connected."""


def were_reached(alias: str) -> None:
    """Says that this process has been connected to a database: its address and password are right."""
    _were_there.add(alias)


def prepare() -> None:
    """Makes the connections of this thread outlive a restart of their server, and forget what DEBUG has noted."""
    reset_queries()
    for connection in connections.all():
        if connection.vendor == "postgresql":
            # One that was lost since the last job is found out by the first query, and replaced.
            connection.health_check_enabled = True
            if "get_new_connection" not in vars(connection):
                checked = None if connection.settings_dict["CONN_HEALTH_CHECKS"] else connection.pool
                connection.get_new_connection = _patient(connection.get_new_connection, connection.alias, checked)


def _patient(
    connect: Callable[[Any], Any], alias: str, pool: ConnectionPool[Any] | None = None
) -> Callable[[Any], Any]:
    def get_new_connection(params: Any) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                found = connect(params)
                if pool is not None:
                    _check(found, pool)
            except psycopg.OperationalError:
                # A password that has never been right will not be in a minute.
                if alias not in _were_there or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                _were_there.add(alias)
                return found

    return get_new_connection


def _check(connection: psycopg.Connection[Any], pool: ConnectionPool[Any]) -> None:
    """Gives one that was lost, while it lay in a pool, back to it. Raises OperationalError."""
    try:
        pool.check_connection(connection)
    except psycopg.OperationalError:
        pool.putconn(connection)
        raise
