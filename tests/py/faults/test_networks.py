"""Networks that refuse, or say nothing: tried again with pauses, on new connections, and no reason not to stop."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import pytest

from graphile_worker import AsyncClient, Hooks, Recovery, Worker, WorkerStart
from graphile_worker._basis.backoff import Backoff
from graphile_worker._wire.call_timeout import CallTimeout
from tests.py.support.workers import Recorder, complaints, fetch, has_run, running, terminate
from tests.support import eventually
from tools.faults.proxy import Proxy, proxied


async def test_refused_connections_are_not_hammered(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    pauses: list[float] = []
    pause = Backoff.next

    def noted(self: Backoff) -> float:
        pauses.append(pause(self))
        return pauses[-1]

    monkeypatch.setattr(Backoff, "next", noted)
    async with proxied(database) as (proxy, url), AsyncClient(database) as client:
        worker = Worker(url, recorder.tasks, poll_interval=timedelta(milliseconds=20))
        async with running(worker):
            proxy.refuse()
            before = proxy.accepted
            await eventually(lambda: has_accepted(proxy, before + 16))
            # Whoever opens one of the worker's few connections pauses before the next try.
            assert len(pauses) >= 16 - 6
            assert max(pauses) > 4 * min(pauses)
            proxy.restore()
            await client.add_job("record", {"n": 1})
            await eventually(lambda: has_run(recorder, 1))
    assert len(complaints(caplog)) <= 12, complaints(caplog)


async def test_a_silent_network_does_not_keep_a_worker_from_stopping(database: str) -> None:
    recorder = Recorder()
    async with proxied(database) as (proxy, url), AsyncClient(database) as client:
        hooks, started = Hooks(), asyncio.Event()
        hooks.on(WorkerStart)(lambda _event: started.set())
        worker = Worker(
            url, recorder.tasks, grace_period=timedelta(0), poll_interval=timedelta(milliseconds=20), hooks=hooks
        )
        run = asyncio.create_task(worker.run())
        # Not while it starts: what it does then has more patience.
        await asyncio.wait_for(started.wait(), 30)
        proxy.silence()
        await client.add_job("record", {"n": 1})
        # It asks, and waits for the answer.
        await eventually(lambda: is_held_back(proxy))
        worker.stop()
        done, _ = await asyncio.wait({run}, timeout=40)
        assert done, "it still waits for an answer"


async def test_calls_without_an_answer_are_made_again_on_new_connections(database: str) -> None:
    """What was sent into the silence never comes through, and those connections stay open for ever."""
    recorder = Recorder()
    recovery = Recovery(
        heartbeat_interval=timedelta(milliseconds=500),
        sweep_threshold=timedelta(seconds=3),
        sweep_interval=timedelta(seconds=1),
    )
    async with proxied(database) as (proxy, url), AsyncClient(database) as client:
        worker = Worker(url, recorder.tasks, poll_interval=timedelta(milliseconds=20), recovery=recovery)
        for lane in worker._lanes.all:
            lane.exchange._timeout = CallTimeout(first=0.5)
        async with running(worker):
            before = proxy.accepted
            proxy.silence()
            await client.add_job("record", {"n": 1})
            # It has given up, and opens another, which is silent, too.
            await eventually(lambda: has_accepted(proxy, before + 1))
            proxy.forget()
            silent_until = await fetch(database, "select now()")
            await eventually(lambda: has_run(recorder, 1))
            await eventually(lambda: has_beaten_since(client, silent_until[0][0]))
    assert recorder.runs == {1: 1}


async def has_beaten_since(client: AsyncClient, instant: datetime) -> bool:
    return any(w.last_heartbeat_at and w.last_heartbeat_at > instant for w in await client.list_workers())


async def has_accepted(proxy: Proxy, count: int) -> bool:
    return proxy.accepted >= count


async def is_held_back(proxy: Proxy) -> bool:
    return proxy.held_back > 0


async def is_nothing(url: str, query: str, *params: object) -> bool:
    return not await fetch(url, query, *params)


async def test_a_client_does_not_wait_for_each_of_its_dead_connections(database: str) -> None:
    """As after a restart of the server: none of those in its pool is alive, and it has another at once."""
    size = 5
    async with AsyncClient(database, max_pool_size=size) as client:
        find = "select pid from pg_stat_activity where application_name = 'graphile-worker client' and state = 'idle'"
        pids: list[tuple[int]] = []
        while len(pids) < size:
            await asyncio.gather(*(client.stats() for _ in range(4 * size)))
            pids = await fetch(database, f"{find} and datname = current_database()")
        await terminate(database, [pid for (pid,) in pids])
        gone = "select from pg_stat_activity where pid = any(%s)"
        await eventually(lambda: is_nothing(database, gone, [pid for (pid,) in pids]))
        began = time.monotonic()
        await client.add_job("record", {"n": 1})
        assert time.monotonic() - began < 2
