"""The check that another library runs on psycopg 3, so that a client can share its connection."""

from __future__ import annotations

from typing import TypeVar

import psycopg

from .._basis.errors import InvalidArgument

C = TypeVar("C", bound=psycopg.BaseConnection)


def checked(connection: object, expected: type[C], *, whose: str, remedy: str) -> C:
    """Returns a `connection` of psycopg 3 of the kind expected; else raises InvalidArgument that names the driver."""
    if isinstance(connection, expected):
        return connection
    driver = type(connection).__module__.partition(".")[0]
    if isinstance(connection, psycopg.BaseConnection):
        driver = "async psycopg" if isinstance(connection, psycopg.AsyncConnection) else "blocking psycopg"
    raise InvalidArgument(f"{whose} runs on {driver}, where jobs can't be added", hint=remedy)
