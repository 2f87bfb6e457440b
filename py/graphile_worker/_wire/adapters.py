"""Values of the database that Python has no plain form for: one job that has them must not hide all others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.pq import Format
from psycopg.types.datetime import TimestamptzBinaryLoader, TimestamptzLoader
from psycopg.types.json import set_json_loads

from .._basis.json_text import decode

# What stands for `infinity`, and for years that Python does not have.
FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
FAR_PAST = datetime.min.replace(tzinfo=UTC)


# Gives psycopg's compiled loader where there is one, several times as fast, which cannot be derived from; not those of
# psycopg.adapters, as an application may have put its own there.
_COMPILED = AdaptersMap(types=psycopg.adapters.types)
_COMPILED.register_loader("timestamptz", TimestamptzBinaryLoader)


class AnyTimestamp(TimestamptzLoader):
    """An instant of any year."""

    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            early = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
            return FAR_PAST if early else FAR_FUTURE


class AnyTimestampBinary(Loader):
    """The same, in the binary format: microseconds since 2000."""

    format = Format.BINARY

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        compiled = _COMPILED.get_loader(oid, Format.BINARY)
        assert compiled is not None
        self._load: Callable[[Buffer], datetime] = compiled(oid, context).load

    def load(self, data: Buffer) -> datetime:
        try:
            return self._load(data)
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
