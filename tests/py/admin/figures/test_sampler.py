"""The figures of the last minutes, and what is worked out from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from graphile_worker._calls.operator_rows import Stats
from graphile_worker.admin._figures.sampler import KEPT, Sampler
from graphile_worker.admin._figures.shared import Shared


def stats_at(at: datetime, **figures: Any) -> Stats:
    zeros = dict.fromkeys(Stats.__slots__, 0)
    values: dict[str, Any] = {**zeros, "oldest_ready_age": None, "estimated": [], **figures}
    return Stats(**{**values, "counted_at": at})


class Queue:
    """A queue whose clock and figures are the test's."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.figures: dict[str, int] = {}
        self.looks = 0

    async def stats(self) -> Stats:
        self.looks += 1
        return stats_at(self.now, **self.figures)

    def clock(self) -> float:
        return self.now.timestamp()


async def test_samples_are_taken_while_somebody_looks_and_kept_for_ten_minutes() -> None:
    queue = Queue()
    sampler = Sampler(queue.stats, Shared(queue.clock))
    for _ in range(400):
        await sampler.look()
        await sampler.look()
        queue.now += timedelta(seconds=2)
    assert queue.looks == 400
    kept = sampler.since(0)
    assert len(kept) == KEPT / timedelta(seconds=2) + 1
    assert sampler.since(kept[-3].seq) == kept[-2:]
    assert sampler.since(sampler.seq) == []
    # Of another server, which was started later.
    assert sampler.since(sampler.seq + 1) == kept


async def test_rates_are_differences_of_the_counters() -> None:
    queue = Queue()
    sampler = Sampler(queue.stats, Shared(queue.clock))

    async def look(seconds: float, added: int, deleted: int) -> Any:
        queue.now += timedelta(seconds=seconds)
        queue.figures = {"jobs_added": added, "jobs_deleted": deleted}
        await sampler.look()
        rates = sampler.rates()
        sample = sampler.since(0)[-1]
        in_sample = {"added_per_second": sample.added_per_second, "done_per_second": sample.done_per_second}
        assert in_sample == (rates or dict.fromkeys(in_sample))
        return rates

    assert await look(0, 100, 50) is None
    assert await look(2, 300, 60) == {"added_per_second": 100.0, "done_per_second": 5.0}
    assert await look(2, 300, 60) == {"added_per_second": 50.0, "done_per_second": 2.5}
    # Nobody looked for a while.
    assert await look(3600, 9000, 9000) is None
    # The statistics were reset.
    assert await look(2, 10, 0) is None
    assert await look(12, 22, 6) is None
    assert await look(2, 24, 6) == {"added_per_second": 1.0, "done_per_second": 0.0}
