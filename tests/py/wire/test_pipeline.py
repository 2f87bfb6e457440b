"""Statements past psycopg's cursor: together they are one round trip and one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from graphile_worker._wire.pipeline import DirectStatement, run_together
from tests import support
from tests.py.support.sessions import connect

Connection = psycopg.AsyncConnection[Any]


@pytest.fixture
async def connection(shared_database: str) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(shared_database, autocommit=True) as connection:
        await connection.execute("create temporary table notes (id bigint, note text)")
        yield connection


async def _nothing() -> None: ...


def _statement(connection: Connection, text: str, *, prepare: bool = True) -> DirectStatement:
    return DirectStatement(connection, text.encode(), prepare=prepare)


def _insert(connection: Connection) -> DirectStatement:
    return _statement(
        connection, "insert into notes select unnest(%(ids)s::bigint[]), %(note)s::text || '%%' returning id, note"
    )


async def _rows(connection: Connection, query: str) -> list[Any]:
    return await (await connection.execute(query)).fetchall()  # type: ignore[call-overload,no-any-return]


async def test_rows_come_in_the_order_of_the_statements(connection: Connection) -> None:
    insert, count = _insert(connection), _statement(connection, "select count(*) from notes")
    for ids, first in [([7, 8], 0), ([2**40], 2), ([], 3)]:
        before, inserted, after = await run_together(
            connection, [(count, {}), (insert, {"ids": ids, "note": "ü"}), (count, {})], _nothing
        )
        assert before.load(tuple) == [(first,)]
        assert (len(inserted), inserted.ids(), after.ids()) == (len(ids), ids, [first + len(ids)])
        # Not only at once, and not only in the order they came.
        assert inserted.load(list) == [[id_, "ü%"] for id_ in ids]
        assert inserted.load(tuple, first=min(1, len(ids))) == [(id_, "ü%") for id_ in ids[1:]]


@pytest.mark.parametrize("prepare", [True, False])
async def test_is_prepared_once_where_that_is_allowed(connection: Connection, prepare: bool) -> None:
    statement = _statement(connection, "select %(n)s::bigint", prepare=prepare)
    for n in range(3):
        [rows] = await run_together(connection, [(statement, {"n": n})], _nothing)
        assert rows.ids() == [n]
    names = await _rows(connection, "select name from pg_prepared_statements where name like 'graphile_worker_%'")
    assert len(names) == prepare


async def test_when_one_fails_the_others_are_undone_and_the_connection_goes_on(connection: Connection) -> None:
    insert, divide = _insert(connection), _statement(connection, "select 1 / %(by)s::bigint")
    calls = [(insert, {"ids": [1], "note": "a"}), (divide, {"by": 0}), (insert, {"ids": [2], "note": "b"})]
    # At first while they are being prepared, then as prepared ones.
    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await run_together(connection, calls, _nothing)
        assert await _rows(connection, "select from notes") == []
    [rows] = await run_together(connection, [(divide, {"by": 1})], _nothing)
    assert rows.ids() == [1]


async def test_a_commit_that_fails_is_told_and_the_connection_goes_on(connection: Connection) -> None:
    await connection.execute("alter table notes add unique (id) deferrable initially deferred")
    insert = _insert(connection)
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation):
            await run_together(connection, [(insert, {"ids": [1, 1], "note": "a"})], _nothing)
    [rows] = await run_together(connection, [(insert, {"ids": [1], "note": "a"})], _nothing)
    assert rows.ids() == [1]


async def test_values_that_cannot_be_sent_leave_the_connection_as_it_was(connection: Connection) -> None:
    insert = _insert(connection)
    with pytest.raises(psycopg.DataError, match="NUL"):
        await run_together(
            connection, [(insert, {"ids": [1], "note": "a"}), (insert, {"ids": [2], "note": "\0"})], _nothing
        )
    assert await _rows(connection, "select from notes") == []


async def _until_asleep(connection: Connection, database: str) -> None:
    """Until the server is at work on this connection."""
    query: Any = "select state from pg_stat_activity where pid = %s and query like '%%pg_sleep%%'"
    with connect(database) as monitor:
        pid = connection.info.backend_pid
        await support.eventually(lambda: monitor.execute(query, [pid]).fetchall() == [("active",)])


async def test_what_goes_wrong_meanwhile_is_told_and_ends_the_connection(
    connection: Connection, shared_database: str
) -> None:
    sleeping = _statement(connection, "select 1 from pg_sleep(%(seconds)s::float8)")

    async def meanwhile() -> None:
        # Before anybody waits for the answer.
        await _until_asleep(connection, shared_database)
        raise LookupError

    with pytest.raises(LookupError):
        await run_together(connection, [(sleeping, {"seconds": 1})], meanwhile)
    assert connection.closed


async def test_a_call_that_is_cancelled_ends_the_connection(connection: Connection, shared_database: str) -> None:
    sleeping = _statement(connection, "select 1 from pg_sleep(%(seconds)s::float8)")
    call = asyncio.create_task(run_together(connection, [(sleeping, {"seconds": 60})], _nothing))
    await _until_asleep(connection, shared_database)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert connection.closed


async def test_more_than_the_network_takes_at_once(connection: Connection) -> None:
    text = "x" * 20_000_000
    echo = _statement(connection, "select 1, %(text)s::text")
    [rows, again] = await run_together(connection, [(echo, {"text": text}), (echo, {"text": text})], _nothing)
    assert rows.load(tuple) == again.load(tuple) == [(1, text)]


async def test_a_server_that_ends_the_connection_says_why(connection: Connection, shared_database: str) -> None:
    sleeping = _statement(connection, "select 1 from pg_sleep(%(seconds)s::float8)")
    one = _statement(connection, "select 1")

    async def kill() -> None:
        with connect(shared_database) as other:
            other.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])

    with pytest.raises(psycopg.errors.AdminShutdown):
        await run_together(connection, [(one, {}), (sleeping, {"seconds": 60}), (one, {})], kill)
    assert connection.broken
