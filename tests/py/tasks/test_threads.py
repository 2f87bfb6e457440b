"""Threads of handlers that die between two jobs."""

from __future__ import annotations

import asyncio
import ctypes
import threading
import time
from typing import Any

import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker
from graphile_worker._tasks.elsewhere import Raised
from graphile_worker._tasks.threads import Threads
from tests import support


class Panic(BaseException):
    pass


def raise_later(seconds: float) -> None:
    """As time-outs do that come when the function has ended."""
    ident = threading.get_ident()

    def strike() -> None:
        time.sleep(seconds)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Panic))

    threading.Thread(target=strike).start()


# Both may strike the same thread, the second one while it dies of the first.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_threads_that_die_idle_are_replaced(database: str) -> None:
    tasks = TaskRegistry()
    ran: list[int] = []

    @tasks.task
    def late(payload: Any) -> None:
        raise_later(0.01)

    @tasks.task
    def good(payload: Any) -> None:
        ran.append(1)

    before = {thread.ident for thread in threading.enumerate()}
    async with AsyncClient(database) as client, Worker(database, tasks, concurrency=2):
        for _ in range(2):
            await client.add_job("late")
        await support.eventually(lambda: _strikers_are_gone(before))
        for _ in range(10):
            await client.add_job("good")
        await support.eventually(lambda: len(ran) == 10)


def _strikers_are_gone(before: set[int | None]) -> bool:
    new = [thread.name for thread in threading.enumerate() if thread.ident not in before]
    return bool(new) and not any(name.startswith("Thread-") for name in new)


async def test_what_a_thread_has_begun_is_not_begun_again() -> None:
    threads = Threads(1)
    entered = threading.Event()
    calls: list[int] = []

    def dies() -> None:
        calls.append(1)
        entered.set()
        raise SystemExit("in the handler")

    try:
        assert isinstance(await threads.run(dies), Raised)
        assert entered.is_set()
        assert await asyncio.wait_for(threads.run(lambda: 7), 10) == 7
        assert calls == [1]
    finally:
        threads.close()


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    threads = Threads(1)
    ran: list[str] = []
    go_on = threading.Event()
    first = asyncio.create_task(threads.run(go_on.wait))
    second = asyncio.create_task(threads.run(ran.append, "second"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait({second})
    go_on.set()
    await first
    # There is one thread, which takes them in their order.
    await threads.run(ran.append, "third")
    assert ran == ["third"]
    threads.close()
