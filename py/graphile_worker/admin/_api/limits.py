"""How many jobs run at once, and how many start in a while: the limits that hold, setting one, and taking it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.routing import Route

from .._json import plain
from .._problems import bad_request
from .context import Context
from .params import Body, Name, PageSize, Query, Text

_FRESH = 4.0
_Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_Interval = Annotated[float, Meta(ge=0.001, le=100 * 365 * 86400)]
_Number = Annotated[float, Meta(gt=0, le=1e9)]


class LimitPage(Query, frozen=True, kw_only=True):
    limit: PageSize = 100
    after_kind: Literal["task", "queue", "pattern"] | None = None
    after_name: Name | None = None


class Limit(Body, frozen=True, kw_only=True):
    """A limit as an operator wants it; None leaves a value as it is. A queue may be a pattern that ends in *."""

    kind: Literal["task", "queue"]
    name: Name
    max_running: _Count | None = None
    rate: _Number | None = None
    per_secs: _Interval | None = None
    burst: _Count | None = None
    weight_by: Name | None = None
    share: _Number | None = None
    unlimited: bool = False
    reason: Text | None = None


class Limited(Body, frozen=True, kw_only=True):
    kind: Literal["task", "queue"]
    name: Name


def routes(context: Context) -> list[Route]:
    ask = context.database.ask

    async def listed(query: LimitPage, _request: Request) -> dict[str, Any]:
        found = await ask(
            lambda client: client.list_limits(
                limit=query.limit, after_kind=query.after_kind, after_name=query.after_name
            )
        )
        following = {"kind": found[-1].kind, "name": found[-1].name} if len(found) == query.limit else None
        return {"limits": [plain(limit) for limit in found], "next": following}

    async def set_limit(body: Limit) -> dict[str, Any]:
        rate: dict[str, Any] = {
            "rate": body.rate,
            "per": None if body.per_secs is None else timedelta(seconds=body.per_secs),
            "burst": body.burst,
            "weight_by": body.weight_by,
        }
        given = [body.max_running, body.share, *rate.values()]
        if body.unlimited == any(value is not None for value in given):
            raise bad_request("give at least one value to limit, or unlimited alone")
        if body.kind == "task" and body.share is not None:
            raise bad_request("shares are of queues, not of tasks")
        more: dict[str, Any] = {**rate, "unlimited": body.unlimited, "reason": body.reason or None}
        if body.kind == "task":
            is_new = await ask(lambda client: client.limit_task(body.name, max_running=body.max_running, **more))
        else:
            is_new = await ask(
                lambda client: client.limit_queue(body.name, width=body.max_running, share=body.share, **more)
            )
        return {"is_new": is_new}

    async def unlimit(body: Limited) -> dict[str, Any]:
        if body.kind == "task":
            return {"changed": await ask(lambda client: client.unlimit_task(body.name))}
        return {"changed": await ask(lambda client: client.unlimit_queue(body.name))}

    return [
        context.reads("/limits", LimitPage, listed, fresh=_FRESH),
        context.writes("/limits/set", Limit, set_limit),
        context.writes("/limits/unlimit", Limited, unlimit),
    ]
