"""How a handler's error comes back from a thread, a process or a program."""

from __future__ import annotations


class TaskProcessError(Exception):
    """A process or program that ran a job did not come to a good end."""


class RaisedElsewhere(TaskProcessError):
    """Stands for an exception that its process can't send; its text says all about that one."""


class Raised:
    """An exception as a value: a future can't carry StopIteration, and would print others it thinks nobody saw."""

    def __init__(self, error: BaseException) -> None:
        # Not isinstance, which asks the error itself when its type says no.
        is_stop = issubclass(type(error), StopIteration)
        self.error = RuntimeError("the task raised StopIteration") if is_stop else error
        if self.error is not error:
            self.error.__cause__ = error
