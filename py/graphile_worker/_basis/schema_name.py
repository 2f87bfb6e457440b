"""The name of the schema, as it stands in SQL."""

from __future__ import annotations

from .arguments import of
from .errors import InvalidArgument

PLACEHOLDER = "@extschema@"
"""Stands for it in every statement and file of ours."""


def quote_schema(schema: str) -> str:
    """Returns the schema's name as it stands in SQL, always quoted.

    Raises InvalidArgument for a name that CREATE EXTENSION would refuse, or PostgreSQL would cut.

    >>> quote_schema("My Queue")
    '"My Queue"'
    """
    of(str)(schema, "schema name")
    if not schema:
        raise InvalidArgument("the schema name is empty", hint="The default is graphile_worker")
    if bad := sorted(set(schema) & set("\"'$\\\0")):
        raise InvalidArgument(
            f"bad schema name {schema!r}: it has {' '.join(map(repr, bad))}",
            hint="Any name works but one with a quote, a double quote, a dollar sign or a backslash",
        )
    # Surrogates: bytes of an argument that are not UTF-8.
    if any("\ud800" <= character <= "\udfff" for character in schema):
        raise InvalidArgument(f"bad schema name {schema!r}: it is not text", hint="A name is UTF-8")
    if len(schema.encode()) > 63:
        raise InvalidArgument(
            f"bad schema name {schema!r}: {len(schema.encode())} bytes", hint="PostgreSQL takes up to 63 bytes"
        )
    if schema.startswith("pg_"):
        raise InvalidArgument(
            f"bad schema name {schema!r}", hint="Names that begin with pg_ are reserved for PostgreSQL"
        )
    return f'"{schema}"'
