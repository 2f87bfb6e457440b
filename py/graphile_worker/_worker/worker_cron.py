"""A worker's own crontab: most of it is the database's to schedule, the rest a scheduler's of the worker."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from .._basis.log import logger
from .._basis.printable import some_of
from .._crontab.crontab import Crontab, CrontabSource
from .._hooks import events
from .cron_scheduler import CronScheduler, DueTick, ScheduledJob
from .crontab_publisher import CrontabPublisher
from .schedules import Schedules
from .shared import Shared


def worker_cron(
    target: str | AsyncConnectionPool[Any],
    source: CrontabSource,
    shared: Shared,
    schedules: Schedules,
) -> CronScheduler:
    """Lets `schedules` publish the entries; makes the scheduler of those that only this worker can tell to be due.

    Raises InvalidArgument for a bad crontab.
    """
    # It knows the worker's id of the moment.
    client, hooks = shared.client, shared.hooks
    crontab = Crontab.of(source)
    if others := sorted({entry.task for entry in crontab} - set(shared.tasks)):
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

    publisher = CrontabPublisher(crontab)
    schedules.publish_first(publisher)
    own = Crontab(entry for entry in crontab if entry.id not in publisher.identifiers)
    schema = shared.options.schema
    return CronScheduler(target, own, schema=schema, on_tick=tell_tick, on_scheduled=tell_scheduled)
