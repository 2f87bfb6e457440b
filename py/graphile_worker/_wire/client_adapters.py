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
from psycopg.types.json import set_json_loads

from .._basis.json_text import decode

# What stands for `infinity`, and for years that Python does not have.
FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
FAR_PAST = datetime.min.replace(tzinfo=UTC)


def fresh() -> AdaptersMap:
    """Makes the adapters that psycopg has before anybody changes them, in the order in which it registers them."""
    adapters = AdaptersMap(types=TypesRegistry())
    register_default_types(adapters.types)
    register_default_adapters(adapters)
    register_dbapi20_adapters(adapters)
    register_all_arrays(adapters)
    return adapters


# Gives psycopg's compiled loader where there is one, several times as fast, which cannot be derived from.
_COMPILED = fresh()


class AnyTimestamp(Loader):
    """An instant of any year."""

    def __init__(self, oid: int, context: Any = None) -> None:
        super().__init__(oid, context)
        compiled = _COMPILED.get_loader(oid, self.format)
        assert compiled is not None
        self._load: Callable[[Buffer], datetime] = compiled(oid, context).load

    def load(self, data: Buffer) -> datetime:
        try:
            return self._load(data)
        except psycopg.DataError:
            return FAR_PAST if self._is_early(bytes(data)) else FAR_FUTURE

    def _is_early(self, data: bytes) -> bool:
        return data.startswith(b"-") or data.endswith(b"BC")


class AnyTimestampBinary(AnyTimestamp):
    """An AnyTimestamp in the binary format: microseconds since 2000."""

    format = Format.BINARY

    def _is_early(self, data: bytes) -> bool:
        return bool(data[0] & 0x80)


def decode_any(document: str | bytes) -> Any:
    """Decodes JSON into plain values; into msgspec.Raw where it is nested too deeply, or a number is too long."""
    encoded = document.encode() if isinstance(document, str) else document
    try:
        return decode(encoded)
    except (RecursionError, ValueError):
        return msgspec.Raw(encoded)


def take_any_instant(adapters: AdaptersMap) -> AdaptersMap:
    """Makes adapters read instants of any year."""
    adapters.register_loader("timestamptz", AnyTimestamp)
    adapters.register_loader("timestamptz", AnyTimestampBinary)
    return adapters


CLIENT = take_any_instant(fresh())
"""Whatever the database holds, as Python values."""
set_json_loads(decode_any, CLIENT)


class Adaptation(NamedTuple):
    """What psycopg calls an AdaptContext: adapters for the values of one connection."""

    adapters: AdaptersMap
    connection: psycopg.BaseConnection[Any]
