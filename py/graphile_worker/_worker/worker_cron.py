"""The scheduler of a worker's own crontab, which tells the worker's hooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg_pool import AsyncConnectionPool

from .._basis.log import logger
from .._basis.printable import some_of
from .._client.async_client import AsyncClient
from .._crontab.crontab import Crontab, CrontabSource
from .._hooks import events
from .._hooks.hooks import Hooks
from .cron_scheduler import CronScheduler, DueTick, ScheduledJob


def worker_cron(
    target: str | AsyncConnectionPool[Any],
    source: CrontabSource,
    *,
    tasks: Iterable[str],
    schema: str,
    hooks: Hooks,
    client: AsyncClient,
) -> CronScheduler:
    """Makes the scheduler. `client` knows the worker's id of the moment. Raises InvalidArgument for a bad crontab."""
    crontab = Crontab.of(source)
    if others := sorted({entry.task for entry in crontab} - set(tasks)):
        logger.warning("the crontab names tasks that this worker does not run: %s", some_of(others))

    async def tell_tick(due: DueTick) -> None:
        if hooks.wants(events.CronTick):
            await hooks.emit(
                events.CronTick(worker_id=client.worker_id, tick=due.tick, due=list(due.due), backfilled=due.backfilled)
            )

    async def tell_scheduled(job: ScheduledJob) -> None:
        if hooks.wants(events.CronJobScheduled):
            await hooks.emit(
                events.CronJobScheduled(
                    worker_id=client.worker_id,
                    tick=job.tick,
                    identifier=job.entry.id,
                    entry=job.entry,
                    job_id=job.job_id,
                    backfilled=job.backfilled,
                )
            )

    return CronScheduler(target, crontab, schema=schema, on_tick=tell_tick, on_scheduled=tell_scheduled)
