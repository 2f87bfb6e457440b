"""Reports besides the lists of jobs: figures, queues, tasks, workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import psycopg
from msgspec import Meta
from starlette.requests import Request
from starlette.routing import Route

from ..._basis.errors import GraphileWorkerError
from ..._basis.version import __version__
from ..._calls.operator_rows import WorkerSummary
from ..._client.async_client import AsyncClient
from .._door.auth import CSRF_HEADER
from .._figures.sampler import KEPT
from .._json import plain
from .context import Context
from .params import (
    MAX_IDS,
    RECOVERY_DELAY,
    SWEEP_THRESHOLD,
    Name,
    Page,
    PageSize,
    Query,
    Search,
    Seconds,
)

_FRESH = 4.0
_FRESH_TABLES = 15.0
_POLL_MS = 2000
# On the overview. Those of the queues are looked for among so many jobs: their own page goes further.
_QUEUES, _QUEUE_JOBS, _WORKERS, _LOCKED_WORKERS = 10, 5000, 20, 50


class Since(Query, frozen=True, kw_only=True):
    since: Annotated[int, Meta(ge=0)] = 0


class ByName(Page, frozen=True, kw_only=True):
    limit: PageSize = 100
    after: Name | None = None


class QueueSearch(ByName, frozen=True, kw_only=True):
    search: Search | None = None


class Longest(Page, frozen=True, kw_only=True):
    limit: PageSize = 20


class WorkerPage(Page, frozen=True, kw_only=True):
    stale_threshold_secs: Seconds = SWEEP_THRESHOLD
    limit: PageSize = 200
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


def routes(context: Context) -> list[Route]:
    reports = Reports(context)
    return [
        context.reads("/session", Query, reports.session),
        context.reads("/overview", Since, reports.overview),
        context.reads("/tasks", ByName, reports.tasks, fresh=_FRESH),
        context.reads("/queues", QueueSearch, reports.queues, fresh=_FRESH),
        context.reads("/queues/longest", Longest, reports.longest, fresh=_FRESH),
        context.reads("/paused", Query, reports.paused, fresh=_FRESH),
        context.reads("/workers", WorkerPage, reports.workers, fresh=_FRESH),
        context.reads("/health", Query, reports.health, fresh=_FRESH_TABLES),
    ]


class Reports:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = context.database
        self._shared = context.shared

    async def session(self, _query: Query, _request: Request) -> dict[str, Any]:
        context = self._context
        try:
            info = await self._shared.get("info", _FRESH, self._database.info)
        except (psycopg.Error, GraphileWorkerError, TimeoutError):
            # The page is there, and says so itself.
            info = None
        return {
            "auth": context.auth.mode,
            "header_name": context.auth.header_name,
            "user": context.auth.user if context.auth.mode == "basic" else None,
            "read_only": context.read_only,
            "csrf_token": context.csrf_token,
            "csrf_header": CSRF_HEADER,
            "schema": self._database.schema,
            "database": info and info.database,
            "host": info and info.host,
            "server_version": info and info.server_version,
            "version": __version__,
            "can_migrate": self._database.conninfo is not None,
            "crontab_given": context.crontab is not None,
            "poll_ms": _POLL_MS,
            "window_secs": KEPT.total_seconds(),
            "max_ids": MAX_IDS,
            "sweep": {
                "threshold_secs": SWEEP_THRESHOLD,
                "delay_secs": RECOVERY_DELAY,
            },
            "now": context.sampler.now(),
        }

    async def overview(self, query: Since, _request: Request) -> dict[str, Any]:
        sampler = self._context.sampler
        stats = await sampler.look()
        lists = await self._shared.get("overview", _FRESH, self._overview_lists)
        return {
            "now": sampler.now(),
            "stats": plain(stats),
            "rates": sampler.rates(),
            "samples": sampler.since(query.since),
            "seq": sampler.seq,
            **lists,
        }

    async def _overview_lists(self) -> dict[str, Any]:
        ask = self._database.ask
        queues = await ask(lambda client: client.longest_queues(limit=_QUEUES, max_rows=_QUEUE_JOBS))
        workers = await ask(lambda client: client.list_workers(limit=_WORKERS))
        locked = await ask(AsyncClient.list_locked_workers)
        paused = await ask(AsyncClient.list_paused)
        return {
            "queues": _plain(queues),
            "workers": self._workers(workers),
            "locked_workers": _plain(locked[:_LOCKED_WORKERS]),
            "paused": _plain(paused),
        }

    async def tasks(self, query: ByName, _request: Request) -> dict[str, Any]:
        found = await self._database.ask(lambda client: client.task_stats(limit=query.limit, after_task=query.after))
        return {"tasks": _plain(found), "next": found[-1].task_identifier if len(found) == query.limit else None}

    async def queues(self, query: QueueSearch, _request: Request) -> dict[str, Any]:
        found = await self._database.ask(
            lambda client: client.list_queues(limit=query.limit, after_queue=query.after, search=query.search)
        )
        return {"queues": _plain(found), "next": found[-1].queue_name if len(found) == query.limit else None}

    async def longest(self, query: Longest, _request: Request) -> dict[str, Any]:
        return {"queues": _plain(await self._database.ask(lambda client: client.longest_queues(limit=query.limit)))}

    async def paused(self, _query: Query, _request: Request) -> dict[str, Any]:
        return {"paused": _plain(await self._database.ask(AsyncClient.list_paused))}

    async def workers(self, query: WorkerPage, _request: Request) -> dict[str, Any]:
        # For the clock of the database.
        await self._context.sampler.look()
        threshold = timedelta(seconds=query.stale_threshold_secs)
        found = await self._database.ask(
            lambda client: client.list_workers(threshold, limit=query.limit, offset=query.offset)
        )
        return {
            "workers": self._workers(found),
            "next_offset": query.offset + query.limit if len(found) == query.limit else None,
            "now": self._context.sampler.now(),
        }

    def _workers(self, workers: Sequence[WorkerSummary]) -> list[dict[str, Any]]:
        now = self._context.sampler.now()
        return [{**plain(worker), "heartbeat_age": _age(now, worker.last_heartbeat_at)} for worker in workers]

    async def health(self, _query: Query, _request: Request) -> dict[str, Any]:
        tables = await self._database.ask(AsyncClient.table_health)
        holders = await self._database.ask(AsyncClient.list_xmin_holders)
        return {"tables": _plain(tables), "xmin_holders": _plain(holders)}


def _plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [plain(row) for row in rows]


def _age(now: datetime, instant: datetime | None) -> float | None:
    return None if instant is None else max(0.0, (now - instant.astimezone(UTC)).total_seconds())
