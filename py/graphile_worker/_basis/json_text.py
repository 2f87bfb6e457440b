"""Payloads between Python values and the JSON text that the database keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from .errors import PayloadError


def encode(payload: Any) -> str | None:
    """Returns the JSON text of a payload; None for None, which the database stores as `{}`.

    Takes whatever msgspec writes: dict, list, str, numbers, datetime, UUID, Decimal, Enum, dataclasses, attrs
    classes, msgspec structs; and pydantic models.

    >>> encode({"to": "ada@example.com"})
    '{"to":"ada@example.com"}'
    """
    if payload is None:
        return None
    try:
        return msgspec.json.encode(payload, enc_hook=_pydantic).decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise PayloadError(
            f"the payload, a {type(payload).__name__}, can't be written as JSON: {error}",
            hint="Give a dict, list, dataclass or another value that has a JSON form",
        ) from error


def encode_all(payloads: Sequence[Any]) -> str:
    """Returns a JSON array of the payloads, each as `encode` writes it; `{}` for None.

    >>> encode_all([None, 1])
    '[{},1]'
    """
    for payload in payloads:
        if type(payload) is msgspec.Raw:
            _check_raw(payload)
    try:
        return msgspec.json.encode(
            [{} if payload is None else payload for payload in payloads], enc_hook=_pydantic
        ).decode()
    except (TypeError, ValueError, RecursionError):
        # Raises for the one that it is about.
        return f"[{','.join(encode(payload) or '{}' for payload in payloads)}]"


def _check_raw(payload: msgspec.Raw) -> None:
    """Raises PayloadError for a text that is not one JSON document: in an array it would take others' places."""
    try:
        msgspec.json.decode(payload, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        try:
            # A lone surrogate is one to PostgreSQL.
            json.loads(bytes(payload))
        except (ValueError, RecursionError) as error:
            raise PayloadError(f"a payload given as msgspec.Raw is not JSON: {error}") from error


def decoder(payload_type: Any) -> Callable[[bytes], Any]:
    """Returns a function from JSON text to a value of the type; it raises ValueError or TypeError for a misfit."""
    validate = getattr(payload_type, "model_validate_json", None)
    if validate is not None:
        return cast("Callable[[bytes], Any]", validate)
    if payload_type in (Any, dict, list, object):
        return decode
    return msgspec.json.Decoder(payload_type).decode


def decode(payload_json: bytes) -> Any:
    """Decodes JSON text to plain Python values."""
    try:
        return msgspec.json.decode(payload_json)
    except msgspec.DecodeError:
        # PostgreSQL's json holds what is not strictly JSON elsewhere, a lone surrogate for one.
        return json.loads(payload_json)


def _pydantic(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"a {type(value).__name__} has no JSON form")
    return dump(mode="json")
