"""Payloads as JSON text and back: what has a JSON form arrives, what has none is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest

from graphile_worker import PayloadError
from graphile_worker._basis.json_text import decode, encode, encode_all


@dataclass
class Mail:
    to: str
    copies: int = 1


class Colour(Enum):
    RED = "red"


class Pydantic:
    """What this package knows of a pydantic model."""

    def model_dump(self, *, mode: str, by_alias: bool, round_trip: bool) -> dict[str, Any]:
        return {"mode": mode, "reads": by_alias and round_trip}


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ({"a": [1, 2.5, None, True]}, '{"a":[1,2.5,null,true]}'),
        ("ö\n", '"ö\\n"'),
        (Mail("ada@example.com"), '{"to":"ada@example.com","copies":1}'),
        (datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), '"2030-01-02T03:04:05Z"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Decimal("1.10"), '"1.10"'),
        (Colour.RED, '"red"'),
        (Pydantic(), '{"mode":"json","reads":true}'),
        (msgspec.Raw(b'{"n": 1.000}'), '{"n": 1.000}'),
    ],
)
def test_encode(payload: Any, text: str) -> None:
    assert encode(payload) == text
    assert encode_all([payload, None]) == f"[{text},{{}}]"


def test_nothing_is_left_to_the_database() -> None:
    assert encode(None) is None


@pytest.mark.parametrize("payload", [object(), {"a": {1, 2}, "b": object()}, {(1, 2): 3}])
def test_what_has_no_json_form_is_named(payload: Any) -> None:
    with pytest.raises(PayloadError, match=f"the payload, an? {type(payload).__name__}, can't be written as JSON"):
        encode(payload)
    with pytest.raises(PayloadError, match=f"the payload, an? {type(payload).__name__}, can't be written as JSON"):
        encode_all([1, payload, 2])


def test_what_goes_round_in_a_circle_is_an_error_too() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(PayloadError, match="can't be written"):
        encode(circle)


@pytest.mark.parametrize("raw", [b"1,2", b"[1", b"", b"1]", b"nothing"])
def test_a_raw_text_takes_one_place_of_an_array(raw: bytes) -> None:
    with pytest.raises(PayloadError, match=r"given as msgspec\.Raw is not JSON"):
        encode_all([msgspec.Raw(raw), 3])


@pytest.mark.parametrize("raw", [b"nothing", b"[NaN]", b"", b"1 2"])
def test_a_raw_text_is_json(raw: bytes) -> None:
    with pytest.raises(PayloadError, match=r"given as msgspec\.Raw is not JSON"):
        encode(msgspec.Raw(raw))


def test_a_raw_lone_surrogate_is_json_to_postgresql() -> None:
    assert encode_all([msgspec.Raw(rb'"\ud800"')]) == r'["\ud800"]'


def test_decode_takes_what_postgresqls_json_takes() -> None:
    assert decode(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
    assert decode(rb'"\ud800"') == "\ud800"
    with pytest.raises(json.JSONDecodeError):
        decode(b"{")
