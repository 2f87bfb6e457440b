"""Tasks that only this package ends, and whose cancellation is whose."""

from __future__ import annotations

import asyncio

import pytest

from graphile_worker._basis.own_tasks import begin, cancel, must_end, shake_off, spare


async def _cancelled_by(stranger: bool, spared: bool = False) -> bool:
    """Tells whether a task of ours takes a cancellation for its end."""

    async def work() -> bool:
        task = asyncio.current_task()
        assert task is not None
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            if spared:
                spare(task)
            return must_end(error)
        raise AssertionError

    task = begin(work(), "test")
    await asyncio.sleep(0)
    task.cancel() if stranger else cancel(task)
    return await task


async def test_ours_is_the_end_and_a_strangers_is_not() -> None:
    assert await _cancelled_by(stranger=False)
    assert not await _cancelled_by(stranger=True)
    assert not await _cancelled_by(stranger=False, spared=True)


@pytest.mark.parametrize(
    ("error", "in_ours", "in_a_callers"),
    [
        (KeyboardInterrupt(), False, True),
        (SystemExit(), False, True),
        (GeneratorExit(), False, True),
        (ValueError(), False, False),
        (BaseException(), False, False),
        (asyncio.CancelledError(), False, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
async def test_what_a_stranger_raises(error: BaseException, in_ours: bool, in_a_callers: bool) -> None:
    async def work() -> bool:
        return must_end(error)

    assert await begin(work(), "test") == in_ours
    assert await asyncio.create_task(work()) == in_a_callers


async def test_a_callers_own_cancellation_is_his() -> None:
    async def work() -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            return must_end(error)
        raise AssertionError

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    assert await task


async def test_what_was_asked_for_and_not_delivered_is_forgotten() -> None:
    async def work() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        task.cancel()
        await shake_off(task)
        assert task.cancelling() == 0
        await asyncio.sleep(0.01)
        return "done"

    assert await begin(work(), "test") == "done"
