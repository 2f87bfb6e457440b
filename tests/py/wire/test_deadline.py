"""Waiting for calls on a connection, and the end of a caller's patience with them."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import generators
from psycopg.rows import scalar_row

from graphile_worker._wire import async_wait
from graphile_worker._wire.deadline import Overdue, has_news, is_ready
from graphile_worker._wire.wait import wait_until
from tests import support

READ, WRITE, BOTH = 1, 2, 3


class Ends:
    """A connection as far as waiting goes, and the other end of its socket."""

    def __init__(self) -> None:
        self._ours, self.theirs = socket.socketpair()
        self._ours.setblocking(False)
        self.pgconn = self
        self.socket = self._ours.fileno()

    def fill(self) -> None:
        """Writes until the network takes no more."""
        with suppress(BlockingIOError):
            while True:
                self._ours.send(b"x" * 65536)

    def close(self) -> None:
        self._ours.close()
        self.theirs.close()


@pytest.fixture(params=["plain", "asyncio"])
def wait(request: pytest.FixtureRequest) -> Any:
    def on_a_loop(*arguments: Any) -> Any:
        return asyncio.run(async_wait.wait_until(*arguments))

    return wait_until if request.param == "plain" else on_a_loop


@pytest.fixture
def ends() -> Generator[Any]:
    ends = Ends()
    yield ends
    ends.close()


def call(heard: list[int], wants: int = READ, times: int = 1) -> Generator[int, int, str]:
    while sum(map(bool, heard)) < times:
        heard.append((yield wants))
    return "done"


@pytest.mark.parametrize("wants", [READ, WRITE, BOTH])
def test_a_call_goes_on_when_it_can(wait: Any, ends: Any, wants: int) -> None:
    heard: list[int] = []
    ends.theirs.send(b"x")
    assert wait(call(heard, wants, times=3), ends, math.inf) == "done"
    assert heard == [wants] * 3


@pytest.mark.parametrize("wants", [READ, WRITE])
def test_a_call_that_cannot_go_on_is_overdue(wait: Any, ends: Any, wants: int) -> None:
    ends.fill()
    began = time.monotonic()
    with pytest.raises(Overdue):
        wait(call([], wants), ends, began + 0.3)
    assert 0.3 <= time.monotonic() - began < 20


def test_either_is_enough(wait: Any, ends: Any) -> None:
    ends.fill()
    ends.theirs.send(b"x")
    assert wait(call([], BOTH), ends, math.inf) == "done"


def test_what_has_come_in_is_taken_however_late_it_is(wait: Any, ends: Any) -> None:
    ends.theirs.send(b"x")
    assert wait(call([]), ends, time.monotonic() - 1) == "done"


def test_goes_on_after_the_end(wait: Any, ends: Any) -> None:
    heard: list[int] = []
    gen = call(heard)
    with pytest.raises(Overdue):
        wait(gen, ends, time.monotonic() - 1)
    ends.theirs.send(b"x")
    assert wait(gen, ends, math.inf, 0) == "done"
    assert heard == [0, READ]


def test_a_patience_of_months(wait: Any, ends: Any) -> None:
    """More than poll() takes."""
    ends.theirs.send(b"x")
    assert wait(call([]), ends, time.monotonic() + 1e9) == "done"


def test_without_poll(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("select.poll")
    ends.fill()
    assert [is_ready(ends, wants, 0) for wants in (READ, WRITE, BOTH)] == [0, 0, 0]
    ends.theirs.send(b"x")
    assert [is_ready(ends, wants, 0) for wants in (READ, WRITE, BOTH)] == [READ, 0, BOTH]


async def test_nothing_stays_with_the_event_loop(ends: Any) -> None:
    loop = asyncio.get_running_loop()
    ends.theirs.send(b"x")
    await async_wait.wait_until(call([], BOTH), ends, math.inf)
    assert not loop.remove_reader(ends.socket)
    assert not loop.remove_writer(ends.socket)


async def test_a_closed_socket_is_told(ends: Any) -> None:
    ends.close()
    with pytest.raises(psycopg.OperationalError, match="socket is closed"):
        await async_wait.wait_until(call([]), ends, math.inf)


def test_with_a_server(server_url: str) -> None:
    """In the middle of a large statement, too, which the network does not take at once."""
    with psycopg.connect(server_url, autocommit=True, row_factory=scalar_row) as connection:
        pgconn = connection.pgconn
        large = b"x" * 30_000_000
        pgconn.send_query_params(b"select length($1)", [large])
        [result] = wait_until(generators.execute(pgconn), connection, time.monotonic() + 60)
        assert result.get_value(0, 0) == b"30000000"
        pgconn.send_query(b"select pg_sleep(30)")
        began = time.monotonic()
        with pytest.raises(Overdue):
            wait_until(generators.execute(pgconn), connection, began + 0.3)
        assert 0.3 <= time.monotonic() - began < 20
        # In the middle of a call.
        connection.close()


async def test_with_a_server_on_an_event_loop(server_url: str) -> None:
    connection = await psycopg.AsyncConnection.connect(server_url, autocommit=True)
    pgconn = connection.pgconn
    pgconn.send_query_params(b"select length($1)", [b"x" * 30_000_000])
    [result] = await async_wait.wait_until(generators.execute(pgconn), connection, time.monotonic() + 60)
    assert result.get_value(0, 0) == b"30000000"
    pgconn.send_query(b"select pg_sleep(30)")
    with pytest.raises(Overdue):
        await async_wait.wait_until(generators.execute(pgconn), connection, time.monotonic() + 0.3)
    await connection.close()


def test_the_end_of_an_idle_connection_is_news(shared_database: str) -> None:
    with psycopg.connect(shared_database, autocommit=True) as idle, psycopg.connect(shared_database) as other:
        assert not has_news(idle)
        other.execute("select pg_terminate_backend(%s)", [idle.info.backend_pid])
        support.wait_until(lambda: has_news(idle))
