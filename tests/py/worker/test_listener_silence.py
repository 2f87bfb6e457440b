"""A listener whose connection leads nowhere, without anybody saying so, makes another one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from graphile_worker import AsyncClient
from graphile_worker._wire.connections import ConnectionSource
from graphile_worker._worker import listener as _listener
from tests import support
from tests.py.support.sessions import connect
from tools.faults.proxy import proxied

LISTENING = "select count(*) from pg_stat_activity where application_name = 'graphile-worker listen me'"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_listener, "_CHECKED_EVERY", 0.2)
    monkeypatch.setattr(_listener, "_ANSWERS_WITHIN", 0.5)


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[list[int]]:
    """What a listener hears: the numbers of jobs, 1 for every LISTEN."""
    heard: list[int] = []
    listener = _listener.Listener(ConnectionSource(url), "me", heard.append)
    await listener.start()
    try:
        await support.eventually(lambda: heard)
        yield heard
    finally:
        await listener.stop()


async def test_a_connection_that_has_become_silent_is_replaced(shared_database: str) -> None:
    async with (
        proxied(shared_database) as (proxy, url),
        AsyncClient(shared_database) as client,
        listening(url) as heard,
    ):
        proxy.silence()
        proxy.forget()
        await support.eventually(lambda: len(heard) > 1)
        heard.clear()
        await client.add_job("t")
        await support.eventually(lambda: heard)


async def test_a_listen_that_is_not_answered_is_tried_again(shared_database: str) -> None:
    async with proxied(shared_database) as (proxy, url), listening(url) as heard:
        proxy.silence()
        before = proxy.accepted
        await support.eventually(lambda: proxy.accepted > before)
        proxy.forget()
        await support.eventually(lambda: len(heard) > 1)


async def test_a_connection_that_lives_is_kept_and_nobody_else_is_woken(
    shared_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(shared_database) as other, caplog.at_level(logging.INFO):
        other.execute('listen "jobs:insert"')
        async with listening(shared_database) as heard:
            backend = (
                "select pid, state_change from pg_stat_activity where application_name = 'graphile-worker listen me'"
            )
            [(pid, first)] = other.execute(backend).fetchall()
            changes = {first}

            def checked() -> bool:
                [(same, changed)] = other.execute(backend).fetchall()
                assert same == pid
                changes.add(changed)
                return len(changes) > 3

            await support.eventually(checked)
            assert heard == [1]
            assert [notify.payload for notify in other.notifies(timeout=0.1)] == []
    assert caplog.messages == []


async def test_what_comes_in_while_it_checks_is_heard(shared_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_listener, "_CHECKED_EVERY", 0.001)
    async with AsyncClient(shared_database) as client, listening(shared_database) as heard:
        for n in range(2, 102):
            await client.add_job("t")
            await asyncio.wait_for(support.eventually(lambda n=n: len(heard) >= n), 10)
