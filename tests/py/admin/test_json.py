"""JSON of the admin page: no tag in it, durations in seconds, documents as the database has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from graphile_worker.admin._json import JsonResponse, document, encode, plain


@dataclass
class Row:
    age: timedelta
    at: datetime
    payload: Any
    flags: Any
    name: str | None


def test_a_row_for_the_page() -> None:
    paris = timezone(timedelta(hours=2))
    row = Row(timedelta(minutes=1.5), datetime(2030, 1, 1, 2, tzinfo=paris), msgspec.Raw(b'{"n": 1.000}'), None, None)
    assert plain(row) == {
        "age": 90.0,
        "at": datetime(2030, 1, 1, tzinfo=UTC),
        "payload": msgspec.Raw(b'{"n": 1.000}'),
        "flags": None,
        "name": None,
    }
    assert encode(plain(row)) == (
        b'{"age":90.0,"at":"2030-01-01T00:00:00Z","payload":{"n": 1.000},"flags":null,"name":null}'
    )


def test_no_answer_has_a_tag_in_it() -> None:
    hostile = {"a": "</script><b>", "raw": msgspec.Raw(b'"<!--"')}
    assert b"<" not in encode(hostile)
    assert msgspec.json.decode(encode(hostile)) == {"a": "</script><b>", "raw": "<!--"}
    response = JsonResponse({"a": "<"}, 418, {"x-a": "b"})
    assert (response.status_code, response.body, response.headers["x-a"]) == (418, b'{"a":"\\u003c"}', "b")
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (msgspec.Raw(b"1.000"), b"1.000"),
        ({"a": [1, None]}, b'{"a": [1, null]}'),
        # As a pool of the caller's reads 1e999; JSON has no word for it.
        ([float("inf")], b'"[Infinity]"'),
    ],
)
def test_documents(value: Any, text: bytes) -> None:
    assert bytes(document(value)) == text
