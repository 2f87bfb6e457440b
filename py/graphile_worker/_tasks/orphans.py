"""Reaps what programs leave behind when the worker is the first process of a container, which inherits it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def reap_orphans() -> None:
    """Reaps, as process 1, processes that have ended and were not started by this one; elsewhere does nothing.

    A child of our own is in our session, or the first of its session: its end is for whoever has started it. What is in
    another session was started by a program that is gone, and nobody else will ever ask how it ended.
    """
    if os.getpid() == 1:
        for pid in _orphans():
            # It is dead, so nothing waits. Another thread may have been faster.
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _orphans() -> list[int]:
    own_session = os.getsid(0)
    found = []
    with suppress(OSError):
        for folder in _PROC.iterdir():
            if not folder.name.isdigit():
                continue
            with suppress(OSError):
                # PID (NAME) STATE PARENT GROUP SESSION ...; the name may hold anything.
                state, parent, _, session = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:4]
                pid = int(folder.name)
                if state == "Z" and int(parent) == os.getpid() and int(session) not in (own_session, pid):
                    found.append(pid)
    return found
