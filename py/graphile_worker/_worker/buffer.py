"""Jobs that are claimed and not started yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Iterator

from .._calls.job import Job


class Buffer:
    """A queue of claimed jobs; cheaper than asyncio's, and it can be shortened from the far end."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.started = 0
        """How many jobs have been taken from it."""

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs)

    def extend(self, jobs: Iterable[Job]) -> None:
        """Adds jobs in the order to start them, and wakes as many runners as there are jobs."""
        self._jobs.extend(jobs)
        self._wake(len(self._jobs))

    async def next(self) -> Job:
        """Returns the job to start next; waits until there is one."""
        while not self._jobs:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                # A runner that was woken and does not come is not to keep a job from another that waits.
                if not future.cancelled():
                    self._wake(1)
                raise
        self.started += 1
        return self._jobs.popleft()

    def _wake(self, count: int) -> None:
        while count and self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                count -= 1

    def remove(self, job_ids: Collection[int]) -> list[Job]:
        """Takes out the jobs that have these ids."""
        removed = [job for job in self._jobs if job.id in job_ids]
        if removed:
            self._jobs = deque(job for job in self._jobs if job.id not in job_ids)
        return removed

    def cut(self, keep: int) -> list[Job]:
        """Takes out all but the first `keep` jobs."""
        return [self._jobs.pop() for _ in range(len(self._jobs) - keep)]
