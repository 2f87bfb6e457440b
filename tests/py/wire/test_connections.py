"""Connections: their defaults, their end, texts that a database can hold, and which errors pass."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient
from graphile_worker._wire.adapters import of_worker
from graphile_worker._wire.connections import (
    ConnectionSource,
    cut,
    is_transient,
    pool_of,
    storable,
    take_any_text,
    was_rolled_back,
)
from graphile_worker._wire.conninfo import with_defaults
from graphile_worker._wire.cursors import AsyncCursor, Cursor
from tests import support
from tests.py.support.sessions import connect


def test_which_errors_pass() -> None:
    errors = psycopg.errors
    for passing in (
        errors.DeadlockDetected, errors.SerializationFailure, errors.AdminShutdown, errors.CannotConnectNow,
        errors.TooManyConnections, errors.DiskFull, errors.ReadOnlySqlTransaction, errors.LockNotAvailable,
        errors.QueryCanceled, errors.ConnectionFailure, psycopg.OperationalError, psycopg.InterfaceError,
    ):  # fmt: skip
        assert is_transient(passing()), passing
    assert is_transient(psycopg.OperationalError("server closed the connection unexpectedly"))
    assert not is_transient(psycopg.DataError("text fields cannot contain NUL (0x00) bytes"))
    assert not was_rolled_back(psycopg.OperationalError("server closed the connection unexpectedly"))


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("select 1 / 0", False),
        ("do $$ begin raise exception 'no'; end $$", False),
        ("select nextval('nowhere')", False),
        # An OperationalError for psycopg, and the same tomorrow.
        ("do $$ begin raise exception using errcode = '54000'; end $$", False),
        ("do $$ begin raise exception using errcode = '55000'; end $$", False),
        ("do $$ begin raise exception using errcode = '40P01'; end $$", True),
        ("select pg_terminate_backend(pg_backend_pid())", True),
    ],
)
def test_which_errors_of_a_server_pass(server_url: str, statement: str, passes: bool) -> None:
    with connect(server_url) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement.encode())
    assert is_transient(caught.value) == passes
    assert was_rolled_back(caught.value) == ("terminate" not in statement)


async def test_who_waits_on_a_connection_that_is_cut_learns_of_it(shared_database: str) -> None:
    async with await psycopg.AsyncConnection.connect(shared_database) as connection:
        waiting = asyncio.create_task(connection.execute("select pg_sleep(60)"))
        await asyncio.sleep(0)
        cut(connection)
        async with asyncio.timeout(30):
            with pytest.raises(psycopg.OperationalError):
                await waiting


@pytest.mark.parametrize("kind", ["worker", "heartbeat", "client"])
async def test_a_connection_is_not_left_half_open_when_its_opening_is_cancelled(kind: str) -> None:
    """A server's process that waits for the rest of it is in the way of `drop database`, for a minute."""
    asked, closed = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        asked.set()
        await reader.read()
        closed.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        url = f"postgresql://nobody@{host}:{port}/nothing?sslmode=disable&gssencmode=disable"
        source, client = ConnectionSource(url), AsyncClient(url)
        opening: Any = {
            "worker": lambda: source.open("somebody"),
            "heartbeat": lambda: source.open_apart("somebody"),
            "client": client.stats,
        }[kind]
        task = asyncio.create_task(opening())
        await asyncio.wait_for(asked.wait(), 20)
        task.cancel()
        # Who holds the exception would hold the socket, too.
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        await asyncio.wait_for(closed.wait(), 10)
        assert caught.tb is not None


@pytest.mark.parametrize(
    ("encoding", "stored"),
    [
        ("UTF8", "ö € \\ud800"),
        ("LATIN1", "ö \\u20ac \\ud800"),
        ("WIN1252", "\\xf6 \\u20ac \\ud800"),
        ("SQL_ASCII", "ö € \\ud800"),
    ],
)
def test_any_message_can_be_stored(server_url: str, encoding: str, stored: str) -> None:
    with support.encoded_database(server_url, encoding) as url, psycopg.connect(with_defaults(url)) as connection:
        text = storable("ö € \ud800", connection)
        assert text == stored
        assert connection.execute("select %s::text", [text]).fetchone() == (stored,)


async def test_bytes_that_are_no_text_do_not_hide_an_answer(server_url: str) -> None:
    with support.encoded_database(server_url, "SQL_ASCII") as url:
        async with await psycopg.AsyncConnection.connect(with_defaults(url), autocommit=True) as connection:
            await take_any_text(connection)
            for binary in (False, True):
                cursor = AsyncCursor(connection, of_worker(connection), binary=binary)
                await cursor.execute(r"select e'\xff'::text, e'\xc3\xb6'::text")
                assert await cursor.fetchone() == ("\\xff", "ö")


def test_json_comes_as_it_is(shared_database: str) -> None:
    with psycopg.connect(shared_database) as connection:
        for binary in (False, True):
            cursor = Cursor(connection, of_worker(connection), binary=binary)
            row = cursor.execute("""select '{"n":  1.000}'::json, '[1]'::jsonb""").fetchone()
            assert row == (b'{"n":  1.000}', b"[1]")


@pytest.mark.parametrize("kind", ["string", "pool", "factory"])
async def test_a_source_opens_connections_in_autocommit_mode(shared_database: str, kind: str) -> None:
    target = (
        shared_database
        if kind == "string"
        else AsyncConnectionPool(shared_database, open=False, min_size=0, max_size=2)
    )
    if kind == "factory":
        target = pool_of(lambda: psycopg.AsyncConnection.connect(shared_database), 2)
    source = ConnectionSource(target)
    try:
        for open_one in (source.open, source.open_apart):
            connection = await open_one("somebody")
            assert connection.autocommit
            assert await (await connection.execute("select 1")).fetchone() == (1,)
            await (source.close(connection) if open_one == source.open else connection.close())
            assert connection.closed
    finally:
        if isinstance(target, AsyncConnectionPool):
            await target.close()
