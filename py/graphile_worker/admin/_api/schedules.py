"""Schedules: listed with what comes and what came, tried out, set, removed, paused and run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.routing import Route

from ..._calls.schedule_rows import ScheduleSummary
from .._json import LONGEST_DOCUMENT, document, plain
from .._problems import Problem, bad_request
from .context import Context
from .params import Body, Instant, MaxAttempts, Name, PageSize, Query, Search, Seconds, Smallint, Text

_FRESH = 4.0
_TICKS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Every = Annotated[float, Meta(ge=1, le=100 * 365 * 86400)]


class SchedulePage(Query, frozen=True, kw_only=True):
    search: Search | None = None
    state: Literal["paused", "failing"] | None = None
    after: str | None = None
    limit: PageSize = 100


class One(Query, frozen=True, kw_only=True):
    schedule: Name


class Preview(Query, frozen=True, kw_only=True):
    """When a schedule would be due; of `cron` and `every_secs` one."""

    cron: Text | None = None
    every_secs: _Every | None = None
    time_zone: Name = "UTC"
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class Schedule(Body, frozen=True, kw_only=True):
    """A schedule, the whole of it. `create`: only if there is none of this name."""

    schedule: Name
    cron: Text | None = None
    every_secs: _Every | None = None
    time_zone: Name = "UTC"
    task: Name | None = None
    payload_text: str | None = None
    queue_name: Name | None = None
    priority: Smallint | None = None
    max_attempts: MaxAttempts | None = None
    job_key: Name | None = None
    job_key_mode: Literal["replace", "preserve_run_at"] = "replace"
    backfill_secs: Seconds = 0.0
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    jitter_secs: Seconds = 0.0
    skip_if_running: bool = False
    create: bool = False


class Pause(Body, frozen=True, kw_only=True):
    schedule: Name
    reason: Text | None = None
    until: Instant | None = None


class Named(Body, frozen=True, kw_only=True):
    schedule: Name


def routes(context: Context) -> list[Route]:
    schedules = Schedules(context)
    return [
        context.reads("/schedules", SchedulePage, schedules.list, fresh=_FRESH),
        context.reads("/schedules/show", One, schedules.show),
        context.reads("/schedules/preview", Preview, schedules.preview),
        context.writes("/schedules/set", Schedule, schedules.set),
        context.writes("/schedules/remove", Named, schedules.remove),
        context.writes("/schedules/pause", Pause, schedules.pause),
        context.writes("/schedules/resume", Named, schedules.resume),
        context.writes("/schedules/run-now", Named, schedules.run_now),
    ]


class Schedules:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._ask = context.database.ask

    async def list(self, query: SchedulePage, _request: Request) -> dict[str, Any]:
        found = await self._ask(
            lambda client: client.list_schedules(
                search=query.search, state=query.state, after_identifier=query.after, limit=query.limit
            )
        )
        following = found[-1].identifier if len(found) == query.limit else None
        return {"schedules": [_shown(schedule) for schedule in found], "next": following}

    async def show(self, query: One, _request: Request) -> dict[str, Any]:
        schedule = await self._find(query.schedule)
        if schedule is None:
            raise Problem(404, "not_found", f"there is no schedule {query.schedule!r}", "It may have been removed")
        payload = None if schedule.payload is None else bytes(document(schedule.payload))
        if payload is not None and len(payload) > LONGEST_DOCUMENT:
            raise bad_request(
                f"its payload has {len(payload)} bytes, too many for a form",
                "Set it with the command `graphile-worker schedules set`",
            )
        return {"schedule": {**_shown(schedule), "payload_text": payload and payload.decode()}}

    async def preview(self, query: Preview, _request: Request) -> dict[str, Any]:
        if (query.cron is None) == (query.every_secs is None):
            raise bad_request("give cron or every_secs, and not both")
        await self._context.sampler.look()
        after = max(self._context.sampler.now(), (query.starts_at or _EPOCH) - timedelta(microseconds=1))
        if query.cron is not None:
            cron = query.cron
            ticks = await self._ask(
                lambda client: client.next_ticks(cron, after=after, time_zone=query.time_zone, count=_TICKS)
            )
        else:
            every = timedelta(seconds=query.every_secs or 0)
            anchor = query.starts_at or _EPOCH
            first = anchor + ((after - anchor) // every + 1) * every
            ticks = [first + number * every for number in range(_TICKS)]
        return {"next_ticks": [tick for tick in ticks if query.ends_at is None or tick <= query.ends_at]}

    async def set(self, body: Schedule) -> dict[str, Any]:
        if body.create and await self._find(body.schedule) is not None:
            raise Problem(409, "conflict", f"there is a schedule {body.schedule!r}", "Edit it, or choose another name")
        is_new = await self._ask(
            lambda client: client.set_schedule(
                body.schedule,
                cron=body.cron,
                every=None if body.every_secs is None else timedelta(seconds=body.every_secs),
                time_zone=body.time_zone,
                task=body.task,
                payload=_payload(body.payload_text),
                queue_name=body.queue_name,
                priority=body.priority,
                max_attempts=body.max_attempts,
                job_key=body.job_key,
                job_key_mode=body.job_key_mode,
                backfill=timedelta(seconds=body.backfill_secs),
                starts_at=body.starts_at,
                ends_at=body.ends_at,
                jitter=timedelta(seconds=body.jitter_secs),
                skip_if_running=body.skip_if_running,
            )
        )
        return {"is_new": is_new}

    async def remove(self, body: Named) -> dict[str, Any]:
        return {"changed": await self._ask(lambda client: client.remove_schedule(body.schedule))}

    async def pause(self, body: Pause) -> dict[str, Any]:
        return {
            "changed": await self._ask(
                lambda client: client.pause_schedule(body.schedule, body.reason or None, until=body.until)
            )
        }

    async def resume(self, body: Named) -> dict[str, Any]:
        return {"changed": await self._ask(lambda client: client.resume_schedule(body.schedule))}

    async def run_now(self, body: Named) -> dict[str, Any]:
        return {"id": await self._ask(lambda client: client.run_schedule_now(body.schedule))}

    async def _find(self, name: str) -> ScheduleSummary | None:
        found = await self._ask(lambda client: client.list_schedules(identifiers=[name]))
        return found[0] if found else None


def _shown(schedule: ScheduleSummary) -> dict[str, Any]:
    """Returns a schedule without its payload, which may be long."""
    shown = plain(schedule)
    del shown["payload"]
    return shown


def _payload(text: str | None) -> msgspec.Raw | None:
    if text is None:
        return None
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise bad_request(f"the payload is not JSON: {error}") from None
    # As it was typed, with all digits of its numbers.
    return msgspec.Raw(text.encode())
