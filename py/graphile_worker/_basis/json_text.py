"""Payloads between Python values and the JSON text that the database keeps."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

import msgspec

from .arguments import plain_instant
from .errors import PayloadError
from .printable import a_kind


def encode(payload: Any) -> str | None:
    """Returns the JSON text of a payload; None for None, which the database stores as `{}`.

    Takes whatever msgspec writes: dict, list, str, numbers, datetime, UUID, Decimal, Enum, dataclasses, attrs
    classes, msgspec structs; their subclasses; and pydantic models, whose fields it names as they are read.

    >>> encode({"to": "ada@example.com"})
    '{"to":"ada@example.com"}'
    """
    if payload is None:
        return None
    try:
        text = msgspec.json.encode(payload, enc_hook=_plain).decode()
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise PayloadError(
            f"the payload, {a_kind(payload)}, can't be written as JSON: {error}",
            hint="Give a dict, list, dataclass or another value that has a JSON form",
        ) from error
    if type(payload) is msgspec.Raw:
        # How deep it may be nested is for the database to say.
        with suppress(RecursionError):
            _check_raw(payload)
    elif "null" in text:
        _refuse_no_number(payload)
    return text


def encode_all(payloads: Sequence[Any]) -> str:
    """Returns a JSON array of the payloads, each as `encode` writes it; `{}` for None.

    >>> encode_all([None, 1])
    '[{},1]'
    """
    # Two passes less for most, who have neither.
    kinds = set(map(type, payloads))
    if msgspec.Raw in kinds:
        for payload in payloads:
            if type(payload) is msgspec.Raw:
                try:
                    _check_raw(payload)
                except RecursionError as error:
                    raise PayloadError(f"a payload given as msgspec.Raw is nested too deeply: {error}") from error
    if type(None) in kinds:
        payloads = [{} if payload is None else payload for payload in payloads]
    try:
        text = msgspec.json.encode(payloads, enc_hook=_plain).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        # Raises for the one that it is about.
        return f"[{','.join(encode(payload) or '{}' for payload in payloads)}]"
    if "null" in text:
        _refuse_no_number(payloads, "payloads")
    return text


def _check_raw(payload: msgspec.Raw) -> None:
    """Raises PayloadError for a text that is not one JSON document: in an array it would take others' places."""
    try:
        msgspec.json.decode(payload, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        try:
            # A lone surrogate is one to PostgreSQL.
            json.loads(bytes(payload), parse_constant=_no_number)
        except ValueError as error:
            raise PayloadError(f"a payload given as msgspec.Raw is not JSON: {error}") from error


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"it has no {constant}")


def _refuse_no_number(payload: Any, name: str = "payload") -> None:
    """Raises PayloadError for NaN and infinity, which msgspec writes as null; called only where there is a null."""
    # Several times as fast as to go through all values, and rarely mistaken; it has no integers of more than 64 bits.
    with suppress(OverflowError):
        packed = msgspec.msgpack.encode(payload, enc_hook=_plain)
        if not any(start in packed for start in _HUGE):
            return
    found = msgspec.to_builtins(payload, enc_hook=_plain, builtin_types=_LEFT_ALONE, str_keys=True)
    for where, value in _no_numbers(found, name):
        raise PayloadError(
            f"{where} is {value}, for which JSON has no number",
            hint="Leave it out, or give None or a text: a handler would not get what was added",
        )


_HUGE = (b"\xcb\x7f", b"\xcb\xff")
"""How MessagePack writes floats that are infinite, not a number, or as large as 1e300."""
_LEFT_ALONE = (bytes, bytearray, datetime.datetime, datetime.date, datetime.time, datetime.timedelta, Decimal, UUID)
"""Of no interest to who looks for numbers."""


def _no_numbers(value: Any, where: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _no_numbers(item, f"{where}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _no_numbers(item, f"{where}[{place}]")


def decode(payload_json: bytes) -> Any:
    """Decodes JSON text to plain Python values."""
    try:
        return msgspec.json.decode(payload_json)
    except msgspec.DecodeError:
        # PostgreSQL's json holds what is not strictly JSON elsewhere, a lone surrogate for one.
        return json.loads(payload_json)


def _plain(value: Any) -> Any:
    """Returns what msgspec knows for what it does not: models, and subclasses of str, numbers, instants and UUIDs."""
    if (dump := getattr(value, "model_dump", None)) is not None:
        # Who has no models of pydantic needs nothing of the module.
        from .round_trip import REVEAL, STARS, hides_secrets

        found = dump(mode="json", by_alias=True, round_trip=True)
        if hides_secrets(value.__class__):
            raise TypeError(f"in {a_kind(value)} {STARS}. {REVEAL}")
        return found
    for cls, plain in _PLAIN:
        if isinstance(value, cls):
            return plain(value)
    if isinstance(value, msgspec.Raw):
        # Only asked for by who looks for numbers.
        return None
    raise TypeError(f"{a_kind(value)} has no JSON form")


_PLAIN: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (Decimal, Decimal),
    (datetime.datetime, plain_instant),
    (UUID, lambda value: UUID(int=value.int)),
)
