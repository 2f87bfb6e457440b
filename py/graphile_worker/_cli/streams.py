"""Standard streams that are closed, or can't be written."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def replace_closed() -> None:
    """Puts something in the place of streams that the caller has closed.

    Else a connection to the database would get the number of one. What is written to a closed stdout fails, as to a
    full disk; who would look at stderr is not there.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def give_up_stdout() -> None:
    """Drops what stdout has buffered, so that the process does not fail at its end to write it."""
    with suppress(OSError, ValueError):
        void = os.open(os.devnull, os.O_WRONLY)
        os.dup2(void, sys.stdout.fileno())
        os.close(void)
