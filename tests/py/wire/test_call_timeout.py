"""Calls that get no answer lose their connection; one that is only slow gets through some time."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from graphile_worker._wire import call_timeout
from graphile_worker._wire.call_timeout import CallTimeout


class Cuts:
    """Notes the instants at which connections were cut, by the clock of the event loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.delays: list[float] = []
        loop = asyncio.get_running_loop()
        self.now = 1000.0
        monkeypatch.setattr(call_timeout, "cut", lambda connection: None)
        monkeypatch.setattr(loop, "time", lambda: self.now)
        monkeypatch.setattr(loop, "call_later", self._call_later)

    def _call_later(self, delay: float, callback: object) -> _Timer:
        self.delays.append(delay)
        self.timer = _Timer(callback)
        return self.timer


class _Timer:
    def __init__(self, callback: object) -> None:
        self.fire = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


async def test_the_time_doubles_after_each_cut_up_to_16_times(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        cuts = Cuts(patch)
        timeout = CallTimeout(first=10)
        for _ in range(6):
            with timeout.during(object()):  # type: ignore[arg-type]
                cuts.timer.fire()  # type: ignore[operator]
        assert cuts.delays == [10, 20, 40, 80, 160, 160]
        timeout.reset()
        with timeout.during(object()):  # type: ignore[arg-type]
            pass
        assert cuts.delays[-1] == 10
        assert cuts.timer.is_cancelled


async def test_nothing_is_cut_while_it_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        cuts = Cuts(patch)
        timeout = CallTimeout(first=10)
        with timeout.during(object()):  # type: ignore[arg-type]
            first = cuts.timer
            with timeout.paused():
                assert first.is_cancelled
            assert cuts.timer is not first
            assert not cuts.timer.is_cancelled
        assert cuts.delays == [10, 10]


async def test_at_the_end_a_call_has_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        cuts = Cuts(patch)
        timeout = CallTimeout(first=60)
        with timeout.during(object()):  # type: ignore[arg-type]
            timeout.end_after(20)
            assert cuts.delays == [60, 25]
            assert not timeout.has_ended
            cuts.now += 20
            assert timeout.has_ended
        with timeout.during(object()):  # type: ignore[arg-type]
            assert cuts.delays[-1] == 5


async def test_a_real_call_ends_at_once_when_it_is_cut(shared_database: str) -> None:
    async with await psycopg.AsyncConnection.connect(shared_database) as connection:
        timeout = CallTimeout(first=0.05)
        with pytest.raises(psycopg.OperationalError), timeout.during(connection):
            await connection.execute("select pg_sleep(60)")
