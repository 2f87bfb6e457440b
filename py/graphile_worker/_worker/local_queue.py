"""The local queue: a fixed number of jobs claimed ahead and kept in memory."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from .._hooks import events
from .._hooks.background import BackgroundHooks
from .._hooks.hooks import Hooks
from .options import LocalQueue
from .read_ahead import Supply
from .work_signal import WorkSignal


class LocalQueueSupply(Supply):
    """Holds up to the size of the local queue, for its time to live, besides what is about to start.

    Modes: starting; polling (it has nothing, and asks); waiting (it has jobs, runners take them); ttl_expired (what it
    had went back, it asks again when a runner is idle); released (the worker stops).
    `work` makes the lane ask for jobs; `poll_interval` is in seconds.
    """

    def __init__(
        self,
        options: LocalQueue,
        horizon: float,
        lane_id: str,
        hooks: Hooks,
        *,
        poll_interval: float,
        work: WorkSignal,
    ) -> None:
        super().__init__(horizon)
        self._options = options
        self._lane_id = lane_id
        self._background = BackgroundHooks(hooks)
        self._poll_interval = poll_interval
        self._work = work
        self._mode: events.LocalQueueMode = "starting"
        self._filled_at = 0.0
        self._delay: asyncio.TimerHandle | None = None
        self._heard = 0
        self._abort_threshold = 0
        self.review_interval = min(1.0, options.ttl.total_seconds() / 4)

    @property
    def size(self) -> int:
        return self._options.size

    def wanted(self, idle: int, buffered: int) -> int:
        if self._mode == "ttl_expired":
            return max(idle - buffered, 0)
        # What starts while the claim is under way does not wait: short jobs come in batches as large as the queue.
        waiting = max(buffered - idle - min(self.soon, self.size), 0)
        return max(idle - buffered, self.size - waiting if waiting <= self.size // 2 else 0)

    def review(self, started: int, buffered: int) -> int:
        now = asyncio.get_running_loop().time()
        if started:
            self._filled_at = now
        elif buffered:
            # Jobs may take longer than they just did.
            self._rate = 0.0
            if now - self._filled_at >= self._options.ttl.total_seconds():
                self._set_mode("ttl_expired")
                return 0
        return buffered

    def hear(self, job_count: int) -> bool:
        if self._delay is None:
            return True
        self._heard += job_count
        if self._heard >= self._abort_threshold:
            self._delay.cancel()
            self._delay = None
            self._background.emit(
                events.LocalQueueRefetchDelayAbort,
                worker_id=self._lane_id,
                job_count=self._heard,
                abort_threshold=self._abort_threshold,
            )
            return True
        return False

    async def fetching(self, buffered: int) -> None:
        if self._mode == "starting":
            self._background.emit(events.LocalQueueInit, worker_id=self._lane_id, size=self.size)
        if not buffered:
            self._set_mode("polling")
        await self._background.settle()

    async def fetched(self, job_count: int) -> None:
        self._background.emit(events.LocalQueueGetJobsComplete, worker_id=self._lane_id, job_count=job_count)
        if job_count:
            self._filled_at = asyncio.get_running_loop().time()
            self._set_mode("waiting")
        options = self._options.refetch_delay
        if options is not None and job_count <= options.threshold and self._delay is None:
            seconds = min(options.duration.total_seconds() * random.uniform(0.5, 1), self._poll_interval)  # noqa: S311
            self._heard = 0
            self._abort_threshold = random.randint(1, options.max_abort_threshold or 5 * self.size)  # noqa: S311
            self._delay = asyncio.get_running_loop().call_later(seconds, self._expire)
            self._background.emit(
                events.LocalQueueRefetchDelayStart,
                worker_id=self._lane_id,
                delay=timedelta(seconds=seconds),
                threshold=options.threshold,
                abort_threshold=self._abort_threshold,
            )
        await self._background.settle()

    def returned(self, job_count: int) -> None:
        self._background.emit(events.LocalQueueReturnJobs, worker_id=self._lane_id, job_count=job_count)

    def rename(self, lane_id: str) -> None:
        self._lane_id = lane_id

    async def close(self) -> None:
        if self._delay is not None:
            self._delay.cancel()
        self._set_mode("released")
        await self._background.settle()

    def _expire(self) -> None:
        self._delay = None
        self._background.emit(events.LocalQueueRefetchDelayExpired, worker_id=self._lane_id)
        if self._heard:
            self._work.ask()

    def _set_mode(self, mode: events.LocalQueueMode) -> None:
        if mode != self._mode:
            old, self._mode = self._mode, mode
            self._background.emit(events.LocalQueueSetMode, worker_id=self._lane_id, old=old, new=mode)
