"""A client that was given a connection string waits for nothing longer than its `timeout`, and says what for."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Self

import psycopg
import pytest

from graphile_worker import AsyncClient, Client, InvalidArgument, JobSpec, OutcomeUnknown, TimedOut
from graphile_worker._wire.deadline import has_news
from tests import support
from tests.py.support.sessions import connect, ids
from tools.faults.proxy import Proxy, proxied

SHORT = timedelta(seconds=1)
# Far beyond SHORT and what comes on top of it, on a slow machine too; far below the time-outs of TCP.
SOON = 20.0

Call = Callable[[Any], Any]
ADD: Call = lambda client: client.add_job("t")  # noqa: E731
LOOK: Call = lambda client: client.list_jobs()  # noqa: E731
ADD_MANY: Call = lambda client: client.add_jobs([JobSpec(identifier="t")])  # noqa: E731


class Either:
    """One of the two clients, called from the event loop."""

    def __init__(self, kind: str, url: str, **options: Any) -> None:
        self.client: Any = AsyncClient(url, **options) if kind == "asyncio" else Client(url, **options)
        self.is_async = kind == "asyncio"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.call(lambda client: client.close())

    async def call(self, call: Call) -> Any:
        made: Awaitable[Any] = call(self.client) if self.is_async else asyncio.to_thread(call, self.client)
        return await asyncio.wait_for(made, SOON)


@pytest.fixture(params=["asyncio", "plain"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def way(shared_database: str) -> AsyncIterator[tuple[Proxy, str]]:
    async with proxied(shared_database) as found:
        yield found


async def test_a_server_that_is_down_is_told_at_once(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with Either(kind, "postgresql://nobody@127.0.0.1:9/nowhere") as client:
            began = time.monotonic()
            with pytest.raises(psycopg.OperationalError, match="Connection refused"):
                await client.call(ADD)
            assert time.monotonic() - began < 5
    assert caplog.messages == []


async def test_a_role_that_is_refused_is_told_so(kind: str, shared_database: str) -> None:
    async with Either(kind, shared_database + "_of_nobody") as client:
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            await client.call(ADD)


async def test_a_connection_that_is_not_made(kind: str, way: tuple[Proxy, str]) -> None:
    proxy, url = way
    proxy.silence()
    async with Either(kind, url, timeout=SHORT) as client:
        with pytest.raises(psycopg.OperationalError, match="timeout expired"):
            await client.call(ADD)
        # Nothing of it stays: as many as there may be connections fail, and the next one finds room.
        for _ in range(6):
            with pytest.raises(psycopg.OperationalError):
                await client.call(ADD)
        proxy.restore()
        await client.call(ADD)


@pytest.mark.parametrize("given", ["the address", "the environment"])
async def test_connect_timeout_is_heeded(
    kind: str, way: tuple[Proxy, str], given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, url = way
    proxy.silence()
    if given == "the environment":
        monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    else:
        url += "?connect_timeout=2"
    began = time.monotonic()
    async with Either(kind, url) as client:
        with pytest.raises(psycopg.OperationalError, match="timeout expired"):
            await client.call(ADD)
        # Less than the default.
        assert time.monotonic() - began < 9


def test_a_bad_connect_timeout_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="bad connect_timeout soon"):
        Client("postgresql://localhost/app?connect_timeout=soon")


@pytest.mark.parametrize(
    ("call", "error"),
    [(ADD, OutcomeUnknown), (ADD_MANY, OutcomeUnknown), (LOOK, TimedOut)],
    ids=["one", "many", "look"],
)
async def test_a_server_that_is_frozen(kind: str, way: tuple[Proxy, str], call: Call, error: type[Exception]) -> None:
    proxy, url = way
    async with Either(kind, url, timeout=SHORT) as client:
        await client.call(call)
        proxy.silence()
        with pytest.raises(error, match=r"no answer of the database for 1 s"):
            await client.call(call)
        proxy.restore()
        await client.call(call)


async def test_a_call_that_waits_for_a_lock_is_undone(kind: str, shared_database: str) -> None:
    """The server answers that it was cancelled: so nothing of it happens later."""
    with connect(shared_database, autocommit=False) as holder, connect(shared_database) as monitor:
        holder.execute("select add_job('t', job_key => 'k')")
        async with Either(kind, shared_database, timeout=SHORT) as client:
            with pytest.raises(TimedOut, match="was not done within 1 s") as caught:
                await client.call(lambda client: client.add_job("t", job_key="k"))
            assert not isinstance(caught.value, OutcomeUnknown)
            assert "Another transaction may be in the way" in str(caught.value)
            holder.rollback()
            # On the same connection.
            await client.call(ADD)
        assert ids(monitor, "select count(*) from jobs") == [1]


async def test_a_call_that_waits_for_a_connection(kind: str, shared_database: str) -> None:
    with connect(shared_database, autocommit=False) as holder, connect(shared_database) as monitor:
        holder.execute("select add_job('t', job_key => 'k')")
        blocked = "select 1 from pg_locks where not granted"
        async with Either(kind, shared_database, timeout=timedelta(seconds=3), max_pool_size=1) as client:
            first = asyncio.create_task(client.call(lambda client: client.add_job("t", job_key="k")))
            await support.eventually(lambda: ids(monitor, blocked))
            began = time.monotonic()
            client.client._own_pool._timeout = 0.5
            with pytest.raises(TimedOut, match=r"no connection was free for 0.5 s.*max_pool_size"):
                await client.call(ADD)
            assert time.monotonic() - began < 2.5
            holder.rollback()
            await first


async def test_without_a_timeout_a_call_waits(kind: str, shared_database: str) -> None:
    with connect(shared_database, autocommit=False) as holder, connect(shared_database) as monitor:
        holder.execute("select add_job('t', job_key => 'k')")
        async with Either(kind, shared_database, timeout=None) as client:
            call = asyncio.create_task(client.call(lambda client: client.add_job("t", job_key="k")))
            await support.eventually(lambda: ids(monitor, "select 1 from pg_locks where not granted"))
            holder.rollback()
            assert (await call).key == "k"


async def test_a_cancelled_call_does_not_wait_for_a_frozen_server(way: tuple[Proxy, str]) -> None:
    proxy, url = way
    async with AsyncClient(url) as client:
        await client.add_job("t")
        proxy.silence()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.add_job("t"), 0.5)
        assert time.monotonic() - began < SOON
        proxy.restore()
        await client.add_job("t")


def test_an_interrupted_call_ends_at_the_server_too(shared_database: str) -> None:
    blocked = "select pid from pg_locks where not granted"
    with connect(shared_database, autocommit=False) as holder, connect(shared_database) as monitor:
        holder.execute("select add_job('t', job_key => 'k')")
        with Client(shared_database) as client, ThreadPoolExecutor(1) as thread:
            interrupting = thread.submit(_interrupt_once, lambda: ids(monitor, blocked))
            with pytest.raises(KeyboardInterrupt):
                client.add_job("t", job_key="k")
            interrupting.result()
            # Asked to cancel it, the server has answered before the interruption goes on.
            assert ids(monitor, blocked) == []
            holder.rollback()
            client.add_job("t")
        assert ids(monitor, "select count(*) from jobs") == [1]


def _interrupt_once(look: Callable[[], object]) -> None:
    support.wait_until(look)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_handlers_of_signals_run_while_a_call_waits(shared_database: str) -> None:
    blocked = "select pid from pg_locks where not granted"
    handled = threading.Event()
    usual = signal.signal(signal.SIGUSR1, lambda *_: handled.set())
    try:
        with connect(shared_database, autocommit=False) as holder, connect(shared_database) as monitor:

            def signal_then_release() -> bool:
                support.wait_until(lambda: ids(monitor, blocked))
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
                was_handled = handled.wait(20)
                holder.rollback()
                return was_handled

            holder.execute("select add_job('t', job_key => 'k')")
            with Client(shared_database) as client, ThreadPoolExecutor(1) as thread:
                signalling = thread.submit(signal_then_release)
                client.add_job("t", job_key="k")
                assert signalling.result()
    finally:
        signal.signal(signal.SIGUSR1, usual)


async def test_the_client_of_a_worker_waits_for_the_server_to_come_back(way: tuple[Proxy, str]) -> None:
    proxy, url = way
    async with AsyncClient(url, worker_id="me", timeout=timedelta(seconds=20)) as client:
        await client.add_job("t")
        proxy.refuse()
        before = proxy.accepted
        call = asyncio.create_task(client.add_job("t"))
        await support.eventually(lambda: proxy.accepted > before + 1)
        proxy.restore()
        await call


async def test_the_client_of_a_worker_that_never_connected_does_not() -> None:
    async with AsyncClient("postgresql://nobody@127.0.0.1:9/nowhere", worker_id="me") as client:
        with pytest.raises(psycopg.OperationalError, match="Connection refused"):
            await asyncio.wait_for(client.add_job("t"), 10)


@pytest.mark.parametrize("bad", [30, 0.5, timedelta(0), timedelta(seconds=-1), "30s"])
def test_a_bad_timeout_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"bad timeout .*timedelta"):
        Client("postgresql://localhost/app", timeout=bad)


def test_a_number_is_told_how_to_be_a_timeout() -> None:
    with pytest.raises(InvalidArgument, match=r"It is a timedelta, not an int: timedelta\(seconds=3\)"):
        Client("postgresql://localhost/app", timeout=3)  # type: ignore[arg-type]


def test_a_server_that_restarts_makes_no_noise(shared_database: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), Client(shared_database) as client, connect(shared_database) as monitor:
        client.add_job("t")
        monitor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'graphile-worker client' and datname = current_database()"
        )
        assert client._own_pool is not None
        [kept] = client._own_pool._idle
        support.wait_until(lambda: has_news(kept))
        client.add_job("t")
    assert caplog.messages == []
