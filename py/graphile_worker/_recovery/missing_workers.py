"""Whose connection has been gone for how long."""

from __future__ import annotations

import math
from datetime import datetime

LOOK_INTERVAL = 2.0
"""Seconds between two looks for lost connections."""


class Missing:
    """Which workers have been missing for how long, without a gap in the observation. Instants in seconds.

    >>> missing, heartbeat = Missing(grace=5), datetime.min
    >>> [missing.observe({"a": heartbeat}, at) for at in (0, 2, 4)], missing.observe({"a": heartbeat}, 6)
    ([{}, {}, {}], {'a': datetime.datetime(1, 1, 1, 0, 0)})
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._since: dict[str, tuple[float, datetime]] = {}
        self._last_at = 0.0

    def decided_in(self, now: float) -> float:
        """Returns the seconds until a worker has been missing for long enough; infinity when none is missing."""
        return min((since + self._grace - now for since, _ in self._since.values()), default=math.inf)

    def forget(self) -> None:
        """Forgets all missing workers, as the observer was away itself: every grace period begins anew."""
        self._since.clear()

    def observe(self, missing: dict[str, datetime], now: float) -> dict[str, datetime]:
        """Notes who is missing now, with its last heartbeat; returns those that were all the time of the grace.

        Of one that was returned and is still missing, as somebody else deals with it, that time begins anew.
        """
        # Stopped for a while, this process or the whole machine: others may have been, and are just coming back.
        if now - self._last_at > self._grace + 2 * LOOK_INTERVAL:
            self.forget()
        self._last_at = now
        self._since = {
            worker_id: since if (since := self._since.get(worker_id)) and since[1] == heartbeat else (now, heartbeat)
            for worker_id, heartbeat in missing.items()
        }
        dead = {
            worker_id: heartbeat for worker_id, (since, heartbeat) in self._since.items() if now - since >= self._grace
        }
        self._since.update({worker_id: (now, heartbeat) for worker_id, heartbeat in dead.items()})
        return dead
