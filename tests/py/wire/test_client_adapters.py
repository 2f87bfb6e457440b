"""Values that Python has no plain form for: read in both formats, in the place of an error that hides everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest

from graphile_worker._wire.client_adapters import CLIENT, FAR_FUTURE, FAR_PAST, decode_any
from graphile_worker._wire.cursors import Cursor


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2030-01-02 03:04:05.678901+00", datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ("infinity", FAR_FUTURE),
        ("-infinity", FAR_PAST),
        ("20000-01-01 00:00+00", FAR_FUTURE),
        ("4000-01-01 00:00+00 BC", FAR_PAST),
    ],
)
def test_instants(shared_database: str, written: str, read: datetime, binary: bool) -> None:
    with psycopg.connect(shared_database, options="-c timezone=UTC") as connection:
        row = Cursor(connection, CLIENT).execute("select %s::timestamptz", [written], binary=binary).fetchone()
    assert row == (read,)


@pytest.mark.parametrize("type_name", ["json", "jsonb"])
def test_documents(shared_database: str, type_name: str) -> None:
    deep = "[" * 5000 + "]" * 5000
    with psycopg.connect(shared_database) as connection:
        query = f"select %s::{type_name}, %s::{type_name}"
        row = Cursor(connection, CLIENT).execute(query.encode(), ['{"a": [1, null]}', deep]).fetchone()
    assert row is not None
    plain, odd = row
    assert plain == {"a": [1, None]}
    assert isinstance(odd, msgspec.Raw)
    assert bytes(odd).decode() == deep


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 5000 + "]" * 5000])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_what_is_too_much_is_handed_on_as_text(text: str, as_bytes: bool) -> None:
    found: Any = decode_any(text.encode() if as_bytes else text)
    assert isinstance(found, msgspec.Raw)
    assert bytes(found).decode() == text


def test_other_connections_are_as_they_were(shared_database: str) -> None:
    with psycopg.connect(shared_database) as ours, psycopg.connect(shared_database) as another:
        assert Cursor(ours).execute("select 'infinity'::timestamptz").fetchone() == (FAR_FUTURE,)
        with pytest.raises(psycopg.DataError):
            another.execute("select 'infinity'::timestamptz").fetchone()
