"""A service starts and stops once, however often it is told to, and what it raised comes out at its stop."""

from __future__ import annotations

import asyncio

import pytest

from graphile_worker._basis.service import Service, end
from tests.support import eventually


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


class Panic(BaseException):
    pass


class Broken(Service):
    """Dies again and again, each time of something else, and then has nothing left to do."""

    name = "broken"

    def __init__(self) -> None:
        super().__init__()
        self.deaths: list[BaseException] = [LookupError("nothing there"), Panic(), KeyboardInterrupt(), SystemExit(1)]
        self.is_done = asyncio.Event()

    async def _run(self) -> None:
        if self.deaths:
            raise self.deaths.pop(0)
        self.is_done.set()


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


async def test_one_that_dies_is_told_and_started_again(caplog: pytest.LogCaptureFixture) -> None:
    service = Broken()
    await service.start()
    async with asyncio.timeout(30):
        await service.is_done.wait()
    await service.stop()
    # The first, the second and the fourth time.
    told = [record.getMessage().partition("\n")[0] for record in caplog.records]
    assert told == [
        "the background task 'broken' has died, starting it again (1): LookupError: nothing there",
        "the background task 'broken' has died, starting it again (2): Panic",
        "the background task 'broken' has died, starting it again (4): SystemExit: 1",
    ]


async def test_one_that_somebody_cancels_is_started_again() -> None:
    service = Counted()
    await service.start()
    for number in (1, 2, 3):
        await eventually(lambda number=number: service.started == number)
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == "graphile_worker counted"]
        task.cancel()
    await eventually(lambda: service.started == 4)
    await service.stop()
    assert (service.started, service.ended) == (4, 4)


def test_one_that_nobody_stops_ends_with_the_program() -> None:
    service = Counted()

    async def work() -> None:
        await service.start()
        await asyncio.sleep(0)

    asyncio.run(work())
    assert (service.started, service.ended) == (1, 1)


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
