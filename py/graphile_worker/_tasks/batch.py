"""Batch tasks: a payload that is an array, of which the failed items alone are tried again."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import msgspec

from .._basis.errors import PayloadError
from .._basis.json_text import decode
from .._basis.printable import a_kind
from .errors import BatchPartlyFailed


def check_batch(identifier: str, payload_json: bytes) -> None:
    """Raises PayloadError for what is no batch: the job fails as it is."""
    items = decode(payload_json)
    if not isinstance(items, list):
        raise PayloadError(f"{identifier} is a batch task, its payload must be an array of items")
    if not items:
        raise PayloadError(f"{identifier} is a batch task, and this batch is empty")


def settle_batch(identifier: str, payload_json: bytes, results: Any) -> None:
    """Judges a batch by its results. Raises BatchPartlyFailed, or ValueError for results that fit no batch."""
    if results is None:
        return
    items = decode(payload_json)
    if not isinstance(results, (list, tuple)) or len(results) != len(items):
        got = f"{len(results)} results" if isinstance(results, (list, tuple)) else a_kind(results)
        raise ValueError(f"{identifier} got {len(items)} items and returned {got}; it returns one each, or None")
    failed = {place: result for place, result in enumerate(results) if result is not None}
    if failed:
        first = next(iter(failed.values()))
        reason = f"{type(first).__name__}: {first}" if isinstance(first, BaseException) else str(first)
        raise BatchPartlyFailed(
            f"{len(failed)} of {len(items)} items failed; the first: {reason}", _kept(payload_json, failed)
        )


def _kept(payload_json: bytes, places: Collection[int]) -> str | None:
    """Returns the items at some places as a JSON array, each as it was written; None when they make no JSON again."""
    try:
        written = msgspec.json.decode(payload_json, type=list[msgspec.Raw])
        return (b"[" + b",".join(bytes(written[place]) for place in places) + b"]").decode()
    except msgspec.DecodeError:
        # A lone surrogate, which PostgreSQL's json may hold. What it has no number for, 1e999, Python can't write back.
        items = json.loads(payload_json)
        try:
            return json.dumps([items[place] for place in places], allow_nan=False)
        except ValueError:
            return None
