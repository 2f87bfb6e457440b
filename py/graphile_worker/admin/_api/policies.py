"""What becomes of tasks' jobs: the policies that hold, setting one, and taking that back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.routing import Route

from ..._client.async_client import AsyncClient
from .._json import plain
from .._problems import bad_request
from .context import Context
from .params import Body, MaxAttempts, Name, Query, Smallint, Text

_FRESH = 4.0
_Duration = Annotated[float, Meta(gt=0, le=100 * 365 * 86400)]


class Policy(Body, frozen=True, kw_only=True):
    """What an operator wants of a task; None leaves a value as it is."""

    task: Name
    timeout_secs: _Duration | None = None
    retry: dict[str, Any] | None = None
    max_attempts: MaxAttempts | None = None
    priority: Smallint | None = None
    expires_after_secs: _Duration | None = None
    bad_payload: Literal["fail", "retry"] | None = None
    reason: Text | None = None


class Task(Body, frozen=True, kw_only=True):
    task: Name


def routes(context: Context) -> list[Route]:
    ask = context.database.ask

    async def listed(_query: Query, _request: Request) -> dict[str, Any]:
        found = await ask(AsyncClient.list_task_policies)
        return {"policies": [plain(policy) for policy in found]}

    async def set_policy(body: Policy) -> dict[str, Any]:
        values: dict[str, Any] = {
            "timeout": _duration(body.timeout_secs),
            "retry": body.retry,
            "max_attempts": body.max_attempts,
            "priority": body.priority,
            "expires_after": _duration(body.expires_after_secs),
            "bad_payload": body.bad_payload,
        }
        if all(value is None for value in values.values()):
            raise bad_request("nothing to set: give at least one value")
        is_new = await ask(lambda client: client.set_task_policy(body.task, reason=body.reason or None, **values))
        return {"is_new": is_new}

    async def reset_policy(body: Task) -> dict[str, Any]:
        return {"changed": await ask(lambda client: client.reset_task_policy(body.task))}

    return [
        context.reads("/policies", Query, listed, fresh=_FRESH),
        context.writes("/policies/set", Policy, set_policy),
        context.writes("/policies/reset", Task, reset_policy),
    ]


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
