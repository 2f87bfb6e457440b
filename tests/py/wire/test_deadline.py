"""The end of a caller's patience with a generator of psycopg's."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import psycopg
import pytest

from graphile_worker._wire.deadline import Overdue, until


def call(heard: list[Any]) -> Generator[int, int, str]:
    while not heard or heard[-1] != 1:
        heard.append((yield 7))
    return "done"


def test_passes_on_what_goes_on() -> None:
    heard: list[Any] = []
    waited = until(call(heard), math.inf)
    assert [next(waited), waited.send(0), waited.send(2)] == [7, 7, 7]
    with pytest.raises(StopIteration) as end:
        waited.send(1)
    assert end.value.value == "done"
    assert heard == [0, 2, 1]


def test_what_comes_in_is_taken_however_late_it_is() -> None:
    heard: list[Any] = []
    waited = until(call(heard), time.monotonic() - 1)
    next(waited)
    with pytest.raises(StopIteration):
        waited.send(1)


def test_goes_on_after_the_end() -> None:
    heard: list[Any] = []
    gen = call(heard)
    waited = until(gen, time.monotonic() - 1)
    next(waited)
    with pytest.raises(Overdue):
        waited.send(0)
    again = until(gen, math.inf, is_under_way=True)
    assert next(again) == 7
    with pytest.raises(StopIteration) as end:
        again.send(1)
    assert end.value.value == "done"


def test_with_a_server(server_url: str) -> None:
    """psycopg looks in again and again while nothing comes: that is what the end is noticed by."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        statement = b"select pg_sleep(30)"
        pgconn = connection.pgconn
        pgconn.send_query(statement)
        began = time.monotonic()
        with pytest.raises(Overdue):
            connection.wait(until(psycopg.generators.fetch_many(pgconn), began + 0.3))
        assert 0.3 <= time.monotonic() - began < 20
        # In the middle of a call.
        connection.close()
