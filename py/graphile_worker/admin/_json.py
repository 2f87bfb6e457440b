"""JSON of requests and responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from starlette.responses import Response

from .._wire.adapters import FAR_FUTURE, FAR_PAST

# What a year that Python does not have arrives as.
_NO_INSTANTS = {FAR_FUTURE: "infinity", FAR_PAST: "-infinity"}
# Columns that are JSON themselves.
_DOCUMENTS = frozenset({"payload", "metadata", "flags"})


class JsonResponse(Response):
    """A response with anything that `encode` takes."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(encode(content), status, headers)


def encode(content: Any) -> bytes:
    """Encodes to JSON without `<`: a browser that takes it for a page finds no tag in it.

    >>> encode({"error": "<b>"})
    b'{"error":"\\\\u003cb>"}'
    """
    return msgspec.json.encode(content).replace(b"<", b"\\u003c")


def plain(row: Any) -> dict[str, Any]:
    """Converts a row of the client's to what the API shows: durations as seconds, times in UTC, documents as they are.

    >>> from graphile_worker import QueueLength
    >>> row = QueueLength(queue_name="mail", ready=1, oldest_ready_age=timedelta(minutes=1), locked_at=None,
    ...                   locked_by=None, paused_at=None, capped=False)
    >>> plain(row)["oldest_ready_age"]
    60.0
    """
    found = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, timedelta):
            value = value.total_seconds()
        elif isinstance(value, datetime):
            value = _NO_INSTANTS.get(value) or value.astimezone(UTC)
        elif field.name in _DOCUMENTS and value is not None:
            value = document(value)
        found[field.name] = value
    return found


def document(value: Any) -> msgspec.Raw:
    """Returns a JSON document as raw JSON, whether it is raw, or decoded by a pool of the caller's."""
    if isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.Raw(json.dumps(value, allow_nan=False).encode())
    except ValueError:
        # A number too large for a float has become infinity on its way, for which JSON has no word.
        return msgspec.Raw(json.dumps(json.dumps(value)).encode())


def pretty(raw: msgspec.Raw) -> str:
    """Indents a document for people; numbers keep their digits."""
    try:
        return msgspec.json.format(bytes(raw), indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        # PostgreSQL's json may hold a lone surrogate, which is not JSON to everybody, and any number of brackets.
        return bytes(raw).decode()
