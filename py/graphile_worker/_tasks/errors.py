"""How a handler's error comes back from a thread, a process or a program."""

from __future__ import annotations

import traceback


class TaskProcessError(Exception):
    """A process or program that ran a job did not come to a good end."""


class Raised:
    """An exception as a value: a future can't carry StopIteration, and would print others it thinks nobody saw."""

    def __init__(self, error: BaseException) -> None:
        self.error = RuntimeError("the task raised StopIteration") if isinstance(error, StopIteration) else error
        if self.error is not error:
            self.error.__cause__ = error


def described(error: BaseException, longest: int) -> str:
    """The error and its traceback as text, or its type's name when it can't be formatted."""
    try:
        summary = traceback.format_exception_only(error)[-1].strip()
        text = f"{summary[: longest // 2]}\n\n{''.join(traceback.format_exception(error))}"
    except BaseException as broken:  # Its own methods are called.
        text = f"{type(error).__qualname__}, which can't be formatted: {type(broken).__qualname__}"
    return text[:longest]
