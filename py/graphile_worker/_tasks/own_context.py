"""Keeps what a job sets in ContextVars from the jobs that come after it."""

from __future__ import annotations

import contextvars
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


@types.coroutine
def in_own_context(work: Coroutine[Any, Any, T], base: contextvars.Context | None = None) -> Generator[Any, Any, T]:
    """Awaits a coroutine in a copy of a context, the current one by default: what it sets in ContextVars ends with it.

    The task stays the same. One of its own, which asyncio would give a context, costs ten times as much.
    """
    run = (contextvars.copy_context() if base is None else base.copy()).run
    step: Callable[..., Any] = work.send
    value: Any = None
    while True:
        try:
            awaited = run(step, value)
        except StopIteration as done:
            result: T = done.value
            return result
        try:
            step, value = work.send, (yield awaited)
        except GeneratorExit:
            run(work.close)
            raise
        except BaseException as error:  # A cancellation, above all.
            step, value = work.throw, error


def has_changed(base: contextvars.Context) -> bool:
    """Tells whether ContextVars are set that were not when `base` was a copy of the current context, or otherwise.

    It costs a tenth of a context for each job, so those pay for one who are behind a job that sets something.
    """
    try:
        return contextvars.copy_context() != base
    except Exception:  # Values of strangers are compared where they are not the same.
        return True
