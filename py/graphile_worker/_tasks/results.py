"""What a handler has returned: to be awaited, or a sign that its work was not done."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import types
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from .._basis.arguments import shown
from .._basis.errors import GraphileWorkerError
from .._basis.printable import a_kind
from .._hooks.endings import Discard, Ending, Retry
from .._hooks.events import Fail, Proceed, Reschedule, Skip

_TO_BE_RAISED = (Proceed, Skip, Fail, Reschedule, BaseException)
_LAZY = (types.GeneratorType, types.AsyncGeneratorType, map, filter, zip, enumerate)
_CONTAINERS = (list, tuple, set, frozenset, dict)
_MOST_ITEMS = 1_000
"""Of a container, and of containers in it, that are looked at."""


class ResultError(GraphileWorkerError):
    """A handler returned what says that its work was not done."""


async def settled(result: Any) -> Any:
    """Awaits what a handler has returned, and what comes of that, until it can't be awaited; returns it.

    Raises ResultError for what shows that the work was not done: a generator, say. A decision that was returned is
    raised.
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


async def call_and_settle(handler: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a plain decorator around an async function, and awaits what it returns."""
    return await settled(handler(*arguments))


def check(result: Any) -> None:
    """Raises ResultError for what a handler does not return that has done its work; a decision, for it to be obeyed."""
    kind = type(result)
    if issubclass(kind, Ending):
        raise result
    if kind is Fail:
        raise Retry(result.reason)
    if kind is Skip:
        raise Discard
    if kind is Proceed:
        return
    if issubclass(result if kind is type else kind, _TO_BE_RAISED):
        raise ResultError(
            f"returned {result.__name__ if kind is type else shown(result)}: raise it",
            hint="A handler that returns has done its job, and fails by raising an exception",
        )
    if issubclass(kind, _LAZY) or kind.__module__ == "itertools":
        raise ResultError(
            f"returned {a_kind(result).replace('_', ' ')}, of which nothing ran",
            hint="A handler does its work, and returns; list(...) goes through an iterator",
        )
    if kind.__module__ == "contextlib":
        raise ResultError("returned a context manager that nobody has entered", hint="A handler enters it itself")
    if issubclass(kind, _CONTAINERS) and (left := [*filter(_goes_on, islice(_items(result), _MOST_ITEMS))]):
        for item in left:
            if inspect.iscoroutine(item):
                item.close()
        raise ResultError(
            f"returned {a_kind(result)} of what was never awaited",
            hint="Return asyncio.gather(*them), or await them in an async function",
        )


def _items(container: Any) -> Iterator[Any]:
    """Yields what is in a container, then what is in containers in it, and so on."""
    containers = deque([container])
    while containers:
        container = containers.popleft()
        for item in container.values() if isinstance(container, dict) else container:
            if isinstance(item, _CONTAINERS):
                containers.append(item)
            yield item


def _goes_on(item: Any) -> bool:
    if isinstance(item, (asyncio.Future, concurrent.futures.Future)):
        return not item.done()
    return inspect.isawaitable(item) or inspect.isasyncgen(item)
