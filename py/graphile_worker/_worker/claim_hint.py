"""Where in the order of jobs the next claim begins to look."""

from __future__ import annotations

import time
from typing import Any

from .._calls.job import Job

NONE: dict[str, Any] = {"after_priority": None, "after_run_at": None, "after_id": None}
"""No hint."""


class Position:
    """The hint of a worker that has a backlog: what stands before the last job it claimed is most likely gone.

    What was committed or given back before it is found when a claim looks at the head again: once per `poll_interval`
    (seconds), and whenever a claim is not filled.

    >>> position = Position(poll_interval=1.0)
    >>> position.params()
    {'after_priority': None, 'after_run_at': None, 'after_id': None}
    """

    def __init__(self, poll_interval: float) -> None:
        self._poll_interval = poll_interval
        self._last: Job | None = None
        self._head_seen_at = 0.0

    def params(self) -> dict[str, Any]:
        """Returns the hint for a claim that is made now."""
        now = time.monotonic()
        if now - self._head_seen_at >= self._poll_interval:
            self._last = None
        last = self._last
        if last is None:
            self._head_seen_at = now
            return NONE
        return {"after_priority": last.priority, "after_run_at": last.run_at, "after_id": last.id}

    def observe(self, last: Job | None, *, is_full: bool) -> None:
        """Notes what a claim brought: its last job, and whether there were as many as asked for."""
        if not is_full:
            self._last = None
        elif last is not None and last.queue_name is None:
            self._last = last
