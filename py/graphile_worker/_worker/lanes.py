"""The lanes of a worker, together: made, opened, run and stopped."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from .._basis.errors import GraphileWorkerError, InvalidArgument
from .._basis.own_tasks import begin, must_end, shake_off
from .._hooks.events import WorkerGracefulShutdown
from .dispatch import Lane
from .options import WorkerOptions
from .shared import Shared

_WHAT_TO_CANCEL = "Call `stop`, or cancel the task that awaits `run`, not all there are in asyncio.all_tasks()"


class Lanes:
    """One lane, or one per local queue; they share the worker's concurrency."""

    def __init__(self, shared: Shared) -> None:
        self._shutdown = shared.shutdown
        self._tell = shared.tell
        self._grace = shared.options.grace_period
        self._stopped = False
        count = lane_count(shared.options)
        share, rest = divmod(shared.options.concurrency, count)
        # One connection must not return, after a reconnect, what another has just claimed: an id each.
        first = shared.client.worker_id
        ids = [first, *(f"{first}_{number}" for number in range(1, count))]
        self.all = [Lane(shared, lane_id, share + (number < rest)) for number, lane_id in enumerate(ids)]

    async def open(self) -> None:
        for lane in self.all:
            await lane.exchange.open()

    async def close(self) -> None:
        for lane in self.all:
            await lane.exchange.close()

    def hear(self, job_count: int) -> None:
        """Tells all lanes that so many jobs may have been added."""
        for lane in self.all:
            lane.hear(job_count)

    def supersede(self, worker_id: str | None, job_ids: list[int]) -> None:
        """Drops jobs that lost their key, unless started already. Without a worker's id any job may be among them."""
        for lane in self.all:
            if worker_id is None:
                lane.give_back()
            elif worker_id == lane.id:
                lane.supersede(job_ids)

    def cancel(self, worker_id: str, job_ids: list[int], reason: str | None = None) -> None:
        """Stops jobs that somebody has cancelled: what has not started never will."""
        for lane in self.all:
            if worker_id == lane.id:
                lane.cancel(job_ids, reason)

    async def run(self, *, once: bool) -> None:
        """Runs all lanes to their end. A lane that can't go on takes the others along, gently."""
        runs = [begin(lane.run(once=once), f"graphile_worker lane {lane.id}") for lane in self.all]
        for run in runs:
            run.add_done_callback(self._ended)
        task = asyncio.current_task()
        assert task is not None
        was_cancelled = False
        while not all(run.done() for run in runs):
            try:
                await asyncio.wait(runs)
            except asyncio.CancelledError as error:
                if must_end(error):
                    raise
                # Whoever has cancelled this, what has been claimed is to be handed in.
                self._shutdown.request("cancelled" if self._shutdown.is_near else "error", now=True)
                was_cancelled = True
                await shake_off(task)
        for run in runs:
            was_cancelled = was_cancelled or run.cancelled()
            if not run.cancelled():
                run.result()
        if was_cancelled and self._shutdown.reason != "cancelled":
            raise GraphileWorkerError(
                "a task of the worker was cancelled by somebody else, and it has stopped", hint=_WHAT_TO_CANCEL
            )

    def _ended(self, run: asyncio.Task[None]) -> None:
        if run.cancelled() or run.exception() is not None:
            self._shutdown.request("error")

    def stop(self) -> None:
        """Returns at once the jobs not started, once the shutdown was requested. May be called twice."""
        if not self._stopped:
            self._stopped = True
            for lane in self.all:
                lane.stop()

    async def stop_when_asked(self) -> None:
        """Waits for the shutdown and carries it out: what runs has its grace period, none if the shutdown is urgent."""
        shutdown = self._shutdown
        await shutdown.requested()
        self.stop()
        self._tell(
            WorkerGracefulShutdown,
            reason=shutdown.reason or "stop",
            grace_period=timedelta(0) if shutdown.is_urgent else self._grace,
            jobs=[job for lane in self.all for job in lane.running()],
        )
        await shutdown.grace(self._grace.total_seconds())
        for lane in self.all:
            lane.interrupt()


def refuse_small_pool(pool_size: int, options: WorkerOptions, *, once: bool) -> None:
    """Raises InvalidArgument for a pool of the caller's that has too few connections, whose lack would be felt as calls
    that time out.
    """
    kept = _kept(options, once=once)
    # 0: as many as need be.
    if 0 < pool_size <= kept:
        raise InvalidArgument(
            f"the pool has max_size={pool_size}, which is too small for this worker",
            hint=f"It needs {kept + 1}: the worker keeps {kept}, and one is for housekeeping and for handlers; more if "
            "those are to use several at once",
        )


def loan_count(pool_size: int, options: WorkerOptions) -> int | None:
    """Returns how many connections of the caller's pool may be lent to handlers at a time, None for any number: besides
    what the worker keeps one is left for housekeeping, and for the calls of all handlers' client.
    """
    return None if pool_size == 0 else pool_size - _kept(options, once=False) - 1


def _kept(options: WorkerOptions, *, once: bool) -> int:
    return lane_count(options) + (options.use_notifications and not once)


def lane_count(options: WorkerOptions) -> int:
    """Returns how many connections claim and hand in."""
    return min(options.local_queue.queue_count, options.concurrency) if options.local_queue else 1
