"""Ends a process and what it has started in its process group."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from .orphans import reap_orphans

KILL_AFTER = 2.0
"""Seconds between SIGTERM and SIGKILL."""
_LOOK = 0.02


class Leader(Protocol):
    """The first process of a group."""

    @property
    def pid(self) -> int | None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


async def end_group(leader: Leader, lives: Callable[[], bool]) -> None:
    """Ends a process and its group: by SIGTERM, and after KILL_AFTER seconds, or when this is cancelled, by SIGKILL.

    `lives` tells whether the leader itself still runs: it may not have made its group yet. Returns once all are gone,
    or killed.
    """
    assert leader.pid is not None
    group = leader.pid
    if not _signal(group, signal.SIGTERM):
        # It may be gone by now.
        with suppress(ProcessLookupError):
            leader.terminate()
    try:
        until = time.monotonic() + KILL_AFTER
        while (lives() or _signal(group, 0)) and time.monotonic() < until:
            await asyncio.sleep(_LOOK)
            # Else what the group has left would count as there, where the worker is the first process of a container.
            reap_orphans()
    finally:
        _signal(group, signal.SIGKILL)
        if lives():
            with suppress(ProcessLookupError):
                leader.kill()


def _signal(group: int, number: int) -> bool:
    """Signals a group; returns whether it is there, and may be signalled."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False
