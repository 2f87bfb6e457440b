"""Statements past psycopg's cursor, while something else is being done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from graphile_worker._wire.pipeline import DirectStatement, Rows, fetch_meanwhile
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


async def _run(statement: DirectStatement, connection: Connection, **params: Any) -> Rows:
    return await fetch_meanwhile(connection, statement, params, _nothing)


async def test_rows_are_decoded_as_often_as_somebody_looks(connection: Connection) -> None:
    insert, count = _insert(connection), _statement(connection, "select count(*) from notes")
    for ids, first in [([7, 8], 0), ([2**40], 2), ([], 3)]:
        before = await _run(count, connection)
        inserted = await _run(insert, connection, ids=ids, note="ü")
        assert before.load(tuple) == [(first,)]
        assert (len(inserted), inserted.ids()) == (len(ids), ids)
        assert inserted.load(list) == [[id_, "ü%"] for id_ in ids]
        assert inserted.load(tuple, first=min(1, len(ids))) == [(id_, "ü%") for id_ in ids[1:]]
        assert inserted.load(tuple, 0, min(1, len(ids))) == [(id_, "ü%") for id_ in ids[:1]]


async def test_tells_null_without_decoding(connection: Connection) -> None:
    rows = await _run(_statement(connection, "values (1, null), (2, 'b')"), connection)
    assert [[rows.has(row, column) for column in range(2)] for row in range(2)] == [[True, False], [True, True]]


@pytest.mark.parametrize("prepare", [True, False])
async def test_is_prepared_once_where_that_is_allowed_and_pays(connection: Connection, prepare: bool) -> None:
    statement = _statement(connection, "select %(n)s::bigint", prepare=prepare)
    query = "select name from pg_prepared_statements where name like 'graphile_worker_%'"
    for n in range(8):
        assert (await _run(statement, connection, n=n)).ids() == [n]
        assert len(await _rows(connection, query)) == (prepare and n >= 4)


async def test_an_error_leaves_nothing_behind_and_the_connection_goes_on(connection: Connection) -> None:
    insert = _statement(
        connection, "insert into notes select 1 / g from generate_series(1, %(from)s::bigint, -1) as g returning 1"
    )
    # At first while it is not prepared, then as a prepared one.
    for _ in range(7):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await _run(insert, connection, **{"from": 0})
        assert await _rows(connection, "select from notes") == []
    assert len(await _run(insert, connection, **{"from": 1})) == 1


async def test_a_preparation_that_fails_is_told_and_the_connection_goes_on(connection: Connection) -> None:
    statement = _statement(connection, "select id from notes where note = %(note)s::text")
    for _ in range(4):
        await _run(statement, connection, note="a")
    await connection.execute("drop table notes")
    with pytest.raises(psycopg.errors.UndefinedTable):
        await _run(statement, connection, note="a")
    assert await _rows(connection, "select 1") == [(1,)]


async def test_a_commit_that_fails_is_told_and_the_connection_goes_on(connection: Connection) -> None:
    await connection.execute("alter table notes add unique (id) deferrable initially deferred")
    insert = _insert(connection)
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation):
            await _run(insert, connection, ids=[1, 1], note="a")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await connection.wait(insert.fetch({"ids": [1, 1], "note": "a"}))
    assert (await _run(insert, connection, ids=[1], note="a")).ids() == [1]


async def test_values_that_cannot_be_sent_leave_the_connection_as_it_was(connection: Connection) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        await _run(_insert(connection), connection, ids=[2], note="\0")
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
        await fetch_meanwhile(connection, sleeping, {"seconds": 1}, meanwhile)
    assert connection.closed


async def test_a_call_that_is_cancelled_ends_the_connection(connection: Connection, shared_database: str) -> None:
    sleeping = _statement(connection, "select 1 from pg_sleep(%(seconds)s::float8)")
    call = asyncio.create_task(_run(sleeping, connection, seconds=60))
    await _until_asleep(connection, shared_database)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert connection.closed


async def test_more_than_the_network_takes_at_once(connection: Connection) -> None:
    text = "x" * 20_000_000
    echo = _statement(connection, "select 1, %(text)s::text")
    assert (await _run(echo, connection, text=text)).load(tuple) == [(1, text)]


async def test_a_server_that_ends_the_connection_says_why(connection: Connection, shared_database: str) -> None:
    sleeping = _statement(connection, "select 1 from pg_sleep(%(seconds)s::float8)")

    async def kill() -> None:
        with connect(shared_database) as other:
            other.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])

    with pytest.raises(psycopg.errors.AdminShutdown):
        await fetch_meanwhile(connection, sleeping, {"seconds": 60}, kill)
    assert connection.broken
