"""JSON of requests and responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
from starlette.responses import Response

from .._basis.printable import shorten
from .._wire.shown_adapters import FAR_FUTURE, FAR_PAST

# What a year that Python does not have arrives as.
_NO_INSTANTS = {FAR_FUTURE: "infinity", FAR_PAST: "-infinity"}
# Columns that are JSON themselves.
_DOCUMENTS = frozenset({"payload", "metadata", "flags"})

LONGEST_DOCUMENT = 100_000
"""Bytes of a document that the page is sent."""
LONGEST_TEXT = 100_000
"""Characters of an error that the page is sent."""
LONGEST_NAME = 1000
"""Characters of any other text: ids of workers have no bounds."""
MOST_FLAGS = 100
# By `in_full` and `in_list`.
_CUT_ELSEWHERE = frozenset({"payload", "last_error"})


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
    """Puts a row of the client's into the form of the API: durations as seconds, times in UTC, documents as they are.

    What is very long is cut, and says so.

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
        elif isinstance(value, str) and field.name not in _CUT_ELSEWHERE:
            value = shorten(value, LONGEST_NAME)
        elif field.name == "flags" and value is not None:
            value, found["flags_left_out"] = _some_of(value)
        elif field.name in _DOCUMENTS and value is not None:
            value = document(value)
            if field.name not in _CUT_ELSEWHERE and len(bytes(value)) > LONGEST_DOCUMENT:
                value = shorten(bytes(value).decode(), LONGEST_DOCUMENT)
        found[field.name] = value
    return found


def _some_of(flags: Any) -> tuple[dict[str, Any], int]:
    """Returns the first flags, and how many others there are."""
    try:
        found = msgspec.json.decode(flags, type=dict[str, Any]) if isinstance(flags, msgspec.Raw) else dict(flags)
    except (msgspec.DecodeError, TypeError, ValueError):
        return {}, 0
    first = {shorten(name, LONGEST_NAME): found[name] for name in islice(found, MOST_FLAGS)}
    return first, max(0, len(found) - MOST_FLAGS)


def document(value: Any) -> msgspec.Raw:
    """Returns a JSON document as raw JSON, whether it is raw, or decoded by a pool of the caller's."""
    if isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.Raw(json.dumps(value, allow_nan=False).encode())
    except ValueError:
        # A number too large for a float has become infinity on its way, for which JSON has no word.
        return msgspec.Raw(json.dumps(json.dumps(value)).encode())
