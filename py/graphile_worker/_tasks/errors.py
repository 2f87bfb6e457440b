"""What a payload, a batch, or a handler in a thread, a process or a program, fails with."""

from __future__ import annotations

MISFIT = (ValueError, TypeError, RecursionError)
"""What decoding raises for a payload that does not fit. Of pydantic and msgspec both it is a ValueError."""


class BatchPartlyFailed(Exception):  # It is an outcome, which becomes the job's last_error.
    """Some items failed: `replacement_payload` is the JSON of those to be tried again, None for all there were."""

    def __init__(self, message: str, replacement_payload: str | None) -> None:
        super().__init__(message)
        self.replacement_payload = replacement_payload


class TaskProcessError(Exception):
    """A process or program that ran a job did not come to a good end."""


class RaisedElsewhere(TaskProcessError):
    """Stands for an exception that its process can't send; its text says all about that one."""
