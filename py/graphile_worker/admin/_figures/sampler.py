"""The figures of the last minutes, for the chart."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..._calls.operator_rows import Stats
from .shared import Shared

INTERVAL = 1.8
"""Seconds; a little less than the page's, so that a page that is alone gets a new sample each time."""
KEPT = timedelta(minutes=10)
_RATE_OVER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Figures at an instant; `seq` grows with each, also from one start of the server to the next."""

    seq: int
    at: datetime
    ready: int
    locked: int
    scheduled: int
    failed: int
    oldest_ready_age: float | None
    jobs_added: int
    jobs_deleted: int


class Sampler:
    """Takes a sample of the queue when a viewer asks and the last sample is old; keeps the samples of some minutes."""

    def __init__(self, stats: Callable[[], Awaitable[Stats]], shared: Shared) -> None:
        self._stats = stats
        self._shared = shared
        self._samples: deque[Sample] = deque()
        self._seq = time.time_ns() // 1_000_000_000 * 1000
        self._skew = timedelta(0)

    async def look(self) -> Stats:
        """Returns the latest figures; those of another viewer when they are fresh."""
        return await self._shared.get("stats", INTERVAL, self._take)

    async def _take(self) -> Stats:
        stats = await self._stats()
        self._skew = stats.counted_at - datetime.now(UTC)
        age = stats.oldest_ready_age
        self._seq += 1
        self._samples.append(
            Sample(
                seq=self._seq,
                at=stats.counted_at.astimezone(UTC),
                ready=stats.ready,
                locked=stats.locked,
                scheduled=stats.scheduled,
                failed=stats.failed,
                oldest_ready_age=None if age is None else age.total_seconds(),
                jobs_added=stats.jobs_added,
                jobs_deleted=stats.jobs_deleted,
            )
        )
        while self._samples[0].at < stats.counted_at - KEPT:
            self._samples.popleft()
        return stats

    def since(self, seq: int) -> list[Sample]:
        """Returns the samples after number `seq`, the oldest first; all of them when it was none of this server's."""
        if seq > self._seq:
            seq = 0
        return [sample for sample in self._samples if sample.seq > seq]

    def now(self) -> datetime:
        """Returns the time by the clock of the database, as far as it is known."""
        return datetime.now(UTC) + self._skew

    @property
    def seq(self) -> int:
        """The number of the last sample."""
        return self._seq

    def rates(self) -> dict[str, Any] | None:
        """Returns jobs a second over the last seconds; None until there are two samples near each other."""
        if len(self._samples) < 2:
            return None
        last = self._samples[-1]
        near = [sample for sample in self._samples if last.at - sample.at <= _RATE_OVER]
        first = near[0] if len(near) > 1 else None
        # Counters that went back were reset.
        if first is None or last.jobs_added < first.jobs_added or last.jobs_deleted < first.jobs_deleted:
            return None
        seconds = (last.at - first.at).total_seconds()
        if seconds <= 0:
            return None
        return {
            "added_per_second": round((last.jobs_added - first.jobs_added) / seconds, 2),
            "done_per_second": round((last.jobs_deleted - first.jobs_deleted) / seconds, 2),
        }
