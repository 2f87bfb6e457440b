"""What comes of a handler that was called in a thread or a process, on its way to whoever waits for it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
from typing import Any

from .results import settled


class Raised:
    """An exception as a value: a future can't carry StopIteration, and would print others it thinks nobody saw."""

    def __init__(self, error: BaseException) -> None:
        # Not isinstance, which asks the error itself when its type says no.
        is_stop = issubclass(type(error), StopIteration)
        self.error = RuntimeError("the task raised StopIteration") if is_stop else error
        if self.error is not error:
            self.error.__cause__ = error


def has_to_be_awaited(result: Any) -> bool:
    """Tells whether the work goes on, so that `settled` waits for it."""
    return inspect.isawaitable(result) or isinstance(result, concurrent.futures.Future)


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
