"""Rows, placeholders and adapters are those of the cursor, whatever the connection has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.adapt import Buffer, Loader
from psycopg.rows import dict_row, scalar_row

from graphile_worker._wire.cursors import AsyncCursor, Cursor

QUERY = "select %(a)s::int, 'é'::text, timestamptz '2020-01-02 03:04:05+00', array['a', null]"
ROW = (1, "é", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), ["a", None])


class Theirs(Loader):
    def load(self, data: Buffer) -> Any:
        raise AssertionError(f"the loader of the connection got {data!r}")


@pytest.mark.parametrize("row_factory", [dict_row, scalar_row])
async def test_nothing_of_the_connections_comes_in(server_url: str, row_factory: Any) -> None:
    with psycopg.connect(server_url, row_factory=row_factory, cursor_factory=psycopg.RawCursor) as plain:
        plain.adapters.register_loader("text", Theirs)
        assert Cursor(plain).execute(QUERY, {"a": 1}).fetchone() == ROW
    async with await psycopg.AsyncConnection.connect(
        server_url, row_factory=row_factory, cursor_factory=psycopg.AsyncRawCursor
    ) as connection:
        connection.adapters.register_loader("text", Theirs)
        cursor = AsyncCursor(connection)
        await cursor.execute(QUERY, {"a": 1})
        assert await cursor.fetchone() == ROW


def test_several_statements_in_one_text(server_url: str) -> None:
    with psycopg.connect(server_url) as connection:
        cursor = Cursor(connection, binary=False).execute("select 1; select 2")
        assert cursor.nextset()
        assert cursor.fetchone() == (2,)
