"""Tasks of asyncio that nobody but this package may cancel, and how it tells its own cancellations from others'.

A stranger's code that runs in a task of ours can cancel it (`asyncio.current_task().cancel()`, a time-out of the old
kind), and so can whoever goes through `asyncio.all_tasks()`. That is to cost a job at most, never the task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

T = TypeVar("T")

_own: WeakSet[asyncio.Task[Any]] = WeakSet()
_to_end: WeakSet[asyncio.Task[Any]] = WeakSet()
_starters: WeakKeyDictionary[asyncio.Task[Any], asyncio.Task[Any]] = WeakKeyDictionary()
"""Of tasks that perhaps nobody ends: with who started them anybody may cancel them, as asyncio.run does at its end."""


def begin(coroutine: Coroutine[Any, Any, T], name: str, *, outlives_starter: bool = True) -> asyncio.Task[T]:
    """Starts a task that only `cancel` ends; or anybody, once the caller's task that has started it is at its end."""
    task = asyncio.create_task(coroutine, name=name)
    _own.add(task)
    starter = asyncio.current_task()
    if not outlives_starter and starter is not None and starter not in _own:
        _starters[task] = starter
    return task


def take_over() -> asyncio.Task[Any]:
    """Makes the current task one of ours, that only `cancel` ends, and returns it."""
    task = asyncio.current_task()
    assert task is not None
    _own.add(task)
    return task


def adopt() -> None:
    """Makes the current task one of ours, that whoever waits for it may cancel."""
    _to_end.add(take_over())


def cancel(task: asyncio.Task[Any]) -> None:
    """Cancels a task, and means it."""
    _to_end.add(task)
    task.cancel()


def spare(task: asyncio.Task[Any]) -> None:
    """Takes back what `cancel` has asked for, once it has been heard."""
    _to_end.discard(task)
    while task.cancelling():
        task.uncancel()


def must_end(error: BaseException) -> bool:
    """Tells whether this exception is for the current task, not only for the stranger's code that let it through.

    In a task of ours that is a cancellation by `cancel`, or any of one that was adopted. In anybody else's, a caller's:
    every cancellation, and what ends a program. And always the end of a coroutine that is thrown away.
    """
    kind = type(error)
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None or task not in _own:
        if issubclass(kind, asyncio.CancelledError):
            return task is not None and task.cancelling() > 0
        return issubclass(kind, (KeyboardInterrupt, SystemExit, GeneratorExit))
    if not issubclass(kind, asyncio.CancelledError) or not task.cancelling():
        return False
    starter = _starters.get(task)
    return task in _to_end or (starter is not None and (starter.done() or starter.cancelling() > 0))


async def shake_off(task: asyncio.Task[Any]) -> None:
    """Forgets that somebody wanted to cancel the current task, which is this one."""
    if task not in _own or task in _to_end:
        return
    while task.cancelling():
        task.uncancel()
    # Before Python 3.13 what was asked for and not delivered yet still comes.
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
