"""How many jobs to claim beyond those that can start at once."""

from __future__ import annotations


class Supply:
    """Claims what will start within `horizon` seconds at the rate jobs have just been finishing.

    Short jobs come in large batches, which is what makes them cheap; of long ones none is claimed before it can start.

    >>> supply = Supply(horizon=0.02)
    >>> for _ in range(20):
    ...     supply.observe(finished=100, elapsed=0.01)
    >>> supply.wanted(idle=10, buffered=0), supply.wanted(idle=0, buffered=150)
    (100, 0)
    """

    LARGEST = 1000
    review_interval = 0.05
    """Seconds between two looks at whether claimed jobs start as expected."""

    def __init__(self, horizon: float) -> None:
        self._horizon = horizon
        self._rate = 0.0
        self.idle = 0
        """How many slots nothing waits for, as of the last `to_claim`."""
        self.waits_for_limit = self._waits_for_slot = False

    def observe(self, finished: int, elapsed: float) -> None:
        """Notes that `finished` jobs took the runners `elapsed` seconds."""
        self._rate += 0.5 * (finished / max(elapsed, 0.0001) - self._rate)

    @property
    def size(self) -> int:
        """How many jobs to hold beyond those that run."""
        return min(self.LARGEST, self.soon)

    @property
    def soon(self) -> int:
        """How many jobs will start within the horizon."""
        return round(self._rate * self._horizon)

    def heed(self, *, waits_for_limit: bool, waits_for_slot: bool) -> None:
        """Notes whether the last claim has left something to a limit, and whether for want of idle slots."""
        self.waits_for_limit, self._waits_for_slot = waits_for_limit, waits_for_slot

    def to_claim(self, idle: int, buffered: int) -> int:
        """Returns how many jobs to claim now: as `wanted` says, but nothing ahead while what is limited, and is not to
        be claimed ahead, waits for idle slots: it would never have its turn.
        """
        self.idle = max(idle - buffered, 0)
        return self.idle if self._waits_for_slot else self.wanted(idle, buffered)

    def wanted(self, idle: int, buffered: int) -> int:
        """Returns how many jobs to claim now: for idle runners, and half of `size` once that much is used up.

        By halves, so that one half runs while the other is being claimed.
        """
        half = (self.size + 1) // 2
        return max(idle - buffered, half if buffered - idle <= self.size - half else 0, 0)

    def review(self, started: int, buffered: int) -> int:
        """Returns how many buffered jobs to keep, when `started` began since the last review; the rest goes back.

        Jobs may take longer than they just did: what would not start within two intervals is left to others.
        """
        keep = 2 * started
        if buffered > keep:
            self._rate = 0.0
        return keep

    def hear(self, job_count: int) -> bool:  # noqa: ARG002
        """Tells whether to ask for jobs now that so many were added."""
        return True

    # What happens to the supply; of interest to a local queue.

    async def fetching(self, buffered: int) -> None: ...

    async def fetched(self, job_count: int) -> None: ...

    def returned(self, job_count: int) -> None: ...

    def rename(self, lane_id: str) -> None: ...

    async def close(self) -> None: ...
