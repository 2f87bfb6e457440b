"""Errors in a crontab, and their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._basis.errors import InvalidArgument


class CronValueError(ValueError):
    """A part of an entry is wrong; `offset` is where within that part, in characters."""

    def __init__(self, message: str, hint: str, *, offset: int = 0) -> None:
        super().__init__(message)
        self.hint = hint
        self.offset = offset


@dataclass(frozen=True, slots=True)
class CrontabProblem:
    """One thing that is wrong with a crontab. Lines and columns count from 1.

    >>> print(CrontabProblem("crontab", 3, 1, "bad minute 60", "A minute is 0 to 59"))
    crontab:3:1: bad minute 60. A minute is 0 to 59
    """

    source: str
    line: int
    column: int
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.message}. {self.hint}"


class CrontabError(InvalidArgument):
    """A crontab that can't be used; `problems` are all that is wrong with it."""

    def __init__(self, problems: Sequence[CrontabProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)
