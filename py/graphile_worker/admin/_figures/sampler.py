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
# The server's running counters are a second or so behind.
_RATE_OVER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Figures at an instant; `seq` grows with each, also from one start of the server to the next.

    Rates are those of the last seconds; None until there are two samples near each other.
    """

    seq: int
    at: datetime
    ready: int
    locked: int
    scheduled: int
    failed: int
    oldest_ready_age: float | None
    jobs_added: int
    jobs_deleted: int
    added_per_second: float | None
    done_per_second: float | None


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
        added, done = self._rates(stats)
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
                added_per_second=added,
                done_per_second=done,
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
        """Returns jobs a second over the last seconds; None where the last sample has none."""
        last = self._samples[-1] if self._samples else None
        if last is None or last.added_per_second is None:
            return None
        return {"added_per_second": last.added_per_second, "done_per_second": last.done_per_second}

    def _rates(self, stats: Stats) -> tuple[float | None, float | None]:
        first = next((sample for sample in self._samples if stats.counted_at - sample.at <= _RATE_OVER), None)
        # Counters that went back were reset.
        if first is None or stats.jobs_added < first.jobs_added or stats.jobs_deleted < first.jobs_deleted:
            return None, None
        seconds = (stats.counted_at - first.at).total_seconds()
        if seconds <= 0:
            return None, None
        added, done = stats.jobs_added - first.jobs_added, stats.jobs_deleted - first.jobs_deleted
        return round(added / seconds, 2), round(done / seconds, 2)
