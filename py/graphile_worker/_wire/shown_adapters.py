"""Adapters for what the command and the page show: JSON as it stands in the database."""

from __future__ import annotations

import msgspec
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_loads

from .client_adapters import FAR_FUTURE as FAR_FUTURE
from .client_adapters import FAR_PAST as FAR_PAST
from .client_adapters import fresh, take_any_instant


class _JsonAsItIs(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> msgspec.Raw:
        return msgspec.Raw(bytes(data))


AS_IT_IS = take_any_instant(fresh())
"""Python values, but payloads as they stand in the database: digits, duplicates and all."""
AS_IT_IS.register_loader("json", _JsonAsItIs)

ALL_AS_IT_IS = take_any_instant(fresh())
"""Flags and metadata, too, as they stand in the database."""
set_json_loads(lambda data: msgspec.Raw(data.encode() if isinstance(data, str) else bytes(data)), ALL_AS_IT_IS)
