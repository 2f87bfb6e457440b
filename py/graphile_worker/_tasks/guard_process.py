"""What the guard of a worker does, in a process of its own: see guard.py. It needs the standard library only.

On standard input come lines: `+1234`, there is a process group 1234; `-1234`, its leader has ended; `.`, the worker
ends in good order. The end of the input is the end of the worker.
"""

import os
import signal
import sys
import time
from contextlib import suppress

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL for what a worker has left that ended in good order."""


def main() -> None:
    """Reads to the end, then kills every group that is left."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    groups: set[int] = set()
    in_good_order = False
    for line in sys.stdin.buffer:
        sign, number = line[:1], line[1:].strip()
        if sign == b"+" and number.isdigit():
            # Forget those that are gone, as their numbers may be given to others.
            groups = {group for group in groups if send(group, 0)} | {int(number)}
        elif sign == b"-" and number.isdigit():
            groups.discard(int(number))
        elif sign == b".":
            in_good_order = True
    if in_good_order:
        groups = {group for group in groups if send(group, signal.SIGTERM)}
        until = time.monotonic() + GRACE
        while groups and time.monotonic() < until:
            time.sleep(0.02)
            groups = {group for group in groups if send(group, 0)}
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Signals a group; returns whether it is there, and may be signalled."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    main()
