"""Crontab entries: what the database knows of them, and when they are due, as far as this server was told."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from ..._calls.crontab_rows import KnownCrontab
from ..._client.async_client import AsyncClient
from ..._crontab.entry import Cron
from .._json import plain
from .context import Context
from .params import Query

_FRESH = 4.0
_TICKS = 5


def routes(context: Context) -> list[Route]:
    async def crontabs(_query: Query, _request: Request) -> dict[str, Any]:
        await context.sampler.look()
        known = {entry.identifier: entry for entry in await context.database.ask(AsyncClient.list_crontabs)}
        given = {entry.id: entry for entry in context.crontab or ()}
        now = context.sampler.now()
        return {
            "crontabs": [_shown(name, given.get(name), known.get(name), now) for name in sorted({*given, *known})],
            "crontab_given": context.crontab is not None,
            "now": now,
        }

    return [context.reads("/crontabs", Query, crontabs, fresh=_FRESH)]


def _shown(name: str, entry: Cron | None, known: KnownCrontab | None, now: datetime) -> dict[str, Any]:
    shown: dict[str, Any] = {"identifier": name, "installed": entry is not None}
    shown |= {"known_since": None, "last_execution": None, **(plain(known) if known else {})}
    if entry is None:
        return {**shown, "task": None, "schedule": None, "tz": None, "entry": None, "next_ticks": []}
    return {
        **shown,
        "task": entry.task,
        "schedule": str(entry.schedule),
        "tz": entry.schedule.tz,
        "entry": str(entry),
        "next_ticks": list(islice(_ticks(entry, now), _TICKS)),
    }


def _ticks(entry: Cron, now: datetime) -> Any:
    # The function of an entry with `match` is a stranger's, and may raise anything.
    with suppress(Exception):
        tick = entry.schedule.next(now)
        while tick is not None:
            yield tick
            tick = entry.schedule.next(tick)
