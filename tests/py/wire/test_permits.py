"""Permits, for asyncio and for threads: never more at a time, none lost, in the order of asking."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from graphile_worker._wire import async_permits
from graphile_worker._wire.permits import Permits


async def test_so_many_and_no_more() -> None:
    permits = async_permits.Permits(2)
    assert await permits.take(None)
    assert await permits.take(0.01)
    assert not await permits.take(0.01)
    permits.give()
    assert await permits.take(0.01)


async def test_who_asks_first_is_served_first() -> None:
    permits, served = async_permits.Permits(1), []

    async def ask(name: int) -> None:
        assert await permits.take(10)
        served.append(name)

    await permits.take(None)
    asking = []
    for name in range(5):
        asking.append(asyncio.create_task(ask(name)))
        await asyncio.sleep(0)
    for _ in asking:
        permits.give()
    await asyncio.gather(*asking)
    assert served == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_who_is_cancelled_takes_none_along(when: str) -> None:
    """Also when it was given one, and has not heard of it yet."""
    permits = async_permits.Permits(1)
    await permits.take(None)
    waiting = asyncio.create_task(permits.take(None))
    await asyncio.sleep(0)
    if when == "after":
        permits.give()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    if when == "before":
        permits.give()
    assert await permits.take(0.01)
    assert not await permits.take(0.01)


def test_one_loop_after_the_other() -> None:
    permits = async_permits.Permits(1)

    async def contend() -> list[bool]:
        async def use() -> bool:
            taken = await permits.take(10)
            await asyncio.sleep(0)
            permits.give()
            return taken

        return await asyncio.gather(*(use() for _ in range(5)))

    for _ in range(3):
        assert asyncio.run(contend()) == [True] * 5


def test_a_loop_that_has_ended_takes_none_along() -> None:
    permits = async_permits.Permits(1)
    assert asyncio.run(permits.take(None))
    loop = asyncio.new_event_loop()
    permits._waiting.append(loop.create_future())
    loop.close()
    permits.give()
    assert asyncio.run(permits.take(1))


def test_threads() -> None:
    permits, held, most = Permits(3), [], []

    def use() -> None:
        for _ in range(50):
            assert permits.take(20)
            held.append(None)
            most.append(len(held))
            time.sleep(0)
            held.pop()
            permits.give()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 400
    assert max(most) <= 3
    assert [permits.take(0.01) for _ in range(4)] == [True, True, True, False]
