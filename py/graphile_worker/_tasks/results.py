"""What a handler has returned: to be awaited, or a sign that its work was not done."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
from collections.abc import Callable
from typing import Any

from .._basis.errors import GraphileWorkerError
from .._hooks.events import Fail, Proceed, Reschedule, Skip
from .errors import Raised

_DECISIONS = (Proceed, Skip, Fail, Reschedule)


class ResultError(GraphileWorkerError):
    """A handler returned what says that its work was not done."""


async def settled(result: Any) -> Any:
    """Awaits what a handler has returned, and what comes of that, until it can't be awaited; returns it.

    Raises ResultError for what shows that the work was not done: a generator, or a decision of the hooks.
    """
    while result is not None:
        if inspect.isawaitable(result):
            result = await result
        elif isinstance(result, concurrent.futures.Future):
            result = await asyncio.wrap_future(result)
        else:
            check(result)
            break
    return result


async def settled_as_value(result: Any) -> Any:
    """Returns what `settled` does, for a task of its own: Raised for every exception but a cancellation.

    Out of a task some exceptions would go through the event loop, and end it.
    """
    try:
        return await settled(result)
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return Raised(error)


def has_to_be_awaited(result: Any) -> bool:
    """Tells whether the work goes on, so that `settled` waits for it."""
    return inspect.isawaitable(result) or isinstance(result, concurrent.futures.Future)


async def call_and_settle(handler: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a plain decorator around an async function, and awaits what it returns."""
    return await settled(handler(*arguments))


def check(result: Any) -> None:
    """Raises ResultError for what a handler does not return that has done its work."""
    if isinstance(result, _DECISIONS) or any(result is decision for decision in _DECISIONS):
        shown = result.__name__ if isinstance(result, type) else repr(result)
        raise ResultError(
            f"returned {shown}: raise it",
            hint="Hooks return decisions; a handler that returns has done its job, and fails by raising an exception",
        )
    if inspect.isgenerator(result):
        raise ResultError("returned a generator, of which nothing ran", hint="A handler runs its work, and returns")
    if inspect.isasyncgen(result):
        raise ResultError("returned an async generator, of which nothing ran", hint="A handler awaits its work")
    if type(result).__module__ == "contextlib":
        raise ResultError("returned a context manager that nobody has entered", hint="A handler enters it itself")
    if isinstance(result, (list, tuple, set)) and any(map(inspect.isawaitable, result)):
        for item in result:
            if inspect.iscoroutine(item):
                item.close()
        raise ResultError(
            f"returned a {type(result).__name__} of what was never awaited",
            hint="Return asyncio.gather(*them), or await them in an async function",
        )
