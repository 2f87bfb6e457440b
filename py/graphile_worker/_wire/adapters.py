"""How values travel between Python and the database: adapters of our own, as an application may have put its own in the
place of psycopg's, for all its connections or for the one that it lends. And values that Python has no plain form for:
one job that has them must not hide all others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.dbapi20 import register_dbapi20_adapters
from psycopg.postgres import register_default_adapters, register_default_types
from psycopg.pq import Format
from psycopg.types import TypesRegistry
from psycopg.types.array import register_all_arrays
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.json import set_json_loads
from psycopg.types.string import ByteaBinaryLoader

from .._basis.json_text import decode

# What stands for `infinity`, and for years that Python does not have.
FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
FAR_PAST = datetime.min.replace(tzinfo=UTC)


def _fresh() -> AdaptersMap:
    """Makes the adapters that psycopg has before anybody changes them, in the order in which it registers them."""
    adapters = AdaptersMap(types=TypesRegistry())
    register_default_types(adapters.types)
    register_default_adapters(adapters)
    register_dbapi20_adapters(adapters)
    register_all_arrays(adapters)
    return adapters


# Gives psycopg's compiled loader where there is one, several times as fast, which cannot be derived from.
_COMPILED = _fresh()


class AnyTimestamp(TimestamptzLoader):
    """An instant of any year."""

    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            early = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
            return FAR_PAST if early else FAR_FUTURE


class AnyTimestampBinary(Loader):
    """An AnyTimestamp in the binary format: microseconds since 2000."""

    format = Format.BINARY

    def __init__(self, oid: int, context: Any = None) -> None:
        super().__init__(oid, context)
        compiled = _COMPILED.get_loader(oid, Format.BINARY)
        assert compiled is not None
        self._load: Callable[[Buffer], datetime] = compiled(oid, context).load

    def load(self, data: Buffer) -> datetime:
        try:
            return self._load(data)
        except psycopg.DataError:
            return FAR_PAST if bytes(data)[0] & 0x80 else FAR_FUTURE


class _AnyText(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode(errors="backslashreplace")


class _AnyTextBinary(_AnyText):
    format = Format.BINARY


class _JsonAsItIs(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> msgspec.Raw:
        return msgspec.Raw(bytes(data))


def decode_any(document: str | bytes) -> Any:
    """Decodes JSON into plain values; into msgspec.Raw where it is nested too deeply, or a number is too long."""
    encoded = document.encode() if isinstance(document, str) else document
    try:
        return decode(encoded)
    except (RecursionError, ValueError):
        return msgspec.Raw(encoded)


def _take_any_instant(adapters: AdaptersMap) -> AdaptersMap:
    adapters.register_loader("timestamptz", AnyTimestamp)
    adapters.register_loader("timestamptz", AnyTimestampBinary)
    return adapters


def _take_any_text(adapters: AdaptersMap) -> AdaptersMap:
    adapters = AdaptersMap(adapters)
    for loader in (_AnyText, _AnyTextBinary):
        adapters.register_loader("text", loader)
    return adapters


def _keep_json(adapters: AdaptersMap) -> AdaptersMap:
    """Makes adapters hand out JSON as it came: what is decoded, and into what, is the task's business."""
    set_json_loads(lambda data: data.encode() if isinstance(data, str) else bytes(data), adapters)
    # The payload, which every job has: the bytes are what crosses the wire, and this one is compiled.
    adapters.register_loader("json", ByteaBinaryLoader)
    return adapters


CLIENT = _take_any_instant(_fresh())
"""Whatever the database holds, as Python values."""
set_json_loads(decode_any, CLIENT)

AS_IT_IS = _take_any_instant(_fresh())
"""Python values, but payloads as they stand in the database: digits, duplicates and all."""
AS_IT_IS.register_loader("json", _JsonAsItIs)

ALL_AS_IT_IS = _take_any_instant(_fresh())
"""Flags and metadata, too, as they stand in the database."""
set_json_loads(lambda data: msgspec.Raw(data.encode() if isinstance(data, str) else bytes(data)), ALL_AS_IT_IS)

_WORKER = _keep_json(_fresh())
_RECOVERY = _take_any_instant(_keep_json(_fresh()))
_ANY_TEXT = {id(adapters): _take_any_text(adapters) for adapters in (_WORKER, _RECOVERY)}


class Adaptation(NamedTuple):
    """What psycopg calls an AdaptContext: adapters for the values of one connection."""

    adapters: AdaptersMap
    connection: psycopg.BaseConnection[Any]


def of_worker(connection: psycopg.BaseConnection[Any]) -> AdaptersMap:
    """Returns the adapters for claims: JSON as bytes."""
    return _fitting(_WORKER, connection)


def of_recovery(connection: psycopg.BaseConnection[Any]) -> AdaptersMap:
    """Returns the adapters for jobs of others: JSON as bytes, and instants of any year."""
    return _fitting(_RECOVERY, connection)


def _fitting(adapters: AdaptersMap, connection: psycopg.BaseConnection[Any]) -> AdaptersMap:
    # See connections.take_any_text.
    is_any = connection.info.parameter_status("client_encoding") == "SQL_ASCII"
    return _ANY_TEXT[id(adapters)] if is_any else adapters
