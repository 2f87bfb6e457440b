"""Long work at a terminal: a question before it, and a line that counts while it runs."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from .failure import INTERRUPTED, Failure, Usage
from .output import can_ask
from .text import count as count_of

_EVERY = 0.1
"""Seconds between two looks of the line."""


def confirm(question: str, *, yes: bool) -> None:
    """Asks whether to go on, where somebody is there to answer; raises Failure on no."""
    if yes or not can_ask():
        return
    if not (click.confirm(question, err=True) if sys.stderr.isatty() else _confirm_beside_stderr(question)):
        raise Failure("nothing was changed", hint="Answer y, or give --yes")


def _confirm_beside_stderr(question: str) -> bool:
    """Asks at the terminal itself: stderr goes elsewhere, where nobody would see the question."""
    try:
        with Path("/dev/tty").open("r+b", buffering=0) as tty:
            tty.write(f"{question} [y/N]: ".encode())
            answer = tty.readline()
    except OSError:
        raise Usage("can't ask whether to go on: stderr is no terminal", hint="Give --yes to go on unasked") from None
    return answer.decode(errors="replace").strip().lower() in ("y", "yes")


@contextmanager
def to_the_end() -> Iterator[None]:
    """Delays Ctrl-C to the end of the block; a second one interrupts at once."""
    is_due = False

    def remember(*_: object) -> None:
        nonlocal is_due
        if is_due:
            raise KeyboardInterrupt
        is_due = True

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if is_due:
        raise KeyboardInterrupt


class Progress:
    """Counts on stderr when that is a terminal; `verb` is what happens to jobs, as `retried`.

    An interruption leaves the block as Failure, which says how far it came.
    """

    def __init__(self, verb: str, total: int | None = None, *, noun: str = "job") -> None:
        self.count = 0
        self._verb = verb
        self._noun = noun
        self._total = total
        # What is done at once shows no line.
        self._shown = time.monotonic()
        self._width = 0
        self._is_terminal = sys.stderr.isatty()

    def advance(self, count: int) -> None:
        self.count += count
        now = time.monotonic()
        if self._is_terminal and now - self._shown >= _EVERY:
            self._shown = now
            of = f"{self.count:,} of " if self._total else ""
            line = f"{of}{count_of(self._total or self.count, self._noun)} {self._verb}"
            self._width = max(self._width, len(line))
            click.echo(f"\r{line:<{self._width}}", err=True, nl=False)

    def _clear(self) -> None:
        if self._width:
            click.echo(f"\r{'':<{self._width}}\r", err=True, nl=False)
            self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._clear()
        if isinstance(exc, KeyboardInterrupt):
            were, stay = ("was", "stays") if self.count == 1 else ("were", "stay")
            done = f"{count_of(self.count, self._noun)} {were} {self._verb}, and {stay} so"
            raise Failure(f"interrupted: {done}", exit_code=INTERRUPTED) from None
