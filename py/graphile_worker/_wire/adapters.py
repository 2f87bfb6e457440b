"""Adapters that hand out JSON as it stands in the database, for claims and for the jobs of others: only the task knows
how to decode its payloads.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_loads
from psycopg.types.string import ByteaBinaryLoader

from .client_adapters import fresh, take_any_instant


class _AnyText(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode(errors="backslashreplace")


class _AnyTextBinary(_AnyText):
    format = Format.BINARY


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


_WORKER = _keep_json(fresh())
_RECOVERY = take_any_instant(_keep_json(fresh()))
_ANY_TEXT = {id(adapters): _take_any_text(adapters) for adapters in (_WORKER, _RECOVERY)}


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
