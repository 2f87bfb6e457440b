"""A service starts and stops once, however often it is told to, and what it raised comes out at its stop."""

from __future__ import annotations

import asyncio

import pytest

from graphile_worker._basis.service import Service, end


class Counted(Service):
    name = "counted"

    def __init__(self) -> None:
        super().__init__()
        self.started = self.ended = 0

    async def _run(self) -> None:
        self.started += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1


class Broken(Service):
    name = "broken"

    async def _run(self) -> None:
        raise LookupError("nothing there")


def names() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}


async def test_once_however_often_it_is_told() -> None:
    service = Counted()
    await service.stop()
    for _ in range(2):
        await service.start()
    await asyncio.sleep(0)
    assert (service.started, service.ended) == (1, 0)
    assert "graphile_worker counted" in names()
    for _ in range(2):
        await service.stop()
    assert (service.started, service.ended) == (1, 1)
    assert "graphile_worker counted" not in names()
    await service.start()
    await asyncio.sleep(0)
    await service.stop()
    assert (service.started, service.ended) == (2, 2)


async def test_stopping_raises_what_the_loop_raised() -> None:
    service = Broken()
    await service.start()
    await asyncio.sleep(0)
    with pytest.raises(LookupError, match="nothing there"):
        await service.stop()
    await service.stop()


async def test_end_cancels_until_it_has_ended() -> None:
    """As with psycopg, which may swallow a cancellation in the middle of a query."""
    swallowed = 0

    async def deaf_once() -> None:
        nonlocal swallowed
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf_once())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await end(task)
    assert swallowed == 1
    assert task.cancelled()
