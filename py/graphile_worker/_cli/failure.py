"""Errors of a command: one line that says what failed, one that says what to do, and an exit code."""

from __future__ import annotations

import click

from .._basis.printable import printable

FAILED = 1
USAGE = 2
INTERRUPTED = 130


def report(message: str, hint: str | None = None, details: str | None = None) -> str:
    """Returns the lines of an error for stderr; nothing in them moves the cursor.

    >>> print(report("no such job", hint="It may be done."))
    error: no such job
    hint: It may be done
    """
    lines = [f"error: {_line(message)}"]
    lines += [f"  {printable(line)}" for line in (details or "").splitlines()]
    if hint:
        lines.append(f"hint: {_line(hint)}")
    return "\n".join(lines)


def _line(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line[:-1] if line.endswith(".") and not line.endswith("..") else line


class Failure(click.ClickException):
    """A command failed, or nothing matched. `details` are further lines of the error, for a traceback or a log."""

    def __init__(
        self, message: str, *, hint: str | None = None, details: str | None = None, exit_code: int = FAILED
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.details = details
        self.code = exit_code

    def report(self) -> str:
        return report(self.message, self.hint, self.details)


class Usage(Failure):
    """The command was called wrongly, or can't reach the queue."""

    def __init__(self, message: str, *, hint: str | None = None, details: str | None = None) -> None:
        super().__init__(message, hint=hint, details=details, exit_code=USAGE)
