"""Values of the database that Python has no plain form for: one job that has them must not hide all others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg.adapt import Buffer
from psycopg.types.datetime import TimestamptzBinaryLoader, TimestamptzLoader
from psycopg.types.json import set_json_loads

from ._payload import decode

# What stands for `infinity`, and for years that Python does not have.
FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
FAR_PAST = datetime.min.replace(tzinfo=UTC)


class AnyTimestamp(TimestamptzLoader):
    """An instant of any year."""

    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            early = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
            return FAR_PAST if early else FAR_FUTURE


class AnyTimestampBinary(TimestamptzBinaryLoader):
    """The same, in the binary format: microseconds since 2000."""

    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return FAR_PAST if bytes(data)[0] & 0x80 else FAR_FUTURE


def decode_any(document: str | bytes) -> Any:
    """Plain Python values, or the text as msgspec.Raw where it is nested too deeply, or a number is too long."""
    encoded = document.encode() if isinstance(document, str) else document
    try:
        return decode(encoded)
    except (RecursionError, ValueError):
        return msgspec.Raw(encoded)


def load_any(connection: psycopg.BaseConnection[Any]) -> None:
    """Has a connection take whatever the database holds."""
    connection.adapters.register_loader("timestamptz", AnyTimestamp)
    connection.adapters.register_loader("timestamptz", AnyTimestampBinary)
    set_json_loads(decode_any, connection)
